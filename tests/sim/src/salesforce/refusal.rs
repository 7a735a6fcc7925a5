//! Refusals: of a whole request, as a list with one error, and of one record.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::answer::crossed;

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    fields: Option<Vec<String>>,
    limit: bool,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: None, limit: false }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(super) fn no_object(name: &str) -> Self {
        Self::new(400, "INVALID_TYPE", format!("sObject type '{name}' is not supported."))
    }

    pub(super) fn no_column(field: &str, object: &str) -> Self {
        Self::new(400, "INVALID_FIELD", format!("No such column '{field}' on sobject of type {object}"))
    }

    pub(super) fn parser(message: impl Into<String>) -> Self {
        Self::new(400, "JSON_PARSER_ERROR", message)
    }

    pub(super) fn expired() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(super) fn quota() -> Self {
        Self { limit: true, ..Self::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.") }
    }

    pub(super) fn method(method: &str) -> Self {
        Self::new(405, "METHOD_NOT_ALLOWED", format!("HTTP Method '{method}' not allowed. Allowed are others"))
    }
}

impl Refusal {
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// As an element of the list.
    pub(super) fn json(&self) -> Value {
        let mut error = json!({"message": self.message, "errorCode": self.code});
        if let (Some(fields), Some(error)) = (&self.fields, error.as_object_mut()) {
            error.insert("fields".to_owned(), json!(fields));
        }
        error
    }
}

/// A record that is refused where it is the only one of the request.
impl From<DmlError> for Refusal {
    fn from(error: DmlError) -> Self {
        let status = if error.code == "ENTITY_IS_DELETED" { 404 } else { 400 };
        Self { fields: Some(error.fields), ..Self::new(status, error.code, error.message) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let response = (status, Json(Value::Array(vec![self.json()]))).into_response();
        if self.limit { crossed(response) } else { response }
    }
}

/// Why one record was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DmlError {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
}

impl DmlError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new() }
    }

    pub(super) fn on(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    /// As an element of `errors`.
    pub(super) fn json(&self) -> Value {
        json!({"statusCode": self.code, "message": self.message, "fields": self.fields})
    }

    /// As the cell `sf__Error` of a result file.
    pub(super) fn text(&self) -> String {
        let fields = if self.fields.is_empty() { "--".to_owned() } else { format!("{} --", self.fields.join(",")) };
        format!("{}:{}:{fields}", self.code, self.message)
    }
}
