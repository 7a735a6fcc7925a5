//! Properties: their types, their options, and how HubSpot describes them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::clock;

/// The data type of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Number,
    Date,
    DateTime,
    Enumeration,
    Bool,
}

impl Kind {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::String),
            "number" => Some(Self::Number),
            "date" => Some(Self::Date),
            "datetime" => Some(Self::DateTime),
            "enumeration" => Some(Self::Enumeration),
            "bool" => Some(Self::Bool),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Enumeration => "enumeration",
            Self::Bool => "bool",
        }
    }

    /// The kinds of form field that may show it.
    pub(super) fn allows_field(self, field: &str) -> bool {
        let fields: &[&str] = match self {
            Self::String => &["text", "textarea", "phonenumber", "html", "file"],
            Self::Number => &["number", "calculation_equation"],
            Self::Date | Self::DateTime => &["date"],
            Self::Enumeration => &["select", "radio", "checkbox", "booleancheckbox"],
            Self::Bool => &["booleancheckbox"],
        };
        fields.contains(&field)
    }
}

/// One allowed value of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) value: String,
}

/// A property of an object.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) field: String,
    pub(super) group: String,
    pub(super) description: String,
    pub(super) options: Vec<Choice>,
    pub(super) unique: bool,
    pub(super) read_only: bool,
    /// Its values live outside the definition, as owners do, so that no option list can be checked.
    pub(super) external: bool,
    /// Defined by HubSpot rather than by the portal's owner.
    pub(super) standard: bool,
    pub(super) archived: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Property {
    /// A property made by the portal's owner.
    pub(super) fn custom(name: &str, label: &str, kind: Kind, group: &str) -> Self {
        let field = match kind {
            Kind::String => "text",
            Kind::Number => "number",
            Kind::Date | Kind::DateTime => "date",
            Kind::Enumeration => "select",
            Kind::Bool => "booleancheckbox",
        };
        let now = clock::now();
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            field: field.to_owned(),
            group: group.to_owned(),
            description: String::new(),
            options: if kind == Kind::Bool { yes_and_no() } else { Vec::new() },
            unique: false,
            read_only: false,
            external: false,
            standard: false,
            archived: false,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether several options can be set at once, parted by semicolons.
    pub(super) fn many(&self) -> bool {
        self.kind == Kind::Enumeration && self.field == "checkbox"
    }

    /// As the properties and schemas endpoints show it.
    pub(super) fn describe(&self) -> Value {
        let option = |(order, choice): (usize, &Choice)| json!({ "label": choice.label, "value": choice.value, "displayOrder": order, "hidden": false });
        let options: Vec<Value> = self.options.iter().enumerate().map(option).collect();
        let mut shown = Map::new();
        let mut set = |key: &str, value: Value| shown.insert(key.to_owned(), value);
        set("name", json!(self.name));
        set("label", json!(self.label));
        set("type", json!(self.kind.name()));
        set("fieldType", json!(self.field));
        set("description", json!(self.description));
        set("groupName", json!(self.group));
        set("options", Value::Array(options));
        set("displayOrder", json!(-1));
        set("calculated", json!(false));
        set("externalOptions", json!(self.external));
        set("hasUniqueValue", json!(self.unique));
        set("hidden", json!(false));
        set("formField", json!(!self.read_only));
        set("createdAt", json!(clock::text(self.created_at)));
        set("updatedAt", json!(clock::text(self.updated_at)));
        let metadata = json!({
            "archivable": true,
            "readOnlyDefinition": self.standard,
            "readOnlyValue": self.read_only,
        });
        set("modificationMetadata", metadata);
        if self.external {
            set("referencedObjectType", json!("OWNER"));
        }
        if self.standard {
            set("hubspotDefined", json!(true));
        } else {
            // Only properties that people made carry who made them.
            set("createdUserId", json!("1001"));
            set("updatedUserId", json!("1001"));
            set("archived", json!(self.archived));
            set("showCurrencySymbol", json!(false));
        }
        Value::Object(shown)
    }
}

/// The options that every bool has.
pub(super) fn yes_and_no() -> Vec<Choice> {
    [("True", "true"), ("False", "false")]
        .map(|(label, value)| Choice { label: label.to_owned(), value: value.to_owned() })
        .to_vec()
}
