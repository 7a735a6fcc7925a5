//! Just enough of Rust's grammar to tell code from comments and strings, and where a function ends.

/// A function found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of the `fn`, from 1.
    pub line: usize,
    /// Lines from the `fn` to its closing brace.
    pub lines: usize,
}

/// The same text with comments, strings and characters blanked out; lines stay where they are.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&next) = chars.get(at) {
        if let Some(end) = end_of_text(&chars, at) {
            let blanked = chars.get(at..end.min(chars.len())).unwrap_or_default();
            out.extend(blanked.iter().map(|char| if *char == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            out.push(next);
            at += 1;
        }
    }
    out
}

/// The file without the module of unit tests at its end.
pub fn body(text: &str) -> &str {
    let is_tests = |rest: &str| rest.starts_with("\n#[cfg(test)]\nmod ") && !first_item_is_declaration(rest);
    let found = text.match_indices("\n#[cfg(test)]\n").find(|(at, _)| text.get(*at..).is_some_and(is_tests));
    found.and_then(|(at, _)| text.get(..=at)).unwrap_or(text)
}

/// `mod tests;` puts the tests into a file of their own.
fn first_item_is_declaration(rest: &str) -> bool {
    rest.lines().nth(2).is_some_and(|line| line.ends_with(';'))
}

/// Every function of a file with its length.
pub fn functions(text: &str) -> Vec<Function> {
    let code = code(text);
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = function_name(line)
            && let Some(length) = length(lines.get(index..).unwrap_or_default())
        {
            found.push(Function { name, line: index + 1, lines: length });
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut rest = line.trim_start();
    loop {
        if let Some(signature) = rest.strip_prefix("fn ") {
            return Some(signature.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect());
        }
        let (word, after) = rest.split_once(' ')?;
        let visibility = word == "pub" || word.starts_with("pub(");
        if !visibility && !["const", "async", "unsafe", "extern", "in", "default"].contains(&word) {
            return None;
        }
        rest = after.trim_start();
    }
}

/// Lines up to the brace that closes the first one; none for a declaration without a body.
fn length(lines: &[&str]) -> Option<usize> {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (index, line) in lines.iter().enumerate() {
        for char in line.chars() {
            match char {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                ';' if braces == 0 && brackets == 0 => return None,
                '{' => braces += 1,
                '}' if braces == 1 => return Some(index + 1),
                '}' => braces = braces.saturating_sub(1),
                _ => {}
            }
        }
    }
    None
}

/// Where the comment, string or character that starts at `at` ends.
fn end_of_text(chars: &[char], at: usize) -> Option<usize> {
    let get = |offset: usize| chars.get(at + offset).copied();
    match (get(0)?, get(1)) {
        ('/', Some('/')) => Some(find(chars, at, |rest| rest.first() == Some(&'\n'))),
        ('/', Some('*')) => Some(end_of_comment(chars, at)),
        ('"', _) => Some(end_of_string(chars, at + 1, '"')),
        ('r', Some('"' | '#')) => end_of_raw_string(chars, at + 1),
        ('\'', Some('\\')) => Some(end_of_string(chars, at + 1, '\'')),
        ('\'', Some(_)) if get(2) == Some('\'') => Some(at + 3),
        _ => None,
    }
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while at < chars.len() {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('/'), Some('*')) => (depth, at) = (depth + 1, at + 2),
            (Some('*'), Some('/')) => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn end_of_string(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start;
    while let Some(char) = chars.get(at) {
        match char {
            '\\' => at += 2,
            char if *char == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn end_of_raw_string(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars.get(start..)?.iter().take_while(|char| **char == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        return None;
    }
    let closes = |rest: &[char]| {
        rest.first() == Some(&'"') && rest.iter().skip(1).take_while(|char| **char == '#').count() >= hashes
    };
    Some((find(chars, start + hashes + 1, closes) + 1 + hashes).min(chars.len()))
}

fn find(chars: &[char], start: usize, is: impl Fn(&[char]) -> bool) -> usize {
    (start..chars.len()).find(|at| chars.get(*at..).is_some_and(&is)).unwrap_or(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_no_code() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"a "b \" c" d"#, r"a          d"),
            (r###"a r#"b " c"# d"###, r"a            d"),
            (r"a '\'' b 'c' d", r"a      b     d"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            ("r#type", "r#type"),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn a_function_ends_at_its_brace() {
        let text = "trait T {\n    fn a(x: [u8; 2]);\n    pub(crate) async fn b() {\n        \"}\";\n    }\n}\n";
        assert_eq!(functions(text), [Function { name: "b".to_owned(), line: 3, lines: 3 }]);
    }

    #[test]
    fn the_body_ends_before_unit_tests() {
        assert_eq!(body("a\n#[cfg(test)]\nmod tests {\n}\n"), "a\n");
        assert_eq!(body("a\n#[cfg(test)]\nmod tests;\nb\n"), "a\n#[cfg(test)]\nmod tests;\nb\n");
        assert_eq!(body("a\n#[cfg(test)]\nuse b;\n"), "a\n#[cfg(test)]\nuse b;\n");
    }
}
