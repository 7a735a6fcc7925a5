//! Walks a TOML document with its lines and notes each problem, where serde would stop at the first.

use std::cell::RefCell;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;
use super::checks::Check;

/// A parsed document and what is wrong with it so far.
pub(super) struct Document<'i> {
    text: &'i str,
    root: Spanned<DeTable<'i>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'i> Document<'i> {
    pub(super) fn parse(text: &'i str) -> Result<Self, Vec<Problem>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { text, root, problems: RefCell::default() });
        }
        let problem = |error: toml::de::Error| Problem {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            key: String::new(),
            message: error.message().to_owned(),
        };
        Err(errors.into_iter().map(problem).collect())
    }

    pub(super) fn root(&self) -> Table<'_> {
        Table { document: self, path: String::new(), line: 1, table: Some(self.root.get_ref()), read: Vec::new() }
    }

    /// The value, if nothing was wrong.
    pub(super) fn settle<T>(self, value: T) -> Result<T, Vec<Problem>> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }

    fn note(&self, line: usize, key: &str, message: String) {
        self.problems.borrow_mut().push(Problem { line, key: key.to_owned(), message });
    }

    fn line(&self, value: &Spanned<DeValue<'_>>) -> usize {
        line_of(self.text, value.span().start)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// One table; keys that nobody reads are problems.
pub(super) struct Table<'d> {
    document: &'d Document<'d>,
    path: String,
    line: usize,
    table: Option<&'d DeTable<'d>>,
    read: Vec<&'static str>,
}

impl<'d> Table<'d> {
    pub(super) fn problem(&self, key: &str, message: String) {
        let line = self.peek(key).map_or(self.line, |value| self.document.line(value));
        self.document.note(line, &self.path_of(key), message);
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &'static str) -> Text<'d> {
        let text = self.optional_text(key);
        if text.value.is_none() && !text.faulty {
            self.problem(key, "is missing".to_owned());
        }
        text
    }

    pub(super) fn optional_text(&mut self, key: &'static str) -> Text<'d> {
        let found = self.take(key);
        let value = found.and_then(|value| value.get_ref().as_str()).map(str::to_owned);
        let faulty = found.is_some() && value.is_none();
        if faulty {
            self.problem(key, "must be a text".to_owned());
        }
        Text { document: self.document, line: self.line_at(found), path: self.path_of(key), value, faulty }
    }

    /// A list of texts that must be there and hold something.
    pub(super) fn texts(&mut self, key: &'static str) -> Texts<'d> {
        if self.peek(key).is_none() {
            self.problem(key, "must be a list of texts".to_owned());
        }
        let texts = self.optional_texts(key);
        if self.peek(key).and_then(|value| value.get_ref().as_array()).is_some_and(|list| list.is_empty()) {
            self.problem(key, "must not be empty".to_owned());
        }
        texts
    }

    /// A list of texts, if it is there.
    pub(super) fn optional_texts(&mut self, key: &'static str) -> Texts<'d> {
        let found = self.take(key);
        let list = found.and_then(|value| value.get_ref().as_array());
        if found.is_some() && list.is_none() {
            self.problem(key, "must be a list of texts".to_owned());
        }
        let mut values = Vec::new();
        for value in list.into_iter().flatten() {
            match value.get_ref().as_str() {
                Some(text) => values.push((self.document.line(value), text.to_owned())),
                None => self.problem(key, "must hold texts alone".to_owned()),
            }
        }
        Texts { document: self.document, path: self.path_of(key), values }
    }

    /// A whole number above zero, if it is there.
    pub(super) fn positive(&mut self, key: &'static str) -> Option<u32> {
        let found = self.take(key)?;
        let number = found.get_ref().as_integer();
        let value = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let value = value.filter(|value| *value > 0);
        if value.is_none() {
            self.problem(key, "must be a whole number above zero".to_owned());
        }
        value
    }

    /// Yes or no; no where it is not there.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let Some(found) = self.take(key) else { return false };
        let value = found.get_ref().as_bool();
        if value.is_none() {
            self.problem(key, "must be true or false".to_owned());
        }
        value.unwrap_or_default()
    }

    /// A text that is read elsewhere.
    pub(super) fn peek_text(&self, key: &str) -> Option<&'d str> {
        self.peek(key).and_then(|value| value.get_ref().as_str())
    }

    /// A table as JSON, if it is there.
    pub(super) fn json(&mut self, key: &'static str) -> Option<Value> {
        let found = self.take(key)?;
        match to_json(found.get_ref()) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(key, message);
                None
            }
        }
    }

