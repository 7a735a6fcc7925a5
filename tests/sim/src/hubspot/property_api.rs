//! The properties endpoints: list, read, create and archive definitions.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::HubSpot;
use super::error::Refusal;
use super::object::Object;
use super::property::{Choice, Kind, Property, yes_and_no};
use super::request::{self, Query as Pairs};
use crate::lock;

/// The most unique properties that an object may have.
const UNIQUE_MAX: usize = 10;

type Reply = Result<Response, Refusal>;

pub(super) async fn list(
    State(shared): State<Arc<HubSpot>>,
    Path(object): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    let archived = Pairs(query).flag("archived");
    let portal = lock(&shared.portal);
    let properties = portal.table(&object)?.object.properties.values();
    let shown = properties.filter(|property| property.archived == archived).map(Property::describe);
    Ok(Json(json!({ "results": shown.collect::<Vec<_>>() })).into_response())
}

pub(super) async fn read(State(shared): State<Arc<HubSpot>>, Path((object, name)): Path<(String, String)>) -> Reply {
    let portal = lock(&shared.portal);
    let property = portal.table(&object)?.object.property(&name).ok_or_else(|| not_found(&name))?;
    Ok(Json(property.describe()).into_response())
}

pub(super) async fn create(State(shared): State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Reply {
    let shown = add(&shared, &object, &request::object(&body)?)?;
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Adds the property and describes it.
pub(super) fn add(shared: &HubSpot, object: &str, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let group = request::text(body, "groupName")?;
    let mut property = parse(body, group)?;
    let mut portal = lock(&shared.portal);
    let object = &mut portal.table_mut(object)?.object;
    check(object, &property)?;
    // A property that comes back after it was archived is the same one for those who wrote to it.
    if let Some(before) = object.properties.get(&property.name) {
        property.created_at = before.created_at;
    }
    let shown = property.describe();
    object.properties.insert(property.name.clone(), property);
    Ok(shown)
}

pub(super) async fn archive(State(shared): State<Arc<HubSpot>>, Path((object, name)): Path<(String, String)>) -> Reply {
    let mut portal = lock(&shared.portal);
    let object = &mut portal.table_mut(&object)?.object;
    let property = object.properties.get_mut(&name).ok_or_else(|| not_found(&name))?;
    if property.standard {
        return Err(Refusal::validation(format!("Property '{name}' is defined by HubSpot and cannot be archived")));
    }
    property.archived = true;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads a definition, as this endpoint and that of the schemas take it.
pub(super) fn parse(body: &Map<String, Value>, group: &str) -> Result<Property, Refusal> {
    let name = request::text(body, "name")?;
    let label = request::text(body, "label")?;
    let kind = request::text(body, "type")?;
    let field = request::text(body, "fieldType")?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(plain) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        let message = format!("Property name '{name}' must be lower case letters, digits and underscores");
        return Err(Refusal::validation(message));
    }
    let unknown = || Refusal::malformed(format!("Invalid input JSON on line 1, column 1: '{kind}' is not a type"));
    let kind = Kind::parse(kind).ok_or_else(unknown)?;
    if !kind.allows_field(field) {
        let message = format!("fieldType '{field}' does not go with the type of property '{name}'");
        return Err(Refusal::validation(message));
    }
    let mut property = Property::custom(name, label, kind, group);
    property.field = field.to_owned();
    property.description = request::text_if(body, "description").unwrap_or_default().to_owned();
    property.unique = body.get("hasUniqueValue").and_then(Value::as_bool).unwrap_or_default();
    property.options = match kind {
        Kind::Bool => yes_and_no(),
        _ => options(body)?,
    };
    Ok(property)
}

fn options(body: &Map<String, Value>) -> Result<Vec<Choice>, Refusal> {
    let given = body.get("options").and_then(Value::as_array);
    let choice = |option: &Value| {
        let option = option.as_object().ok_or_else(|| request::missing("options"))?;
        let text = |field| request::text(option, field).map(str::to_owned);
        Ok(Choice { label: text("label")?, value: text("value")? })
    };
    given.into_iter().flatten().map(choice).collect()
}

fn check(object: &Object, property: &Property) -> Result<(), Refusal> {
    let name = &property.name;
    if object.property(name).is_some() {
        let message = format!("A property named '{name}' already exists.");
        return Err(Refusal::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message));
    }
    let unique = object.properties.values().filter(|property| property.unique && !property.archived);
    if property.unique && unique.count() >= UNIQUE_MAX {
        let message = format!("{} has {UNIQUE_MAX} unique properties already", object.plural);
        return Err(Refusal::validation(message));
    }
    Ok(())
}

fn not_found(name: &str) -> Refusal {
    Refusal::not_found(format!("Property with name '{name}' does not exist"))
        .with("subCategory", json!("PropertyValidationError.PROPERTY_DOESNT_EXIST"))
}
