//! Values as the API takes them, and what makes it refuse one.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Number, Value};

use super::field::Field;
use super::id;
use super::refusal::{DmlError, Refusal};
use crate::email;

/// A value of a JSON body; one that is not of the field's type refuses the whole request.
pub(super) fn from_json(field: &Field, value: &Value) -> Result<Value, Refusal> {
    let token = match value {
        Value::Null => return Ok(Value::Null),
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    let parsed = match (field.kind.as_str(), value) {
        ("boolean", Value::Bool(_)) => Some(value.clone()),
        (_, Value::Number(_)) if field.is_number() => Some(value.clone()),
        (_, Value::String(text)) => typed(field, text),
        _ => None,
    };
    parsed.ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Refusal::parser(format!(
            "Cannot deserialize instance of {} from {token} value {shown} or request may be missing a required field at \
             [line:1, column:1]",
            field.kind
        ))
    })
}

/// A value of a CSV cell; one that is not of the field's type refuses its row.
pub(super) fn from_text(field: &Field, text: &str) -> Result<Value, DmlError> {
    typed(field, text).ok_or_else(|| {
        let message = format!("{}: value not of required type: {text}", field.label);
        DmlError::new("INVALID_TYPE_ON_FIELD_IN_RECORD", message).on(&field.name)
    })
}

fn typed(field: &Field, text: &str) -> Option<Value> {
    if field.is_number() {
        let number: f64 = text.trim().parse().ok().filter(|number: &f64| number.is_finite())?;
        return Some(Value::Number(Number::from_f64(number)?));
    }
    match field.kind.as_str() {
        "boolean" => text.parse::<bool>().ok().map(Value::Bool),
        "date" => text.get(..10)?.parse::<Date>().ok().map(|date| Value::from(date.to_string())),
        "datetime" => datetime(text).map(Value::from),
        _ => Some(Value::from(text)),
    }
}

/// As the API shows it: `2021-12-03T17:59:20.000+0000`.
pub(super) fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

fn datetime(text: &str) -> Option<String> {
    let is_plain = text.len() > 19 && text.as_bytes().get(10) == Some(&b'T');
    let zone = text.get(19..)?.find(['+', '-']).map(|at| at + 19);
    // The API takes `+0000` as well, which RFC 3339 does not.
    let text = match zone {
        Some(at) if !text.get(at..)?.contains(':') && text.len() == at + 5 => {
            format!("{}:{}", text.get(..at + 3)?, text.get(at + 3..)?)
        }
        _ => text.to_owned(),
    };
    is_plain.then(|| text.parse::<Timestamp>().ok()).flatten().map(shown)
}

/// What a value of the right type is refused for.
pub(super) fn check(field: &Field, value: &Value) -> Result<(), DmlError> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let refused = |code, message: String| Err(DmlError::new(code, message).on(&field.name));
    match field.kind.as_str() {
        "email" if email::normal(text).is_none() => {
            refused("INVALID_EMAIL_ADDRESS", format!("{}: invalid email address: {text}", field.label))
        }
        "picklist" if field.restricted && !field.options.iter().any(|option| option == text) => refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            format!("{}: bad value for restricted picklist field: {text}", field.label),
        ),
        "reference" if id::long(text).is_none() => {
            refused("MALFORMED_ID", format!("{}: id value of incorrect type: {text}", field.label))
        }
        "date" | "datetime" | "reference" => Ok(()),
        _ if field.length > 0 && text.chars().count() > field.length => {
            let message = format!("{}: data value too large: {text} (max length={})", field.label, field.length);
            refused("STRING_TOO_LONG", message)
        }
        _ => Ok(()),
    }
}
