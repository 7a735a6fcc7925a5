//! Fields of objects, and the values that they take.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::Reason;
use crate::email;

/// A field of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    /// As a describe names it, such as `email`.
    pub(super) kind: String,
    pub(super) read_only: bool,
}

/// "Length" of a text field.
const TEXT_CHARS_MAX: usize = 255;

impl Field {
    pub(super) fn new(name: &str, label: &str, kind: &str, read_only: bool) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), kind: kind.to_owned(), read_only }
    }

    fn length(&self) -> Option<usize> {
        matches!(self.kind.as_str(), "string" | "email" | "phone" | "url").then_some(TEXT_CHARS_MAX)
    }

    /// As `leads/describe.json` shows it.
    pub(super) fn describe_lead(&self, number: usize) -> Value {
        let mut shown = json!({
            "id": number, "displayName": self.label, "dataType": self.kind,
            "rest": {"name": self.name, "readOnly": self.read_only},
            "soap": {"name": self.label.replace(' ', ""), "readOnly": self.read_only},
        });
        if let (Some(length), Some(shown)) = (self.length(), shown.as_object_mut()) {
            shown.insert("length".to_owned(), json!(length));
        }
        shown
    }

    /// As every other describe shows it.
    pub(super) fn describe(&self) -> Value {
        let mut shown = json!({
            "name": self.name, "displayName": self.label, "dataType": self.kind, "updateable": !self.read_only,
            "crmManaged": false,
        });
        if let (Some(length), Some(shown)) = (self.length(), shown.as_object_mut()) {
            shown.insert("length".to_owned(), json!(length));
        }
        shown
    }

    /// The value as it is kept. Null and the empty text are both nothing.
    pub(super) fn take(&self, value: &Value) -> Result<Value, Reason> {
        let text = match value {
            Value::Null => return Ok(Value::Null),
            Value::String(text) if text.is_empty() => return Ok(Value::Null),
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(self.invalid(&value.to_string())),
        };
        self.typed(&text).ok_or_else(|| self.invalid(&text))
    }

    fn typed(&self, text: &str) -> Option<Value> {
        match self.kind.as_str() {
            "integer" | "score" => text.parse::<i64>().ok().map(Value::from),
            "float" | "currency" | "percent" => {
                text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from)
            }
            "boolean" => match text.to_lowercase().as_str() {
                "true" | "1" => Some(json!(true)),
                "false" | "0" => Some(json!(false)),
                _ => None,
            },
            "date" => text.parse::<Date>().ok().map(|date| json!(date.to_string())),
            "datetime" => text.parse::<Timestamp>().ok().map(|at| json!(crate::clock::seconds(at))),
            "email" => email::normal(text).map(|_| json!(text.trim())),
            _ => (text.chars().count() <= self.length().unwrap_or(usize::MAX)).then(|| json!(text)),
        }
    }

    /// The recorded words.
    fn invalid(&self, text: &str) -> Reason {
        Reason::new("1003", format!("Invalid value for field '{}' and value '{text}'", self.name))
    }
}