    /// A table, if it is there.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        let found = self.take(key)?;
        Some(self.child(key, found))
    }

    /// The tables in a table, if it is there.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<(String, Table<'d>)> {
        let Some(parent) = self.table(key) else { return Vec::new() };
        let entries = parent.table.into_iter().flat_map(|table| table.iter());
        entries.map(|(name, value)| (name.get_ref().to_string(), parent.child(name.get_ref(), value))).collect()
    }

    /// Notes the keys that mean nothing.
    pub(super) fn finish(self) {
        for (key, value) in self.table.into_iter().flat_map(|table| table.iter()) {
            if !self.read.iter().any(|read| read == key.get_ref()) {
                let known = self.read.join(", ");
                self.document.note(
                    self.document.line(value),
                    &self.path_of(key.get_ref()),
                    format!("is not a key of this table; there is {known}"),
                );
            }
        }
    }

    fn child(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Table<'d> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.document.note(self.document.line(value), &self.path_of(key), "must be a table".to_owned());
        }
        Table {
            document: self.document,
            path: self.path_of(key),
            line: self.document.line(value),
            table,
            read: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.read.push(key);
        self.peek(key)
    }

    fn peek(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.table?.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn line_at(&self, value: Option<&Spanned<DeValue<'_>>>) -> usize {
        value.map_or(self.line, |value| self.document.line(value))
    }

    fn path_of(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }
}

/// A text and where it stands.
pub(super) struct Text<'d> {
    document: &'d Document<'d>,
    line: usize,
    path: String,
    value: Option<String>,
    faulty: bool,
}

impl Text<'_> {
    /// The text, or nothing where it is missing: that has been noted.
    pub(super) fn value(self) -> String {
        self.value.unwrap_or_default()
    }

    pub(super) fn checked(self, check: impl Fn(&str) -> Check) -> String {
        self.checked_some(check).unwrap_or_default()
    }

    pub(super) fn checked_some(self, check: impl Fn(&str) -> Check) -> Option<String> {
        if let Some(Err(message)) = self.value.as_deref().map(check) {
            self.document.note(self.line, &self.path, message);
        }
        self.value
    }
}

/// Texts and where they stand.
pub(super) struct Texts<'d> {
    document: &'d Document<'d>,
    path: String,
    values: Vec<(usize, String)>,
}

impl Texts<'_> {
    pub(super) fn each(self, check: impl Fn(&str) -> Check) -> Vec<String> {
        for (line, value) in &self.values {
            if let Err(message) = check(value) {
                self.document.note(*line, &self.path, message);
            }
        }
        self.values.into_iter().map(|(_, value)| value).collect()
    }
}

fn to_json(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| "has a number too large".to_owned())?
            .into(),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Value::Number)
            .ok_or_else(|| "has a number that JSON does not know".to_owned())?,
        DeValue::Datetime(_) => return Err("has a date, which JSON does not know: write it as a text".to_owned()),
        DeValue::Array(values) => {
            Value::Array(values.iter().map(|value| to_json(value.get_ref())).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                let key: &std::borrow::Cow<'_, str> = key.get_ref();
                Ok((key.to_string(), to_json(value.get_ref())?))
            };
            Value::Object(table.iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}
