//! The calls about people.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::store::{Account, Written};
use super::{Webhook, person, request};
use crate::lock;

type Shared = State<Arc<Webhook>>;

/// 201 for a person that there was not, 200 for one that there was.
pub(super) async fn put(
    State(webhook): Shared,
    Path(email): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let email = person::address(Some(&email))?;
    let values = request::object(&headers, &body)?;
    person::judge(&values)?;
    if let Some(given) = values.get("email")
        && person::address(given.as_str())? != email
    {
        return Err(Refusal::of_field("email_differs", "email", "email is another one than in the path"));
    }
    let written = lock(&webhook.store).write(&email, values);
    let status = if written.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({ "id": written.id }))).into_response())
}

pub(super) async fn delete(
    State(webhook): Shared,
    Path(email): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    if !body.is_empty() {
        return Err(Refusal::new(400, "unexpected_body", "a DELETE has no body"));
    }
    let email = person::address(Some(&email))?;
    match lock(&webhook.store).delete(&email) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::new(404, "not_found", "there is no such person")),
    }
}

/// Writes each person that is in order, and answers for each in the order in which they came.
pub(super) async fn batch(State(webhook): Shared, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, Refusal> {
    let mut body = request::object(&headers, &body)?;
    let Some(Value::Array(people)) = body.remove("people").filter(|_| body.is_empty()) else {
        return Err(Refusal::of_field("people_missing", "people", "the body has a list of people and nothing else"));
    };
    if people.is_empty() {
        return Err(Refusal::of_field("empty_batch", "people", "there is no person"));
    }
    if people.len() > webhook.batch_max {
        let message = format!("more than {} people", webhook.batch_max);
        return Err(Refusal::new(413, "too_many_people", message));
    }
    let mut account = lock(&webhook.store);
    let results: Vec<Value> = people.into_iter().map(|person| result(&mut account, person)).collect();
    Ok(Json(json!({ "results": results })))
}

fn result(account: &mut Account, person: Value) -> Value {
    match one(account, person) {
        Ok(written) => json!({ "ok": true, "id": written.id }),
        Err(refusal) => json!({ "ok": false, "error": refusal.error() }),
    }
}

fn one(account: &mut Account, person: Value) -> Result<Written, Refusal> {
    let invalid = |_| Refusal::new(422, "invalid_person", "a person is an object");
    let values: Map<String, Value> = serde_json::from_value(person).map_err(invalid)?;
    let email = person::address(values.get("email").and_then(Value::as_str))?;
    person::judge(&values)?;
    Ok(account.write(&email, values))
}
