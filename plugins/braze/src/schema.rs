//! The workspace, its objects and their fields.

use offtake_sdk::http::Response;
use offtake_sdk::{Account, CallFailure, Choice, Context, Failure, Field, FieldType, Object, log};
use serde::Deserialize;

use crate::client;
use crate::config::Config;
use crate::object::Kind;

/// Pages of custom attributes that are read at most, of fifty each.
const PAGES_MAX: usize = 40;

/// The longest id of an item, and the longest text of a field of it: Braze API, catalog items, "Troubleshooting".
const ITEM_ID_CHARS_MAX: u32 = 250;
const ITEM_TEXT_CHARS_MAX: u32 = 5_000;

#[derive(Deserialize)]
struct Attributes {
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    name: String,
    #[serde(default)]
    data_type: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Catalogs {
    catalogs: Vec<Catalog>,
}

#[derive(Deserialize)]
struct Catalog {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    fields: Vec<CatalogField>,
}

#[derive(Deserialize)]
struct CatalogField {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// Braze says nothing of a workspace but what is in it.
pub(crate) fn account(cx: &Context<Config>) -> Result<Account, CallFailure> {
    let response = client::request(cx, "GET", "/custom_attributes").send()?;
    let first: Attributes = response.json()?;
    let more = if next(&response).is_some() { " or more" } else { "" };
    Ok(Account::new().fact("Custom attributes", format!("{}{more}", first.attributes.len())))
}

/// Users, events and purchases, and the catalogs by one request.
pub(crate) fn objects(cx: &Context<Config>) -> Result<Vec<Object>, CallFailure> {
    let fixed = [(Kind::Users, "Users"), (Kind::Events, "Custom events"), (Kind::Purchases, "Purchases")];
    let mut objects: Vec<Object> = fixed.iter().map(|(kind, label)| object(kind, label)).collect();
    match client::request(cx, "GET", "/catalogs").send() {
        Ok(response) => {
            for catalog in response.json::<Catalogs>()?.catalogs {
                let label = catalog.description.filter(|text| !text.is_empty()).unwrap_or_else(|| catalog.name.clone());
                objects.push(object(&Kind::Items(catalog.name), &label));
            }
        }
        // A key without the permission for catalogs may write the others.
        Err(CallFailure { failure: Failure::Forbidden(_), .. }) => log::warn("the key may not see catalogs"),
        Err(failure) => return Err(failure),
    }
    Ok(objects)
}

fn object(kind: &Kind, label: &str) -> Object {
    let object = Object::new(kind.id(), label, kind.operations());
    kind.match_keys().iter().fold(object, |object, key| object.match_key(*key))
}

/// The fields of an object.
pub(crate) fn fields(cx: &Context<Config>, kind: &Kind) -> Result<Vec<Field>, CallFailure> {
    match kind {
        Kind::Users => users(cx),
        Kind::Events => Ok(occurrence(&["event_id", "name"], &[("time", FieldType::Datetime)], &[])),
        Kind::Purchases => {
            let required =
                [("currency", FieldType::String), ("price", FieldType::Number), ("time", FieldType::Datetime)];
            Ok(occurrence(&["purchase_id", "product_id"], &required, &[("quantity", FieldType::Integer)]))
        }
        Kind::Items(name) => items(cx, name),
    }
}

fn identities() -> Vec<Field> {
    ["external_id", "alias_name", "alias_label", "braze_id", "email", "phone"]
        .into_iter()
        .map(|name| {
            let field = Field::new(name, FieldType::String);
            if matches!(name, "external_id" | "braze_id") { field.unique() } else { field }
        })
        .collect()
}

fn users(cx: &Context<Config>) -> Result<Vec<Field>, CallFailure> {
    use FieldType::{Boolean, Date, Datetime, Json, String};
    let mut fields = identities();
    fields.extend(
        [
            ("first_name", String),
            ("last_name", String),
            ("dob", Date),
            ("country", String),
            ("home_city", String),
            ("language", String),
            ("time_zone", String),
            ("date_of_first_session", Datetime),
            ("date_of_last_session", Datetime),
            ("marked_email_as_spam_at", Datetime),
            ("email_open_tracking_disabled", Boolean),
            ("email_click_tracking_disabled", Boolean),
            ("image_url", String),
            ("current_location", Json),
            ("subscription_groups", Json),
        ]
        .map(|(name, kind)| Field::new(name, kind)),
    );
    fields.push(choice("gender", &["M", "F", "O", "N", "P"]));
    fields.push(choice("email_subscribe", &["opted_in", "subscribed", "unsubscribed"]));
    fields.push(choice("push_subscribe", &["opted_in", "subscribed", "unsubscribed"]));
    let mut request = client::request(cx, "GET", "/custom_attributes");
    for _ in 0..PAGES_MAX {
        let response = request.send()?;
        for attribute in response.json::<Attributes>()?.attributes {
            if attribute.status.as_deref() != Some("Blocklisted") {
                let kind = kind_of(attribute.data_type.as_deref().unwrap_or_default());
                fields.push(Field::new(attribute.name, kind));
            }
        }
        match next(&response) {
            Some(link) => request = client::page(cx, &link),
            None => break,
        }
    }
    // Braze makes a custom attribute when it sees the first value.
    fields.push(Field::any_other(Json));
    Ok(fields)
}

fn kind_of(data_type: &str) -> FieldType {
    match data_type.to_ascii_lowercase().as_str() {
        "string" => FieldType::String,
        "number" | "integer" | "float" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" | "time" => FieldType::Datetime,
        _ => FieldType::Json,
    }
}

fn choice(name: &str, options: &[&str]) -> Field {
    let mut field = Field::new(name, FieldType::Enumeration);
    field.options =
        options.iter().map(|value| Choice { value: (*value).to_owned(), label: (*value).to_owned() }).collect();
    field
}

fn occurrence(texts: &[&str], required: &[(&str, FieldType)], optional: &[(&str, FieldType)]) -> Vec<Field> {
    let mut fields = identities();
    fields.extend(texts.iter().map(|name| Field::new(*name, FieldType::String).required()));
    fields.extend(required.iter().map(|(name, kind)| Field::new(*name, *kind).required()));
    fields.extend(optional.iter().map(|(name, kind)| Field::new(*name, *kind)));
    fields.push(Field::new("app_id", FieldType::String));
    fields.push(Field::new("properties", FieldType::Json));
    // Every other field is a property.
    fields.push(Field::any_other(FieldType::Json));
    fields
}

fn items(cx: &Context<Config>, name: &str) -> Result<Vec<Field>, CallFailure> {
    let catalogs = client::request(cx, "GET", "/catalogs").send()?.json::<Catalogs>()?.catalogs;
    let catalog = catalogs.into_iter().find(|catalog| catalog.name == name);
    let catalog = catalog
        .ok_or_else(|| CallFailure::schema_changed("catalog_not_found", format!("there is no catalog {name}")))?;
    let field = |field: CatalogField| {
        let mut shown = Field::new(field.name, kind_of(&field.kind));
        if shown.kind == FieldType::String {
            shown.max_length = Some(ITEM_TEXT_CHARS_MAX);
        }
        if shown.name == "id" {
            shown.max_length = Some(ITEM_ID_CHARS_MAX);
            return shown.required().unique();
        }
        shown
    };
    Ok(catalog.fields.into_iter().map(field).collect())
}

/// The next page, which the `Link` header names: `<https://…>; rel="next"`.
fn next(response: &Response) -> Option<String> {
    let links = response.header("link")?.split(',');
    let next = links.map(str::trim).find(|link| link.contains("rel=\"next\"") || link.contains("rel=next"))?;
    Some(next.split_once('<')?.1.split_once('>')?.0.to_owned())
}
