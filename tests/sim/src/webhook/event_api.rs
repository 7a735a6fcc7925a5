//! The call that takes events.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::Refusal;
use super::{Webhook, event, request};
use crate::lock;

pub(super) async fn take(
    State(webhook): State<Arc<Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    request::ndjson(&headers)?;
    let events = event::read(&body)?;
    if events.is_empty() {
        return Err(Refusal::new(422, "empty_batch", "there is no event"));
    }
    if events.len() > webhook.batch_max {
        let message = format!("more than {} events", webhook.batch_max);
        return Err(Refusal::new(413, "too_many_events", message));
    }
    let accepted = json!({ "accepted": events.len() });
    lock(&webhook.store).add_events(events);
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}
