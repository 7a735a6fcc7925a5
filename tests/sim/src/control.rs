//! The simulator's own routes under `/_sim`, which need no token and are not in the journal, beside the vendor's.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::gate::{Gate, guard};
use crate::vendor::Vendor;
use crate::{Entry, Fault, lock};

/// The vendor's routes behind the gate, those outside it, and the simulator's own.
pub(crate) fn router<V: Vendor>(gate: &Arc<Gate<V>>) -> Router {
    let controls = Router::new()
        .route("/faults", post(faults::<V>))
        .route("/journal", get(journal::<V>))
        .route("/records/{object}", get(records::<V>))
        .route("/limits", get(limits::<V>))
        .route("/expire-token", post(expire_token::<V>))
        .with_state(Arc::clone(gate));
    Arc::clone(&gate.vendor)
        .routes()
        .layer(from_fn_with_state(Arc::clone(gate), guard::<V>))
        .merge(Arc::clone(&gate.vendor).open_routes())
        .nest("/_sim", controls)
        // The gate has a limit of its own, taken from the options.
        .layer(DefaultBodyLimit::disable())
}

/// Adds faults to the script: a JSON array of them.
async fn faults<V: Vendor>(State(gate): State<Arc<Gate<V>>>, Json(faults): Json<Vec<Fault>>) -> StatusCode {
    lock(&gate.faults).extend(faults);
    StatusCode::NO_CONTENT
}

async fn journal<V: Vendor>(State(gate): State<Arc<Gate<V>>>) -> Json<Vec<Entry>> {
    Json(lock(&gate.journal).entries())
}

async fn records<V: Vendor>(State(gate): State<Arc<Gate<V>>>, object: Path<String>) -> Json<Vec<V::Record>> {
    Json(gate.vendor.records(&object))
}

async fn limits<V: Vendor>(State(gate): State<Arc<Gate<V>>>) -> Json<Value> {
    Json(json!({ "crossed": gate.crossed() }))
}

async fn expire_token<V: Vendor>(State(gate): State<Arc<Gate<V>>>) -> StatusCode {
    gate.vendor.expire_token();
    StatusCode::NO_CONTENT
}
