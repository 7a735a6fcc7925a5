//! What a destination says of itself: its objects, and the fields of one object.

use serde::{Deserialize, Serialize};

/// Answer of `discover-objects`, schema `offtake.objects/1`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Objects {
    /// Always `offtake.objects/1`.
    pub schema: String,
    /// One page of them.
    pub objects: Vec<Object>,
}

/// A kind of record at the destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// How a sync names it.
    pub id: String,
    /// How people know it.
    #[serde(default)]
    pub label: String,
    /// What can be done to its records.
    pub operations: Vec<Operation>,
    /// Fields by which a record can be found.
    #[serde(default)]
    pub match_keys: Vec<String>,
}

/// What is done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Create, fail when it exists.
    Insert,
    /// Change, fail when it does not exist.
    Update,
    /// Create or change.
    Upsert,
    /// Remove.
    Delete,
    /// Add an event.
    Append,
    /// Put into a list.
    MemberAdd,
    /// Take out of a list.
    MemberRemove,
}

impl Operation {
    /// The name in WIT, JSON and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::Append => "append",
            Self::MemberAdd => "member-add",
            Self::MemberRemove => "member-remove",
        }
    }
}

/// Answer of `discover-fields`, schema `offtake.fields/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// Always `offtake.fields/1`.
    pub schema: String,
    /// The object they belong to.
    pub object: String,
    /// All of them.
    pub fields: Vec<Field>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The key in a row.
    pub name: String,
    /// The name people see.
    #[serde(default)]
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Must be present to create a record.
    #[serde(default)]
    pub required: bool,
    /// The vendor refuses to have it written.
    #[serde(default)]
    pub read_only: bool,
    /// One record a value.
    #[serde(default)]
    pub unique: bool,
    /// An enumeration that takes several values.
    #[serde(default)]
    pub multiple: bool,
    /// Records that share its value lock each other at the destination.
    #[serde(default)]
    pub partition: bool,
    /// In characters.
    #[serde(default)]
    pub max_length: Option<u64>,
    /// Values of an enumeration; empty means open.
    #[serde(default)]
    pub options: Vec<FieldOption>,
}

/// Stands in a list of fields for every field that is not listed: the destination takes it too.
pub const ANY_OTHER_FIELD: &str = "*";

/// The field of this name, where the destination has it or takes any.
pub fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    let named = |wanted: &str| fields.iter().find(|field| field.name == wanted);
    named(name).or_else(|| named(ANY_OTHER_FIELD))
}

/// A value of an enumeration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOption {
    /// What is sent.
    pub value: String,
    /// What people see.
    #[serde(default)]
    pub label: String,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text.
    String,
    /// A number with or without a fraction.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A day.
    Date,
    /// A point in time.
    Datetime,
    /// One of the options, or several.
    Enumeration,
    /// Any JSON.
    Json,
}

impl FieldType {
    /// The name in JSON and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Enumeration => "enumeration",
            Self::Json => "json",
        }
    }
}
