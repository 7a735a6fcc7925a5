//! Replies, in the shapes that Braze gives them.

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    pub(super) fn new(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "message": message }) }
    }

    pub(super) fn bad(message: &str) -> Self {
        Self::new(400, message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(404, message)
    }

    /// With what is wrong with each object.
    pub(super) fn with_errors(message: &str, errors: Vec<Value>) -> Self {
        Self { status: 400, body: json!({ "message": message, "errors": errors }) }
    }

    /// Of a catalog: a code, words, and the parameters that they are about.
    pub(super) fn catalog(status: u16, id: &str, message: &str, parameter: &str, values: &[String]) -> Self {
        let error = json!({ "id": id, "message": message, "parameters": [parameter], "parameter_values": values });
        Self { status, body: json!({ "message": "Invalid Request", "errors": [error] }) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.body)).into_response()
    }
}

pub(super) type Answer = Result<Response, Refusal>;

pub(super) fn created(body: Value) -> Answer {
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(super) fn accepted() -> Answer {
    Ok((StatusCode::ACCEPTED, Json(json!({ "message": "success" }))).into_response())
}

/// A body that must be a JSON object.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::bad("Bad Request")),
    }
}

/// A list that may be absent; a list of anything else is refused.
pub(super) fn list<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Refusal::bad(&format!("'{name}' must be an array"))),
    }
}
