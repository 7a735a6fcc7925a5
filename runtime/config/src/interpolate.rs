//! `${NAME}` in values: after parsing, so that a variable cannot change the shape of a file.
//!
//! `${NAME}` fails when the variable is not set, `${NAME:-text}` falls back, `${NAME:?words}` fails with the words, `$$` is a dollar
//! sign. SQL is left alone.

use std::sync::Arc;

use serde_json::Value;

use crate::Document;
use crate::problem::{Problem, Problems};

/// Variables that every file may read. Others could carry anybody's secrets into a URL.
const PREFIX: &str = "OFFTAKE_";

/// Which variables may be read, and how.
pub(crate) struct Environment<'a> {
    pub(crate) allowed: &'a [String],
    pub(crate) read: &'a dyn Fn(&str) -> Option<String>,
}

/// Replaces variables in every text of a document's value.
pub(crate) fn interpolate(document: &Arc<Document>, environment: &Environment<'_>, problems: &mut Problems) -> Value {
    let mut value = document.value().clone();
    walk(&mut value, &mut String::new(), &mut |text, pointer| match expand(text, environment) {
        Ok(expanded) => *text = expanded,
        Err(problem) => problems.push(Problem::at(document, pointer, "OFT-C006", problem)),
    });
    value
}

fn walk(value: &mut Value, pointer: &mut String, change: &mut dyn FnMut(&mut String, &str)) {
    let length = pointer.len();
    match value {
        Value::String(text) if text.contains('$') && !pointer.ends_with("/sql") => change(text, pointer),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(item, pointer, change);
                pointer.truncate(length);
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries.iter_mut() {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
                walk(entry, pointer, change);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn expand(text: &str, environment: &Environment<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (inner, after) = after.split_once('}').ok_or("`${` without `}`")?;
            out.push_str(&variable(inner, environment)?);
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(inner: &str, environment: &Environment<'_>) -> Result<String, String> {
    let (name, otherwise) = match (inner.split_once(":-"), inner.split_once(":?")) {
        (Some((name, fallback)), _) => (name, Ok(Some(fallback))),
        (None, Some((name, words))) => (name, Err(words)),
        (None, None) => (inner, Ok(None)),
    };
    if !name.starts_with(PREFIX) && !environment.allowed.iter().any(|allowed| allowed == name) {
        return Err(format!(
            "`{name}` may not be read: add it to `env_allow` in offtake.yml, or begin its name with {PREFIX}"
        ));
    }
    match ((environment.read)(name), otherwise) {
        (Some(value), _) => Ok(value),
        (None, Ok(Some(fallback))) => Ok(fallback.to_owned()),
        (None, Ok(None)) => Err(format!("the environment variable `{name}` is not set")),
        (None, Err(words)) => Err(format!("the environment variable `{name}` is not set: {words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_in_values() {
        let read = |name: &str| (name == "OFFTAKE_PORT").then(|| "8080".to_owned());
        let environment = Environment { allowed: &["HOME_".to_owned()], read: &read };
        let cases = [
            ("a${OFFTAKE_PORT}b", Ok("a8080b")),
            ("${OFFTAKE_X:-7}", Ok("7")),
            ("$$ $x ${OFFTAKE_PORT}", Ok("$ $x 8080")),
            ("${OFFTAKE_X}", Err("not set")),
            ("${OFFTAKE_X:?ask the operator}", Err("ask the operator")),
            ("${AWS_SECRET_ACCESS_KEY:-}", Err("env_allow")),
            ("${OFFTAKE_X", Err("without")),
        ];
        for (text, expected) in cases {
            match (expand(text, &environment), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
