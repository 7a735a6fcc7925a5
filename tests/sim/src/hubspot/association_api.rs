//! `/crm/associations/{version}/{from}/{to}`: labels, and the batch calls that make and take away associations.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::association::{Association, Label};
use super::error::Refusal;
use super::portal::Portal;
use super::{HubSpot, request};
use crate::{clock, lock};

/// "Batch create associations", HubSpot API reference: up to 2,000 inputs. Archiving takes as many.
const INPUTS_MAX: usize = 2_000;

type Reply = Result<Response, Refusal>;
type Ends = Path<(String, String)>;

pub(super) async fn labels(State(shared): State<Arc<HubSpot>>, Path((from, to)): Ends) -> Reply {
    let portal = lock(&shared.portal);
    let (from, to) = (portal.table(&from)?.object.type_id.clone(), portal.table(&to)?.object.type_id.clone());
    let labels: Vec<Value> = portal.associations.labels(&from, &to).iter().map(Label::describe).collect();
    Ok(Json(json!({ "results": labels })).into_response())
}

pub(super) async fn define(State(shared): State<Arc<HubSpot>>, Path((from, to)): Ends, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let name = request::text(&body, "label")?;
    request::text(&body, "name")?;
    let mut portal = lock(&shared.portal);
    let (from, to) = (portal.table(&from)?.object.type_id.clone(), portal.table(&to)?.object.type_id.clone());
    let label = portal.associations.define(&from, &to, name);
    Ok((StatusCode::CREATED, Json(json!({ "results": [label.describe()] }))).into_response())
}

pub(super) async fn create(State(shared): State<Arc<HubSpot>>, ends: Ends, body: Bytes) -> Reply {
    write(&shared, &ends, &body, true)
}

pub(super) async fn associate_default(State(shared): State<Arc<HubSpot>>, ends: Ends, body: Bytes) -> Reply {
    write(&shared, &ends, &body, false)
}

/// Stores the pairs whose records are there, and lists the others in a reply of status 207.
fn write(shared: &HubSpot, (from, to): &(String, String), body: &Bytes, is_labelled: bool) -> Reply {
    let started = clock::text(clock::now());
    let body = request::object(body)?;
    let mut portal = lock(&shared.portal);
    let inputs = inputs(&body)?;
    let mut pairs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (from, to) = (end(&portal, from, input.get("from"))?, end(&portal, to, input.get("to"))?);
        let labels =
            if is_labelled { types(&portal, &from.0, &to.0, input)? } else { vec![default(&portal, &from.0, &to.0)] };
        pairs.push((from, to, labels));
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for (from, to, labels) in pairs {
        if let Some(refusal) = missing(&portal, &from, &to) {
            errors.push(refusal.into_item(None));
            continue;
        }
        results.push(made(&from, &to, &labels, is_labelled));
        for label in labels {
            portal.associations.add(Association { from: from.clone(), to: to.clone(), label: label.name });
        }
    }
    let completed = clock::text(clock::now());
    let reply = json!({ "status": "COMPLETE", "results": results, "startedAt": started, "completedAt": completed });
    if errors.is_empty() {
        let status = if is_labelled { StatusCode::CREATED } else { StatusCode::OK };
        return Ok((status, Json(reply)).into_response());
    }
    let reply = json!({
        "status": "COMPLETE", "results": results, "startedAt": started, "completedAt": completed,
        "numErrors": errors.len(), "errors": errors
    });
    Ok((StatusCode::MULTI_STATUS, Json(reply)).into_response())
}

/// Takes every association from the pairs. What is not there makes no difference.
pub(super) async fn archive(State(shared): State<Arc<HubSpot>>, Path((from, to)): Ends, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let mut portal = lock(&shared.portal);
    for input in inputs(&body)? {
        let ends = input.get("to").and_then(Value::as_array).ok_or_else(|| request::missing("to"))?;
        let from = end(&portal, &from, input.get("from"))?;
        for other in ends {
            let to = end(&portal, &to, Some(other))?;
            portal.associations.part(&from, &to);
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes labels from the pairs.
pub(super) async fn archive_labels(State(shared): State<Arc<HubSpot>>, Path((from, to)): Ends, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let mut portal = lock(&shared.portal);
    for input in inputs(&body)? {
        let (from, to) = (end(&portal, &from, input.get("from"))?, end(&portal, &to, input.get("to"))?);
        for label in types(&portal, &from.0, &to.0, input)? {
            portal.associations.remove(&Association { from: from.clone(), to: to.clone(), label: label.name });
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn inputs(body: &Map<String, Value>) -> Result<Vec<&Map<String, Value>>, Refusal> {
    request::inputs_up_to(body, INPUTS_MAX)
}

/// Type id and id of one end.
fn end(portal: &Portal, object: &str, given: Option<&Value>) -> Result<(String, String), Refusal> {
    let given = given.and_then(Value::as_object).ok_or_else(|| request::missing("from, to"))?;
    Ok((portal.table(object)?.object.type_id.clone(), request::text(given, "id")?.to_owned()))
}

fn default(portal: &Portal, from: &str, to: &str) -> Label {
    portal.associations.labels(from, to).swap_remove(0)
}

/// The labels that an input names by category and number.
fn types(portal: &Portal, from: &str, to: &str, input: &Map<String, Value>) -> Result<Vec<Label>, Refusal> {
    let given = input.get("types").and_then(Value::as_array).ok_or_else(|| request::missing("types"))?;
    let known = portal.associations.labels(from, to);
    let label = |given: &Value| {
        let number = given["associationTypeId"].as_u64().ok_or_else(|| request::missing("associationTypeId"))?;
        let category = given["associationCategory"].as_str().ok_or_else(|| request::missing("associationCategory"))?;
        let found = known.iter().find(|label| label.type_id == number && label.category() == category);
        found.cloned().ok_or_else(|| {
            Refusal::validation(format!("{category} association type {number} doesn't exist between {from} and {to}"))
        })
    };
    given.iter().map(label).collect()
}

fn missing(portal: &Portal, from: &(String, String), to: &(String, String)) -> Option<Refusal> {
    let is_there =
        |(object, id): &(String, String)| portal.table(object).is_ok_and(|table| table.find(None, id).is_some());
    if is_there(from) && is_there(to) {
        return None;
    }
    let message = format!("One or both of the records {} {} and {} {} do not exist", from.0, from.1, to.0, to.1);
    Some(Refusal::not_found(message).with_context("fromObjectId", &[&from.1]).with_context("toObjectId", &[&to.1]))
}

fn made(from: &(String, String), to: &(String, String), labels: &[Label], is_labelled: bool) -> Value {
    if is_labelled {
        let names: Vec<&str> = labels.iter().filter_map(|label| label.name.as_deref()).collect();
        return json!({
            "fromObjectTypeId": from.0, "fromObjectId": from.1, "toObjectTypeId": to.0, "toObjectId": to.1, "labels": names
        });
    }
    let spec = labels
        .iter()
        .map(|label| json!({ "associationCategory": label.category(), "associationTypeId": label.type_id }));
    json!({ "from": { "id": from.1 }, "to": { "id": to.1 }, "associationSpec": spec.collect::<Vec<_>>().first() })
}
