//! The envelope of every answer. Refusals come with status 200.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::answer::crossed;
use crate::ident;

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal {
    code: &'static str,
    message: String,
    limit: bool,
}

/// Why a record was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// What a call answers: the members of its envelope beside `requestId` and `success`.
pub(super) type Answer = Result<Value, Refusal>;

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), limit: false }
    }

    pub(super) fn limit(code: &'static str, message: impl Into<String>) -> Self {
        Self { limit: true, ..Self::new(code, message) }
    }

    pub(super) fn not_found() -> Self {
        Self::new("610", "Requested resource not found")
    }
}

impl Reason {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn json(&self) -> Value {
        json!([{"code": self.code, "message": self.message}])
    }
}

/// As recorded: two hexadecimal numbers.
fn request_id() -> String {
    let number = ident::mix(ident::uuid().bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)));
    format!("{:x}#17d4f{:06x}", number & 0x1_ffff, (number >> 20) & 0xff_ffff)
}

/// The envelope around the members of an answer.
pub(super) fn envelope(members: Value) -> Response {
    let mut envelope = members;
    if let Some(envelope) = envelope.as_object_mut() {
        envelope.insert("requestId".to_owned(), json!(request_id()));
        envelope.insert("success".to_owned(), json!(true));
    }
    (StatusCode::OK, Json(envelope)).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let errors = json!([{"code": self.code, "message": self.message}]);
        let body = json!({"requestId": request_id(), "success": false, "errors": errors});
        let response = (StatusCode::OK, Json(body)).into_response();
        if self.limit { crossed(response) } else { response }
    }
}
