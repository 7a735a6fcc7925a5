//! Reads Zendesk's error bodies.
//!
//! An error names itself by a code (`RecordInvalid`), or by a title and a message; what is wrong with a record stands under
//! `details`, attribute by attribute. Refusals of a limit may be plain text.

use std::collections::BTreeMap;

use offtake_sdk::{Response, VendorError};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    error: Option<Named>,
    description: Option<String>,
    message: Option<String>,
    error_description: Option<String>,
    details: Option<Details>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Named {
    Code(String),
    Titled { title: String, message: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Details {
    ByAttribute(BTreeMap<String, Vec<Fault>>),
    Other(serde_json::Value),
}

#[derive(Debug, Deserialize)]
struct Fault {
    #[serde(default)]
    description: String,
}

/// Reads the body of an answer that is no success.
pub(crate) fn explain(response: &Response) -> VendorError {
    let body: Option<ErrorBody> = serde_json::from_slice(response.body()).ok();
    let (code, message, field) = body.map(read).unwrap_or_default();
    let is = |name: &str| code.as_deref() == Some(name);
    let treat_as = match response.status() {
        // Two writes met; the same one goes through a moment later.
        409 => Some(503),
        400 if is("too_many_values") => Some(413),
        _ => None,
    };
    let scope = match response.status() {
        429 if is("too_many_jobs") => Some("open_jobs".to_owned()),
        // Recorded as text: the changes of one user or ticket.
        429 if code.is_none() => Some("updates_of_one_record".to_owned()),
        429 => Some("requests_a_minute".to_owned()),
        _ => None,
    };
    VendorError { code, message, field, scope, retry_after_ms: None, treat_as }
}

fn read(body: ErrorBody) -> (Option<String>, Option<String>, Option<String>) {
    let (code, words) = match body.error {
        Some(Named::Code(code)) => (Some(code), None),
        Some(Named::Titled { title, message }) => (Some(title), message),
        None => (None, None),
    };
    let (field, faults) = match body.details {
        Some(Details::ByAttribute(faults)) => {
            let field = faults.keys().next().filter(|field| *field != "base").cloned();
            let texts: Vec<String> = faults.into_values().flatten().map(|fault| fault.description).collect();
            (field, Some(texts.join(" ")))
        }
        Some(Details::Other(other)) => (None, Some(other.to_string())),
        None => (None, None),
    };
    let given = [faults, words, body.message, body.description, body.error_description];
    let message = given.into_iter().flatten().find(|text| !text.is_empty());
    (code.as_deref().map(snake), message, field)
}

/// `RecordInvalid` and `Invalid attribute` as codes of the contract.
pub(crate) fn snake(code: &str) -> String {
    let mut snake = String::new();
    let mut after_small = false;
    for letter in code.chars() {
        if letter.is_ascii_uppercase() && after_small {
            snake.push('_');
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        match letter {
            _ if letter.is_ascii_alphanumeric() => snake.push(letter.to_ascii_lowercase()),
            '\'' => {}
            _ if !snake.is_empty() && !snake.ends_with('_') => snake.push('_'),
            _ => {}
        }
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_the_contracts() {
        for (code, expected) in [
            ("RecordInvalid", "record_invalid"),
            ("APIRateLimitExceeded", "apirate_limit_exceeded"),
            ("Invalid attribute", "invalid_attribute"),
            ("Couldn't authenticate you", "couldnt_authenticate_you"),
            ("invalid_token", "invalid_token"),
        ] {
            assert_eq!(snake(code), expected);
        }
    }
}
