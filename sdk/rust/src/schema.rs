//! What discovery and check report: account facts, objects, fields and limits, as the JSON of the contract.

use serde::Serialize;

use crate::bindings::exports::offtake::destination::connector::{Limits, Rate};
use crate::bindings::offtake::destination::types::Operation;

/// What `check` found out about the account: facts for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    facts: Vec<Fact>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Fact {
    label: String,
    value: String,
}

impl Account {
    /// An account nothing is known about but that the credential works.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact, such as `("Portal", "62515")`.
    #[must_use]
    pub fn fact(mut self, label: impl Into<String>, value: impl ToString) -> Self {
        self.facts.push(Fact { label: label.into(), value: value.to_string() });
        self
    }

    pub(crate) fn into_json(self) -> String {
        document("offtake.account/1", "facts", serde_json::json!(self.facts), None)
    }
}

/// Something the vendor keeps records of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Object {
    /// The name by which `fields`, `limits` and `write` are asked.
    pub id: String,
    /// The name people see.
    pub label: String,
    #[serde(serialize_with = "operation_names")]
    /// What can be done with its records.
    pub operations: Vec<Operation>,
    /// Fields by which update, upsert and delete can find a record.
    pub match_keys: Vec<String>,
}

impl Object {
    /// An object with its operations.
    #[must_use]
    pub fn new(id: impl Into<String>, label: impl Into<String>, operations: &[Operation]) -> Self {
        Self { id: id.into(), label: label.into(), operations: operations.to_vec(), match_keys: Vec::new() }
    }

    /// Adds a field by which a record can be found.
    #[must_use]
    pub fn match_key(mut self, field: impl Into<String>) -> Self {
        self.match_keys.push(field.into());
        self
    }
}

/// One page of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPage {
    /// The objects of this page.
    pub objects: Vec<Object>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl ObjectPage {
    /// The only page there is.
    #[must_use]
    pub fn all(objects: Vec<Object>) -> Self {
        Self { objects, next: None }
    }

    pub(crate) fn json(&self) -> String {
        document("offtake.objects/1", "objects", serde_json::json!(self.objects), None)
    }
}

/// The type of a field, as the vendor keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Text.
    String,
    /// A number with a fraction.
    Number,
    /// A number without one.
    Integer,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// One of a list of options, or several where the field is multiple.
    Enumeration,
    /// Anything JSON can say.
    Json,
}

/// An option of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What a row holds.
    pub value: String,
    /// What people see.
    pub label: String,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The key in a row.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Must be present to create a record.
    pub required: bool,
    /// The vendor refuses to have it written.
    pub read_only: bool,
    /// The vendor allows one record a value.
    pub unique: bool,
    /// An enumeration that takes several values.
    pub multiple: bool,
    /// Records that share its value lock each other at the vendor: the host never has two calls with one value under way.
    #[serde(skip_serializing_if = "is_false")]
    pub partition: bool,
    /// In characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Of an enumeration; empty means open.
    pub options: Vec<Choice>,
}

impl Field {
    /// An optional, writable field whose label is its name.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: FieldType) -> Self {
        let name = name.into();
        Self {
            label: name.clone(),
            name,
            kind,
            required: false,
            read_only: false,
            unique: false,
            multiple: false,
            partition: false,
            max_length: None,
            options: Vec::new(),
        }
    }

    /// Stands for every field that is not listed: the vendor takes it, too.
    #[must_use]
    pub fn any_other(kind: FieldType) -> Self {
        Self::new("*", kind).label("Any other field")
    }

    /// Sets the name people see.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Must be present to create a record.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The vendor refuses to have it written.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The vendor allows one record a value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Records that share its value lock each other at the vendor.
    #[must_use]
    pub fn partition(mut self) -> Self {
        self.partition = true;
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

pub(crate) fn fields_json(object: &str, fields: &[Field]) -> String {
    document("offtake.fields/1", "fields", serde_json::json!(fields), Some(object))
}

impl Limits {
    /// As many rows a call, one megabyte, one call at a time, no rate.
    #[must_use]
    pub fn rows(max_rows: u32) -> Self {
        Self { max_rows, max_bytes: 1024 * 1024, max_concurrency: 1, rates: Vec::new() }
    }

    /// How many bytes of rows a call takes.
    #[must_use]
    pub fn bytes(mut self, max_bytes: u32) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// How many calls may run at once.
    #[must_use]
    pub fn concurrency(mut self, max_concurrency: u16) -> Self {
        self.max_concurrency = max_concurrency;
        self
    }

    /// Adds a rate; all rates hold at once.
    #[must_use]
    pub fn rate(mut self, requests: u32, window_ms: u32) -> Self {
        self.rates.push(Rate { requests, window_ms });
        self
    }
}

/// The name of an operation in the contract's JSON.
#[must_use]
pub fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Upsert => "upsert",
        Operation::Delete => "delete",
        Operation::Append => "append",
        Operation::MemberAdd => "member-add",
        Operation::MemberRemove => "member-remove",
    }
}

fn operation_names<S: serde::Serializer>(operations: &[Operation], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(operations.iter().copied().map(operation_name))
}

fn document(schema: &str, key: &str, value: serde_json::Value, object: Option<&str>) -> String {
    let mut map = serde_json::Map::new();
    map.insert("schema".to_owned(), schema.into());
    if let Some(object) = object {
        map.insert("object".to_owned(), object.into());
    }
    map.insert(key.to_owned(), value);
    serde_json::Value::Object(map).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn writes_the_documents_of_the_contract() {
        assert_eq!(
            parse(&Account::new().fact("Portal", 62515).into_json()),
            json!({"schema": "offtake.account/1", "facts": [{"label": "Portal", "value": "62515"}]})
        );
        let object = Object::new("contacts", "Contacts", &[Operation::Upsert, Operation::MemberAdd]).match_key("email");
        assert_eq!(
            parse(&ObjectPage::all(vec![object]).json()),
            json!({"schema": "offtake.objects/1", "objects": [{
                "id": "contacts", "label": "Contacts", "operations": ["upsert", "member-add"], "match_keys": ["email"]}]})
        );
        let field = Field::new("email", FieldType::String).label("Email").required().unique();
        assert_eq!(
            parse(&fields_json("contacts", &[field])),
            json!({"schema": "offtake.fields/1", "object": "contacts", "fields": [{
                "name": "email", "label": "Email", "type": "string", "required": true, "read_only": false,
                "unique": true, "multiple": false, "options": []}]})
        );
    }
}
