//! The part of SOQL that clients send: fields, one object, conditions that all hold, an order, a limit.

use super::refusal::Refusal;

/// A query.
#[derive(Debug, PartialEq)]
pub(super) struct Query {
    pub(super) fields: Vec<String>,
    pub(super) object: String,
    pub(super) conditions: Vec<Condition>,
    /// A field, and whether it descends.
    pub(super) order: Option<(String, bool)>,
    pub(super) limit: Option<usize>,
    /// `count()` in place of fields.
    pub(super) counts: bool,
}

#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) field: String,
    pub(super) operator: Operator,
    pub(super) values: Vec<Literal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    In,
    NotIn,
    Like,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    /// A number, `true`, `null`, a date: as it stands.
    Bare(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

pub(super) fn parse(text: &str) -> Result<Query, Refusal> {
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable() };
    reader.keyword("SELECT")?;
    let mut fields = vec![reader.word()?];
    let counts = fields.iter().any(|field| field.eq_ignore_ascii_case("count")) && reader.eat('(') && reader.eat(')');
    while reader.eat(',') {
        fields.push(reader.word()?);
    }
    reader.keyword("FROM")?;
    let object = reader.word()?;
    let mut query = Query { fields, object, conditions: Vec::new(), order: None, limit: None, counts };
    if reader.has("WHERE") {
        query.conditions.push(reader.condition()?);
        while reader.has("AND") {
            query.conditions.push(reader.condition()?);
        }
    }
    if reader.has("ORDER") {
        reader.keyword("BY")?;
        let field = reader.word()?;
        let descends = reader.has("DESC");
        let _ascends = reader.has("ASC");
        query.order = Some((field, descends));
    }
    if reader.has("LIMIT") {
        query.limit = Some(reader.word()?.parse().map_err(|_| malformed("LIMIT wants a number"))?);
    }
    match reader.tokens.next() {
        None => Ok(query),
        Some(token) => Err(malformed(&format!("unexpected token: {}", token.text()))),
    }
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "MALFORMED_QUERY", message)
}

impl Token {
    fn text(&self) -> String {
        match self {
            Self::Word(text) | Self::Text(text) => text.clone(),
            Self::Sign(sign) => sign.to_string(),
        }
    }
}

impl Reader {
    fn eat(&mut self, sign: char) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn has(&mut self, keyword: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))).is_some()
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.has(keyword) { Ok(()) } else { Err(malformed(&format!("expecting {keyword}"))) }
    }

    fn word(&mut self) -> Result<String, Refusal> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(malformed(&format!("unexpected token: {}", token.text()))),
            None => Err(malformed("unexpected end of the query")),
        }
    }

    fn condition(&mut self) -> Result<Condition, Refusal> {
        let field = self.word()?;
        let operator = if self.eat('=') {
            Operator::Is
        } else if (self.eat('!') && self.eat('=')) || (self.eat('<') && self.eat('>')) {
            Operator::IsNot
        } else if self.has("IN") {
            Operator::In
        } else if self.has("LIKE") {
            Operator::Like
        } else if self.has("NOT") {
            self.keyword("IN")?;
            Operator::NotIn
        } else {
            return Err(malformed("unexpected operator"));
        };
        let mut values = Vec::new();
        if matches!(operator, Operator::In | Operator::NotIn) {
            let opened = self.eat('(');
            values.push(self.literal()?);
            while self.eat(',') {
                values.push(self.literal()?);
            }
            if !opened || !self.eat(')') {
                return Err(malformed("a list wants parentheses"));
            }
        } else {
            values.push(self.literal()?);
        }
        Ok(Condition { field, operator, values })
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => Ok(Literal::Bare(word)),
            _ => Err(malformed("a value is missing")),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter.is_whitespace() => {}
            '\'' => tokens.push(Token::Text(quoted(&mut letters)?)),
            _ if is_word(letter) => {
                let mut word = letter.to_string();
                while let Some(letter) = letters.next_if(|letter| is_word(*letter)) {
                    word.push(letter);
                }
                tokens.push(Token::Word(word));
            }
            sign => tokens.push(Token::Sign(sign)),
        }
    }
    Ok(tokens)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | ':' | '+')
}

fn quoted(letters: &mut impl Iterator<Item = char>) -> Result<String, Refusal> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => return Ok(text),
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(other @ ('\\' | '\'' | '"' | '_' | '%')) => text.push(other),
                _ => return Err(malformed("Illegal string escape")),
            },
            other => text.push(other),
        }
    }
    Err(malformed("line 1: the text does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
        let query = parse("SELECT Id, Account.Ext__c FROM Contact WHERE Ext__c IN ('a\\'b','c') AND Nr__c = 12 ORDER BY Id DESC LIMIT 3").unwrap();
        assert_eq!(query.fields, ["Id", "Account.Ext__c"]);
        let text = |text: &str| Literal::Text(text.to_owned());
        assert_eq!(query.conditions[0].values, [text("a'b"), text("c")]);
        assert_eq!(query.conditions[1].values, [Literal::Bare("12".to_owned())]);
        assert_eq!((query.order, query.limit), (Some(("Id".to_owned(), true)), Some(3)));
        assert!(parse("SELECT count() FROM Contact").unwrap().counts);
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for text in [
            "",
            "SELECT",
            "SELECT Id",
            "SELECT Id FROM Contact WHERE",
            "SELECT Id FROM Contact WHERE A = 'b",
            "SELECT Id FROM Contact WHERE A IN 'b'",
            "SELECT Id FROM Contact extra",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
