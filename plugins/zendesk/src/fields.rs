//! The fields of an object: the standard ones by name, and the custom ones as the account has them.

use offtake_sdk::http::encode;
use offtake_sdk::{CallFailure, Choice, Context, Field, FieldType};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client;
use crate::config::Config;
use crate::object::Kind;

/// Pages of custom fields that are read at most.
const PAGES_MAX: usize = 20;

/// The longest name of a user or an organization: Zendesk API reference.
const NAME_CHARS_MAX: u32 = 255;

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
        Kind::Users => ("user_fields.json".to_owned(), "user_fields"),
        Kind::Organizations => ("organization_fields.json".to_owned(), "organization_fields"),
        Kind::Tickets => ("ticket_fields.json".to_owned(), "ticket_fields"),
        Kind::Custom(key) => (format!("custom_objects/{}/fields", encode(key)), "custom_object_fields"),
    };
    let mut fields = standard(kind);
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

fn field(name: &str, kind: FieldType) -> Field {
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Field::new(name, kind).label(label)
}

fn choice(name: &str, options: &[&str]) -> Field {
    let mut field = field(name, FieldType::Enumeration);
    field.options =
        options.iter().map(|value| Choice { value: (*value).to_owned(), label: (*value).to_owned() }).collect();
    field
}

fn words(name: &str) -> Field {
    let mut field = field(name, FieldType::Enumeration);
    field.multiple = true;
    field
}

fn name() -> Field {
    let mut name = field("name", FieldType::String).required();
    name.max_length = Some(NAME_CHARS_MAX);
    name
}

/// The standard attributes that can be written: Zendesk API reference, Users, Organizations, Tickets, Custom Object Records.
fn standard(kind: &Kind) -> Vec<Field> {
    use FieldType::{Boolean, Datetime, Integer, Json, String};
    let id = if matches!(kind, Kind::Custom(_)) { String } else { Integer };
    let mut fields = vec![field("id", id).read_only().unique()];
    let plain =
        |list: &[(&str, FieldType)]| -> Vec<Field> { list.iter().map(|(name, kind)| field(name, *kind)).collect() };
    fields.extend(match kind {
        Kind::Users => {
            let mut fields = vec![name(), field("email", String).unique(), field("external_id", String).unique()];
            fields.extend(plain(&[
                ("phone", String),
                ("alias", String),
                ("details", String),
                ("notes", String),
                ("signature", String),
                ("locale", String),
                ("time_zone", String),
                ("organization_id", Integer),
                ("default_group_id", Integer),
                ("custom_role_id", Integer),
                ("verified", Boolean),
                ("suspended", Boolean),
                ("moderator", Boolean),
                ("only_private_comments", Boolean),
                ("shared_phone_number", Boolean),
                ("skip_verify_email", Boolean),
            ]));
            fields.push(choice("role", &["end-user", "agent", "admin"]));
            fields.push(choice("ticket_restriction", &["organization", "groups", "assigned", "requested"]));
            fields.push(words("tags"));
            fields
        }
        Kind::Organizations => {
            let mut fields = vec![name().unique(), field("external_id", String).unique()];
            fields.extend(plain(&[
                ("details", String),
                ("notes", String),
                ("group_id", Integer),
                ("shared_tickets", Boolean),
                ("shared_comments", Boolean),
            ]));
            fields.push(words("domain_names"));
            fields.push(words("tags"));
            fields
        }
        Kind::Tickets => {
            let mut fields = plain(&[
                ("subject", String),
                ("comment", Json),
                ("external_id", String),
                ("requester", Json),
                ("requester_id", Integer),
                ("requester.email", String),
                ("requester.name", String),
                ("submitter_id", Integer),
                ("assignee_id", Integer),
                ("group_id", Integer),
                ("organization_id", Integer),
                ("brand_id", Integer),
                ("ticket_form_id", Integer),
                ("problem_id", Integer),
                ("recipient", String),
                ("due_at", Datetime),
            ]);
            fields.push(choice("type", &["problem", "incident", "question", "task"]));
            fields.push(choice("priority", &["low", "normal", "high", "urgent"]));
            fields.push(choice("status", &["new", "open", "pending", "hold", "solved", "closed"]));
            fields.extend(["tags", "additional_tags", "remove_tags"].map(words));
            fields
        }
        Kind::Custom(_) => vec![name(), field("external_id", String).unique()],
    });
    fields
}
