//! One record at a time, and the list of all.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::batch::check_id_property;
use super::error::Refusal;
use super::request::Query;
use super::store::Table;
use super::write::{Planner, Target};
use super::{HubSpot, request, view};
use crate::lock;

/// The most records on a page of the list.
const PAGE_MAX: usize = 100;
const PAGE_DEFAULT: usize = 10;

type QueryPairs = axum::extract::Query<Vec<(String, String)>>;
type Reply = Result<Response, Refusal>;

pub(super) async fn create(State(shared): State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Reply {
    let body = request::object(&body)?;
    let given = request::properties(&body)?;
    let mut portal = lock(&shared.portal);
    let portal_id = portal.id;
    let table = portal.table_mut(&object)?;
    let plan = Planner::new(table, portal_id).plan(Target::New, &given)?;
    let id = plan.commit(table);
    let shown = table.get(id).map(view::created);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

pub(super) async fn read(
    State(shared): State<Arc<HubSpot>>,
    Path((object, id)): Path<(String, String)>,
    query: QueryPairs,
) -> Reply {
    let query = Query(query.0);
    let asked = query.list("properties");
    let portal = lock(&shared.portal);
    let table = portal.table(&object)?;
    let found = if query.flag("archived") {
        let record = id.parse().ok().and_then(|id| table.get(id));
        record.filter(|record| record.archived).ok_or_else(|| not_found(&id))?
    } else {
        let number = locate(table, &id, query.first("idProperty"))?;
        table.get(number).ok_or_else(|| not_found(&id))?
    };
    Ok(Json(view::read(&table.object, found, &asked)).into_response())
}

pub(super) async fn update(
    State(shared): State<Arc<HubSpot>>,
    Path((object, id)): Path<(String, String)>,
    query: QueryPairs,
    body: Bytes,
) -> Reply {
    let body = request::object(&body)?;
    let given = request::properties(&body)?;
    let query = Query(query.0);
    let mut portal = lock(&shared.portal);
    let portal_id = portal.id;
    let table = portal.table_mut(&object)?;
    let number = locate(table, &id, query.first("idProperty"))?;
    let plan = Planner::new(table, portal_id).plan(Target::Existing(number), &given)?;
    plan.commit(table);
    let shown = table.get(number).map(|record| view::updated(&table.object, record, &plan.values));
    Ok(Json(shown).into_response())
}

/// Archives the record; one that is not there makes no difference.
pub(super) async fn archive(State(shared): State<Arc<HubSpot>>, Path((object, id)): Path<(String, String)>) -> Reply {
    let mut portal = lock(&shared.portal);
    let table = portal.table_mut(&object)?;
    if let Ok(id) = id.parse() {
        table.archive(id);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Pages through the records in order of their ids.
pub(super) async fn list(
    State(shared): State<Arc<HubSpot>>,
    Path(object): Path<String>,
    query: QueryPairs,
    uri: Uri,
) -> Reply {
    let query = Query(query.0);
    let limit = page_size(query.first("limit"))?;
    let after = match query.first("after") {
        Some(after) => after.parse().map_err(|_| Refusal::validation(format!("{after} is not a valid cursor")))?,
        None => 0,
    };
    let asked = query.list("properties");
    let portal = lock(&shared.portal);
    let table = portal.table(&object)?;
    let mut records = table.starting_at(after, query.flag("archived"));
    let page: Vec<Value> =
        records.by_ref().take(limit).map(|(_, record)| view::read(&table.object, record, &asked)).collect();
    let mut body = json!({ "results": page });
    if let (Some((next, _)), Some(body)) = (records.next(), body.as_object_mut()) {
        let link = format!("https://api.hubapi.com{}?after={next}", uri.path());
        body.insert("paging".to_owned(), json!({ "next": { "after": next.to_string(), "link": link } }));
    }
    Ok(Json(body).into_response())
}

fn page_size(limit: Option<&str>) -> Result<usize, Refusal> {
    let Some(limit) = limit else {
        return Ok(PAGE_DEFAULT);
    };
    match limit.parse() {
        Ok(size) if (1..=PAGE_MAX).contains(&size) => Ok(size),
        _ => Err(Refusal::validation(format!("limit must be between 1 and {PAGE_MAX}, not {limit}"))),
    }
}

fn locate(table: &Table, id: &str, id_property: Option<&str>) -> Result<u64, Refusal> {
    check_id_property(table, id_property)?;
    table.find(id_property, id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Refusal {
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Refusal::not_found("resource not found");
    }
    Refusal::not_found("Object not found.  objectId are usually numeric.").with_context("id", &[id])
}
