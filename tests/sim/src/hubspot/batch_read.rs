//! `batch/read`: several records by id or by a unique property.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::batch::{check_id_property, finish, objects_not_found};
use super::error::Refusal;
use super::request::Query;
use super::{HubSpot, request, view};
use crate::{clock, lock};

pub(super) async fn read(
    State(shared): State<Arc<HubSpot>>,
    Path(object): Path<String>,
    query: axum::extract::Query<Vec<(String, String)>>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let started = clock::now();
    let archived = Query(query.0).flag("archived");
    let body = request::object(&body)?;
    let inputs = request::inputs(&body)?;
    let asked = request::texts(&body, "properties");
    let id_property = request::text_if(&body, "idProperty");
    let portal = lock(&shared.portal);
    let table = portal.table(&object)?;
    check_id_property(table, id_property)?;
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in inputs {
        let id = request::text(input, "id")?;
        let found = match id_property {
            // An archived record has given up its unique values and is only known by its id.
            None if archived => id.parse().ok(),
            _ => table.find(id_property, id).filter(|_| !archived),
        };
        let record = found.and_then(|id| table.get(id)).filter(|record| record.archived == archived);
        match (found, record) {
            (Some(id), Some(record)) => results.push((id, view::read(&table.object, record, &asked))),
            _ => missing.push(id),
        }
    }
    let errors = objects_not_found(table, &missing).map(|refusal| refusal.into_item(None));
    Ok(finish(StatusCode::OK, started, results, errors.into_iter().collect()))
}
