//! `/crm/lists/{version}`: making and finding lists, and who is on them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::Refusal;
use super::list::List;
use super::portal::Portal;
use super::{HubSpot, request};
use crate::lock;

/// The most lists in a page of a search.
const PAGE_MAX: u64 = 500;

type Reply = Result<Response, Refusal>;

pub(super) async fn create(State(shared): State<Arc<HubSpot>>, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let name = request::text(&body, "name")?.to_owned();
    let processing = request::text(&body, "processingType")?.to_owned();
    if !["MANUAL", "SNAPSHOT", "DYNAMIC"].contains(&processing.as_str()) {
        return Err(Refusal::validation(format!("'{processing}' is not a processing type")));
    }
    let mut portal = lock(&shared.portal);
    let type_id = portal.table(request::text(&body, "objectTypeId")?)?.object.type_id.clone();
    if portal.lists.iter().any(|list| list.name == name && list.type_id == type_id) {
        return Err(Refusal::validation(format!("A list with the name '{name}' already exists")));
    }
    let list = List { id: portal.next_list_id(), name, type_id, processing, members: Default::default() };
    let shown = list.describe();
    portal.lists.push(list);
    Ok(Json(json!({ "list": shown })).into_response())
}

pub(super) async fn search(State(shared): State<Arc<HubSpot>>, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let wanted = request::texts(&body, "processingTypes");
    let number = |key: &str, otherwise| body.get(key).and_then(Value::as_u64).unwrap_or(otherwise);
    let (offset, count) = (number("offset", 0), number("count", 20).min(PAGE_MAX));
    let portal = lock(&shared.portal);
    let fits = |list: &&List| wanted.is_empty() || wanted.contains(&list.processing);
    let found: Vec<&List> = portal.lists.iter().filter(fits).collect();
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let page: Vec<Value> = found.iter().skip(skipped).zip(0..count).map(|(list, _)| list.describe()).collect();
    let next = offset + page.len() as u64;
    let total = found.len() as u64;
    Ok(Json(json!({ "offset": next, "hasMore": next < total, "lists": page, "total": total })).into_response())
}

pub(super) async fn add(State(shared): State<Arc<HubSpot>>, list: Path<String>, body: Bytes) -> Reply {
    let Changed { done, missing } = change(&shared, &list, &body, |list, id| list.members.insert(id))?;
    let reply = json!({ "recordsIdsAdded": done, "recordIdsRemoved": [], "recordIdsMissing": missing });
    Ok(Json(reply).into_response())
}

pub(super) async fn remove(State(shared): State<Arc<HubSpot>>, list: Path<String>, body: Bytes) -> Reply {
    let Changed { done, missing } = change(&shared, &list, &body, |list, id| list.members.remove(&id))?;
    let reply = json!({ "recordsIdsAdded": [], "recordIdsRemoved": done, "recordIdsMissing": missing });
    Ok(Json(reply).into_response())
}

/// Ids whose membership changed, and those of no record.
struct Changed {
    done: Vec<String>,
    missing: Vec<String>,
}

fn change(
    shared: &HubSpot,
    called: &str,
    body: &Bytes,
    change: impl Fn(&mut List, u64) -> bool,
) -> Result<Changed, Refusal> {
    let ids = ids(body)?;
    let mut portal = lock(&shared.portal);
    let place = place(&portal, called)?;
    let type_id = portal.lists.get(place).map(|list| list.type_id.clone()).unwrap_or_default();
    let table = portal.table(&type_id)?;
    let (there, missing): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| table.find(None, id).is_some());
    let missing: Vec<String> = missing.into_iter().cloned().collect();
    let there: Vec<u64> = there.into_iter().filter_map(|id| id.parse().ok()).collect();
    let list = portal.lists.get_mut(place).ok_or_else(|| unknown(called))?;
    let done = there.into_iter().filter(|id| change(list, *id)).map(|id| id.to_string()).collect();
    Ok(Changed { done, missing })
}

/// A JSON list of record ids, as texts or numbers.
fn ids(body: &Bytes) -> Result<Vec<String>, Refusal> {
    let malformed = || Refusal::malformed("Invalid input JSON on line 1, column 1: a list of record ids is expected");
    let list: Vec<Value> = serde_json::from_slice(body).map_err(|_| malformed())?;
    let id = |id: &Value| match id {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(malformed()),
    };
    list.iter().map(id).collect()
}

fn place(portal: &Portal, called: &str) -> Result<usize, Refusal> {
    let place = portal.lists.iter().position(|list| list.id.to_string() == called).ok_or_else(|| unknown(called))?;
    match portal.lists.get(place) {
        Some(list) if list.takes_members() => Ok(place),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "VALIDATION_ERROR",
            format!("List {called} is processed by its filters: its members cannot be changed"),
        )),
    }
}

fn unknown(called: &str) -> Refusal {
    Refusal::not_found(format!("List does not exist with ID {called}."))
}
