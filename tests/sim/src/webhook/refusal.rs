//! What a refusal looks like.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A refused request, or one element of a batch.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None }
    }

    /// The value of a field is not as it must be.
    pub(super) fn of_field(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(422, code, message) }
    }

    /// The same, with where it stands in a body of several.
    pub(super) fn at_line(self, line: usize) -> Self {
        Self { message: format!("line {line}: {}", self.message), ..self }
    }

    /// `code`, `message` and, where there is one, `field`.
    pub(super) fn error(self) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(field) = self.field {
            error.insert("field".to_owned(), json!(field));
        }
        Value::Object(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "error": self.error() }))).into_response()
    }
}
