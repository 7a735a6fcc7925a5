//! The simulator's own routes under `/_sim`, which need no token and are not in the journal.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::{Entry, Fault, Record, Shared, lock};

/// Adds faults to the script: a JSON array of them.
pub(super) async fn faults(State(shared): State<Arc<Shared>>, Json(faults): Json<Vec<Fault>>) -> StatusCode {
    lock(&shared.faults).extend(faults);
    StatusCode::NO_CONTENT
}

pub(super) async fn journal(State(shared): State<Arc<Shared>>) -> Json<Vec<Entry>> {
    Json(lock(&shared.journal).entries())
}

pub(super) async fn records(State(shared): State<Arc<Shared>>, object: Path<String>) -> Json<Vec<Record>> {
    Json(lock(&shared.portal).records(&object))
}
