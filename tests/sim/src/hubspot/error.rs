//! Refusals, in the shape that HubSpot gives them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::ident;

pub(super) const CORRELATION: HeaderName = HeaderName::from_static("x-hubspot-correlation-id");

/// A refused request, or one refused record of a batch.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Map<String, Value>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, category: &str, message: impl Into<String>) -> Self {
        Self::uncategorised(status, message).with("category", json!(category))
    }

    fn uncategorised(status: StatusCode, message: impl Into<String>) -> Self {
        let refusal = Self { status, body: Map::new() };
        refusal.with("status", json!("error")).with("message", json!(message.into()))
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
    }

    /// A body that could not be read into the expected form. HubSpot gives these no category.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::uncategorised(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.body.insert(key.to_owned(), value);
        self
    }

    pub(super) fn with_context(mut self, key: &str, values: &[impl AsRef<str>]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        let context = self.body.entry("context").or_insert_with(|| json!({}));
        if let Some(context) = context.as_object_mut() {
            context.insert(key.to_owned(), json!(values));
        }
        self
    }

    /// As an element of `errors` in a reply of status 207.
    pub(super) fn into_item(self, trace: Option<&str>) -> Value {
        let named = match trace {
            Some(trace) => self.with_context("objectWriteTraceId", &[trace]),
            None => self,
        };
        Value::Object(named.body)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let correlation = ident::uuid();
        let Self { status, body } = self.with("correlationId", json!(correlation));
        let mut response = (status, Json(body)).into_response();
        if let Ok(value) = HeaderValue::from_str(&correlation) {
            response.headers_mut().insert(CORRELATION, value);
        }
        response
    }
}
