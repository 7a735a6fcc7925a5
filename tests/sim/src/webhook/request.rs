//! What is read from a request before its content is judged.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The key under which a request is known when it comes again.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok())
}

pub(super) fn is_ndjson(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("application/x-ndjson")
}

/// A body that says it is NDJSON.
pub(super) fn ndjson(headers: &HeaderMap) -> Result<(), Refusal> {
    if is_ndjson(headers) { Ok(()) } else { Err(unsupported("application/x-ndjson")) }
}

/// A body that is, and says it is, one JSON object.
pub(super) fn object(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    if !media_type(headers).eq_ignore_ascii_case("application/json") {
        return Err(unsupported("application/json"));
    }
    serde_json::from_slice(body).map_err(|_| Refusal::new(400, "invalid_json", "the body is no JSON object"))
}

fn unsupported(wanted: &str) -> Refusal {
    Refusal::new(415, "unsupported_media_type", format!("the body must be {wanted}"))
}

fn media_type(headers: &HeaderMap) -> &str {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim()
}
