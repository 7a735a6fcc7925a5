//! The schemas endpoints: custom objects.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::object::{Object, by_name};
use super::{HubSpot, property_api, request, standard};
use crate::{clock, lock};

type Reply = Result<Response, Refusal>;

/// Lists the custom objects; HubSpot's own can only be read one by one.
pub(super) async fn list(State(shared): State<Arc<HubSpot>>) -> Json<Value> {
    let portal = lock(&shared.portal);
    let custom = portal.tables().map(|table| &table.object).filter(|object| object.is_custom());
    Json(json!({ "results": custom.map(Object::describe).collect::<Vec<_>>() }))
}

pub(super) async fn read(State(shared): State<Arc<HubSpot>>, object: Path<String>) -> Reply {
    let portal = lock(&shared.portal);
    Ok(Json(portal.table(&object)?.object.describe()).into_response())
}

pub(super) async fn create(State(shared): State<Arc<HubSpot>>, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let mut portal = lock(&shared.portal);
    let object = parse(&body, portal.id, portal.next_type_id())?;
    if portal.table(&object.fully_qualified).is_ok() {
        let message = format!("An object named '{}' already exists", object.name);
        return Err(Refusal::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message));
    }
    let shown = object.describe();
    portal.add(object);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

fn parse(body: &Map<String, Value>, portal: u64, type_id: String) -> Result<Object, Refusal> {
    let name = request::text(body, "name")?;
    let labels = body.get("labels").and_then(Value::as_object).ok_or_else(|| request::missing("labels"))?;
    let group = format!("{name}_information");
    let mut properties = standard::properties(&type_id, &group);
    for given in body.get("properties").and_then(Value::as_array).into_iter().flatten() {
        let given = given.as_object().ok_or_else(|| request::missing("properties"))?;
        properties.push(property_api::parse(given, &group)?);
    }
    let properties = by_name(properties);
    let required = request::texts(body, "requiredProperties");
    let primary = request::text_if(body, "primaryDisplayProperty").unwrap_or("hs_object_id").to_owned();
    for named in required.iter().chain([&primary]) {
        if !properties.contains_key(named) {
            return Err(Refusal::validation(format!("Property '{named}' is not among the properties of '{name}'")));
        }
    }
    Ok(Object {
        name: name.to_owned(),
        fully_qualified: format!("p{portal}_{name}"),
        singular: request::text(labels, "singular")?.to_owned(),
        plural: request::text(labels, "plural")?.to_owned(),
        primary,
        required,
        searchable: request::texts(body, "searchableProperties"),
        secondary: request::texts(body, "secondaryDisplayProperties"),
        properties,
        created_at: clock::now(),
        type_id,
    })
}
