//! The fields of an object: the standard ones by name, and the custom ones as the account has them.

use offtake_sdk::http::encode;
use offtake_sdk::{CallFailure, Choice, Context, Field, FieldType};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client;
use crate::config::Config;
use crate::object::Kind;
use crate::standard;

/// Pages of custom fields that are read at most.
const PAGES_MAX: usize = 20;

#[derive(Deserialize)]
struct CustomField {
    id: u64,
    key: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    title: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    removable: Option<bool>,
    #[serde(default)]
    custom_field_options: Vec<CustomOption>,
}

#[derive(Deserialize)]
struct CustomOption {
    value: String,
    name: Option<String>,
}

fn yes() -> bool {
    true
}

/// The fields of an object.
pub(crate) fn of(cx: &Context<Config>, kind: &Kind) -> Result<Vec<Field>, CallFailure> {
    let (path, list) = match kind {
        Kind::Users => ("user_fields".to_owned(), "user_fields"),
        Kind::Organizations => ("organization_fields".to_owned(), "organization_fields"),
        Kind::Tickets => ("ticket_fields".to_owned(), "ticket_fields"),
        Kind::Custom(key) => (format!("custom_objects/{}/fields", encode(key)), "custom_object_fields"),
    };
    let mut fields = standard::fields(kind);
    let mut request = client::request(cx, "GET", &path);
    for _ in 0..PAGES_MAX {
        let mut page: Map<String, Value> = request.send()?.json()?;
        let custom = page.remove(list).unwrap_or_default();
        let custom: Vec<CustomField> = serde_json::from_value(custom)
            .map_err(|error| CallFailure::unreadable(format!("the fields are not what was expected: {error}")))?;
        fields.extend(custom.into_iter().filter_map(|field| custom_field(kind, field)));
        let next = page.get("next_page").and_then(Value::as_str);
        match next {
            Some(next) => request = client::page(cx, next),
            None => break,
        }
    }
    Ok(fields)
}

/// A custom field under its member: `user_fields.plan`, or `custom_fields.360001` of tickets.
fn custom_field(kind: &Kind, field: CustomField) -> Option<Field> {
    // The list of a ticket's fields has the standard ones as well, which cannot be removed.
    if !field.active || (*kind == Kind::Tickets && field.removable == Some(false)) {
        return None;
    }
    let inner = match kind {
        Kind::Tickets => field.id.to_string(),
        _ => field.key.clone()?,
    };
    let field_type = match field.kind.as_str() {
        "integer" => FieldType::Integer,
        "decimal" => FieldType::Number,
        "checkbox" => FieldType::Boolean,
        "date" => FieldType::Date,
        "dropdown" | "tagger" | "multiselect" => FieldType::Enumeration,
        "text" | "textarea" | "regexp" | "lookup" | "partialcreditcard" => FieldType::String,
        // A type that Zendesk has added since.
        _ => FieldType::Json,
    };
    let mut shown = Field::new(format!("{}.{inner}", kind.custom_member()), field_type);
    shown.label = field.title.unwrap_or(inner);
    shown.multiple = field.kind == "multiselect";
    shown.required = field.required && matches!(kind, Kind::Custom(_));
    let options = field.custom_field_options.into_iter();
    shown.options = options
        .map(|option| Choice { label: option.name.unwrap_or_else(|| option.value.clone()), value: option.value })
        .collect();
    Some(shown)
}
