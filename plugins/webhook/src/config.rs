//! What a connection configures: objects, the requests that write them, and how answers are read.
//!
//! `[config]` of connector.toml describes the same to whoever writes it; the host checks it before a call.

use std::collections::BTreeMap;

use offtake_sdk::Operation;
use serde::Deserialize;
use serde_json::Value;

use crate::status::Statuses;

/// The connection's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub(crate) auth: Auth,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) check: Option<Check>,
    pub(crate) rate: Option<Rate>,
    #[serde(default = "four")]
    pub(crate) concurrency: u16,
    #[serde(default)]
    pub(crate) answer: Answer,
    pub(crate) objects: BTreeMap<String, Object>,
}

fn four() -> u16 {
    4
}

/// The credential slot that goes with every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    #[default]
    None,
    Bearer,
    Basic,
    Key,
}

impl Auth {
    pub(crate) fn slot(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Bearer => Some("bearer"),
            Self::Basic => Some("basic"),
            Self::Key => Some("key"),
        }
    }
}

/// A request that changes nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    #[serde(default = "get")]
    pub(crate) method: String,
    pub(crate) path: String,
}

fn get() -> String {
    "GET".to_owned()
}

/// How many requests the API takes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    pub(crate) seconds: u32,
}

/// Something that can be written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Object {
    pub(crate) label: Option<String>,
    #[serde(rename = "match", default)]
    pub(crate) match_keys: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) open: bool,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) operations: BTreeMap<OperationName, Write>,
}

fn yes() -> bool {
    true
}

/// A field of an object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Field {
    pub(crate) label: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) unique: bool,
    pub(crate) multiple: bool,
    pub(crate) partition: bool,
    pub(crate) max_length: Option<u32>,
    pub(crate) options: Vec<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    String,
    Number,
    Integer,
    Boolean,
    Date,
    Datetime,
    Enumeration,
    #[default]
    Json,
}

/// An operation of the contract, as it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OperationName {
    Insert,
    Update,
    Upsert,
    Delete,
    Append,
    MemberAdd,
    MemberRemove,
}

impl From<Operation> for OperationName {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Insert => Self::Insert,
            Operation::Update => Self::Update,
            Operation::Upsert => Self::Upsert,
            Operation::Delete => Self::Delete,
            Operation::Append => Self::Append,
            Operation::MemberAdd => Self::MemberAdd,
            Operation::MemberRemove => Self::MemberRemove,
        }
    }
}

impl From<OperationName> for Operation {
    fn from(name: OperationName) -> Self {
        match name {
            OperationName::Insert => Self::Insert,
            OperationName::Update => Self::Update,
            OperationName::Upsert => Self::Upsert,
            OperationName::Delete => Self::Delete,
            OperationName::Append => Self::Append,
            OperationName::MemberAdd => Self::MemberAdd,
            OperationName::MemberRemove => Self::MemberRemove,
        }
    }
}

/// The request that writes rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Write {
    #[serde(default = "post")]
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: Body,
    pub(crate) wrap: Option<String>,
    #[serde(default = "hundred")]
    pub(crate) rows: u32,
    pub(crate) answer: Option<Answer>,
}

fn post() -> String {
    "POST".to_owned()
}

fn hundred() -> u32 {
    100
}

/// What a request carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    #[default]
    Row,
    Array,
    Ndjson,
    None,
}

impl Body {
    pub(crate) fn holds_several(self) -> bool {
        matches!(self, Self::Array | Self::Ndjson)
    }
}

/// How an answer is read. Places are JSON pointers (RFC 6901).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answer {
    pub(crate) success: Statuses,
    pub(crate) reject: Statuses,
    pub(crate) retry: Statuses,
    pub(crate) text: bool,
    #[serde(flatten)]
    pub(crate) words: Words,
    pub(crate) rows: Option<Rows>,
}

/// What a body, or a part of it about one row, says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Words {
    pub(crate) done_if: Option<Condition>,
    pub(crate) retry_if: Option<Condition>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) field: Option<String>,
    pub(crate) id: Option<String>,
}

/// Something that a body has to say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    at: String,
    #[serde(default, deserialize_with = "given")]
    is: Option<Value>,
    #[serde(rename = "in")]
    among: Option<Vec<Value>>,
}

/// A null that is given is not the same as none.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Condition {
    pub(crate) fn holds(&self, body: &Value) -> bool {
        let found = body.pointer(&self.at);
        match (&self.is, &self.among) {
            (None, None) => !matches!(found, None | Some(Value::Null | Value::Bool(false))),
            (is, among) => {
                let found = found.unwrap_or(&Value::Null);
                is.as_ref() == Some(found) || among.as_ref().is_some_and(|among| among.contains(found))
            }
        }
    }
}

/// Where a body says what became of each row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    pub(crate) results: Option<String>,
    pub(crate) errors: Option<String>,
    pub(crate) index: Option<String>,
    pub(crate) key: Option<Key>,
    #[serde(flatten)]
    pub(crate) words: Words,
}

/// A value in an element that a row has in one of its fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) at: String,
    pub(crate) field: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_is_about_one_place() {
        let condition = |value: Value| serde_json::from_value::<Condition>(value).unwrap();
        for (given, body, holds) in [
            (json!({"at": "/ok"}), json!({"ok": true}), true),
            (json!({"at": "/ok"}), json!({"ok": 0}), true),
            (json!({"at": "/ok"}), json!({"ok": false}), false),
            (json!({"at": "/ok"}), json!({"ok": null}), false),
            (json!({"at": "/ok"}), json!({}), false),
            (json!({"at": "/a/0", "is": 7}), json!({"a": [7]}), true),
            (json!({"at": "/a", "is": null}), json!({}), true),
            (json!({"at": "/a", "in": ["x", "y"]}), json!({"a": "y"}), true),
            (json!({"at": "/a", "in": ["x", "y"]}), json!({"a": "z"}), false),
        ] {
            assert_eq!(condition(given.clone()).holds(&body), holds, "{given} {body}");
        }
    }
}
