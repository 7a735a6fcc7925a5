//! `sobjects/T/…`: one record a request.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::dml::{self, Way};
use super::draft::Draft;
use super::object::Object;
use super::org::Org;
use super::refusal::Refusal;
use super::route::Ask;

type Locks = BTreeSet<String>;
type Answer = Result<Response, Refusal>;

/// `POST sobjects/T`.
pub(super) fn create(org: &mut Org, object: &str, ask: &Ask, mine: &mut Locks) -> Answer {
    let object = org.object_at(object)?;
    let draft = draft(org, &object, ask)?;
    let saved = dml::save(org, &object, draft, Way::Insert, mine)?;
    Ok(made(&saved.id, &object, ask, json!({"id": saved.id, "success": true, "errors": []})))
}

/// `GET`, `PATCH`, `DELETE sobjects/T/{id}`.
pub(super) fn by_id(org: &mut Org, object: &str, id: &str, ask: &Ask, mine: &mut Locks) -> Answer {
    let object = org.object_at(object)?;
    let there = org.record(id).filter(|record| !record.deleted && record.object == object.name);
    match (&ask.method, there) {
        (&Method::GET, Some(record)) => Ok(Json(shown(org.show(record, &object, &ask.base), ask)).into_response()),
        (&Method::PATCH, Some(record)) => {
            let mut draft = draft(org, &object, ask)?;
            draft.id = Some(record.id.clone());
            dml::save(org, &object, draft, Way::Update, mine)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        (&Method::DELETE, Some(record)) => {
            let id = record.id.clone();
            dml::delete(org, &id, mine)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        (&Method::PATCH | &Method::DELETE, None) if org.record(id).is_some_and(|record| record.deleted) => {
            Err(Refusal::new(404, "ENTITY_IS_DELETED", "entity is deleted"))
        }
        (&Method::GET | &Method::PATCH | &Method::DELETE, None) => Err(Refusal::not_found()),
        (method, _) => Err(Refusal::method(method.as_str())),
    }
}

/// `GET`, `PATCH`, `DELETE sobjects/T/{field}/{value}`.
pub(super) fn by_key(org: &mut Org, object: &str, key: &str, text: &str, ask: &Ask, mine: &mut Locks) -> Answer {
    let object = org.object_at(object)?;
    let key = object.field(key).filter(|field| field.is_key()).cloned().ok_or_else(|| {
        let message = format!("Provided external ID field does not exist or is not accessible: {key}");
        Refusal::new(404, "NOT_FOUND", message)
    })?;
    if key.name == "Id" {
        return by_id(org, &object.name, text, ask, mine);
    }
    let value = super::value::from_text(&key, text)?;
    let found: Vec<String> =
        org.with_key(&object.name, &key.name, &value).iter().map(|record| record.id.clone()).collect();
    if found.len() > 1 {
        let urls: Vec<String> = found.iter().map(|id| format!("{}/sobjects/{}/{id}", ask.base, object.name)).collect();
        return Ok((StatusCode::MULTIPLE_CHOICES, Json(urls)).into_response());
    }
    if ask.method != Method::PATCH {
        let id = found.first().ok_or_else(Refusal::not_found)?;
        return by_id(org, &object.name, id, ask, mine);
    }
    let mut draft = draft(org, &object, ask)?;
    if draft.key(&key).is_some() || draft.id.is_some() {
        let message = format!("The {} field should not be specified in the sobject data.", key.name);
        return Err(Refusal::new(400, "INVALID_FIELD", message));
    }
    if found.is_empty() && ask.query("updateOnly").as_deref() == Some("true") {
        return Err(Refusal::not_found());
    }
    draft.set(&key.name, value);
    let saved = dml::save(org, &object, draft, Way::Upsert(&key), mine)?;
    let body = json!({"id": saved.id, "success": true, "errors": [], "created": saved.created});
    match (saved.created, ask.version) {
        (true, 46..) => Ok(made(&saved.id, &object, ask, body)),
        (true, _) => Ok(made(&saved.id, &object, ask, json!({"id": saved.id, "success": true, "errors": []}))),
        (false, 46..) => Ok(Json(body).into_response()),
        (false, _) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn draft(org: &Org, object: &Object, ask: &Ask) -> Result<Draft, Refusal> {
    let body = ask.json()?;
    let record = body.as_object().ok_or_else(|| Refusal::parser("The body must be an object at [line:1, column:1]"))?;
    let draft = Draft::from_json(org, object, record)?;
    if draft.id.is_some() && ask.method == Method::PATCH {
        return Err(Refusal::new(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."));
    }
    Ok(draft)
}

/// Only the fields that the query wants, if it says so.
fn shown(mut record: serde_json::Map<String, Value>, ask: &Ask) -> Value {
    if let Some(fields) = ask.query("fields") {
        let wanted: Vec<&str> = fields.split(',').chain(["attributes", "Id"]).collect();
        record.retain(|name, _| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    }
    Value::Object(record)
}

fn made(id: &str, object: &Object, ask: &Ask, body: Value) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let place = format!("{}/sobjects/{}/{id}", ask.base, object.name);
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}
