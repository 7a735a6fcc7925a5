//! From a row's values to what Zendesk's attributes take.

use offtake_sdk::value::cut_fraction;
use offtake_sdk::{Detail, text};
use serde_json::{Value, json};

/// How many digits after the second Zendesk keeps.
const FRACTION_DIGITS_MAX: usize = 3;

/// Attributes that hold ids, which Zendesk wants as numbers.
const IDS: &[&str] = &[
    "organization_id",
    "default_group_id",
    "custom_role_id",
    "locale_id",
    "group_id",
    "requester_id",
    "submitter_id",
    "assignee_id",
    "brand_id",
    "ticket_form_id",
    "problem_id",
    "custom_status_id",
];

/// Attributes that hold a list of words.
const WORDS: &[&str] = &["tags", "domain_names", "additional_tags", "remove_tags"];

/// Attributes that hold text, also where a row has a number.
const TEXTS: &[&str] = &["name", "email", "external_id", "phone", "alias", "details", "notes", "signature", "subject"];

/// The value for a standard attribute.
pub(crate) fn standard(name: &str, value: &Value) -> Result<Value, Detail> {
    let wrong = |wanted: &str| Detail::new("value_unfit", format!("{name} takes {wanted}")).with_field(name);
    match value {
        // An empty list is how a list is cleared; null is for everything else.
        Value::Null if WORDS.contains(&name) => Ok(json!([])),
        Value::Null => Ok(Value::Null),
        _ if IDS.contains(&name) => id(value).map(Value::from).ok_or_else(|| wrong("an id")),
        _ if WORDS.contains(&name) => words(value).ok_or_else(|| wrong("a list of words")),
        _ if TEXTS.contains(&name) => text(value).map(Value::from).ok_or_else(|| wrong("text")),
        // A comment in one piece is its text.
        Value::String(body) if name == "comment" => Ok(json!({ "body": body })),
        _ => Ok(custom(value)),
    }
}

/// The value for a custom field, whose type decides what becomes of it.
pub(crate) fn custom(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(cut_fraction(text, FRACTION_DIGITS_MAX).unwrap_or_else(|| text.clone())),
        other => other.clone(),
    }
}

/// An id, as a number or in digits.
pub(crate) fn id(value: &Value) -> Option<u64> {
    text(value)?.parse().ok()
}

fn words(value: &Value) -> Option<Value> {
    match value {
        Value::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>().map(Value::from),
        Value::String(text) => {
            let words = text.split(|letter: char| letter.is_whitespace() || letter == ',');
            Some(words.filter(|word| !word.is_empty()).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_get_what_they_take() {
        for (name, value, expected) in [
            ("phone", json!(null), json!(null)),
            ("tags", json!(null), json!([])),
            ("tags", json!(["a", 1]), json!(["a", "1"])),
            ("tags", json!("a, b c"), json!(["a", "b", "c"])),
            ("external_id", json!(17), json!("17")),
            ("organization_id", json!("17"), json!(17)),
            ("organization_id", json!(17), json!(17)),
            ("comment", json!("hello"), json!({ "body": "hello" })),
            ("comment", json!({ "body": "hello", "public": false }), json!({ "body": "hello", "public": false })),
            ("verified", json!(true), json!(true)),
            ("due_at", json!("2026-11-22T13:45:00.123456789Z"), json!("2026-11-22T13:45:00.123Z")),
            ("due_at", json!("2026-11-22T13:45:00Z"), json!("2026-11-22T13:45:00Z")),
        ] {
            assert_eq!(standard(name, &value).unwrap(), expected, "{name}: {value}");
        }
        for (name, value) in [("organization_id", json!("Acme")), ("name", json!(["a"])), ("tags", json!(1))] {
            assert_eq!(standard(name, &value).unwrap_err().field.as_deref(), Some(name), "{value}");
        }
    }
}
