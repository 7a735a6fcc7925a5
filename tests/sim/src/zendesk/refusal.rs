//! Refusals, in the shapes that Zendesk gives them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::details::Details;
use crate::answer::crossed;

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    body: Body,
    retry_after: Option<u64>,
    limit: bool,
}

#[derive(Debug)]
enum Body {
    Json(Value),
    Text(&'static str),
}

impl Refusal {
    fn json(status: u16, body: Value) -> Self {
        Self { status, body: Body::Json(body), retry_after: None, limit: false }
    }

    pub(super) fn plain(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, json!({ "error": error, "description": description }))
    }

    pub(super) fn not_found() -> Self {
        Self::plain(404, "RecordNotFound", "Not found")
    }

    pub(super) fn no_endpoint() -> Self {
        Self::plain(404, "InvalidEndpoint", "Not found")
    }

    /// A record that breaks rules.
    pub(super) fn invalid(details: &Details) -> Self {
        Self::json(
            422,
            json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": details.json() }),
        )
    }

    /// Recorded, with the two blanks.
    pub(super) fn too_many_values() -> Self {
        let description = "Parameter  cannot specify more than 100 values";
        Self::json(400, json!({ "error": "TooManyValues", "description": description, "max_count": 100 }))
    }

    /// A parameter of another type than the endpoint takes.
    pub(super) fn attribute(place: &str, wanted: &str, endpoint: &str) -> Self {
        let message = format!(
            "You passed an invalid value for the {place} attribute. Invalid parameter: {place} must be {wanted} from {endpoint}"
        );
        Self::json(400, json!({ "error": { "title": "Invalid attribute", "message": message } }))
    }

    /// A parameter that has to be there.
    pub(super) fn missing(place: &str, endpoint: &str) -> Self {
        let message = format!("Required parameter missing: {place} from {endpoint}");
        Self::json(400, json!({ "error": { "title": "Invalid attribute", "message": message } }))
    }

    pub(super) fn unreadable() -> Self {
        let message = "Invalid JSON in request body";
        Self::json(400, json!({ "error": "Unprocessable JSON", "message": message }))
    }

    pub(super) fn unauthenticated() -> Self {
        Self::json(401, json!({ "error": "Couldn't authenticate you" }))
    }

    pub(super) fn invalid_token() -> Self {
        let description = "The access token provided is expired, revoked, malformed or invalid for other reasons.";
        Self::json(401, json!({ "error": "invalid_token", "error_description": description }))
    }

    /// Of the endpoint that gives out tokens.
    pub(super) fn grant(error: &str, description: &str) -> Self {
        Self::json(400, json!({ "error": error, "error_description": description }))
    }

    pub(super) fn forbidden() -> Self {
        let message =
            "You do not have access to this page. Please contact the account owner of this help desk for further help.";
        Self::json(403, json!({ "error": { "title": "Forbidden", "message": message } }))
    }

    fn limited(status: u16, error: &str, description: &str, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), limit: true, ..Self::plain(status, error, description) }
    }

    pub(super) fn too_many_requests(seconds: u64) -> Self {
        Self::limited(429, "APIRateLimitExceeded", "Number of allowed API requests per minute exceeded", seconds)
    }

    pub(super) fn too_many_jobs() -> Self {
        Self::limited(429, "TooManyJobs", "Too many jobs are queued or running. Please try again later.", 10)
    }

    /// Recorded as text, where every other refusal is JSON.
    pub(super) fn too_many_updates(seconds: u64) -> Self {
        let body =
            Body::Text("You have exceeded the rate limit for updating a single unique user. Please try again later.");
        Self { status: 429, body, retry_after: Some(seconds), limit: true }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match self.body {
            Body::Json(body) => (status, Json(body)).into_response(),
            Body::Text(text) => {
                (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))], text).into_response()
            }
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.limit { crossed(response) } else { response }
    }
}
