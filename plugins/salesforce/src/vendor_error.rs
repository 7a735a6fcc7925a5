//! Reads the body of an answer that refuses a whole request: a list with a code and a message.
//!
//! REST API guide, "Status Codes and Error Responses". The token endpoint's errors are the host's affair.

use offtake_sdk::{Response, VendorError};
use serde::Deserialize;

/// The daily allocation counts the last 24 hours, so that some of it comes back each hour.
const DAILY_WAIT_MS: u64 = 60 * 60 * 1000;

/// An element of the list. `message` and `errorCode` are recorded; `fields` is documented.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error_code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// Reads a refusal.
pub(crate) fn explain(response: &Response) -> VendorError {
    let bodies: Vec<ErrorBody> = serde_json::from_slice(response.body()).unwrap_or_default();
    let Some(body) = bodies.into_iter().next() else { return VendorError::default() };
    let limited = (body.error_code == "REQUEST_LIMIT_EXCEEDED").then(|| limit(&body.message));
    let (scope, retry_after_ms) = limited.map_or((None, None), |(scope, wait)| (Some(scope), wait));
    let treat_as = match body.error_code.as_str() {
        // The only quota there is says so with 403 and names no time.
        "REQUEST_LIMIT_EXCEEDED" => Some(429),
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => Some(401),
        // A field, object or external id that is not there is the fault of the mapping: every row shares it.
        "INVALID_FIELD" | "INVALID_TYPE" | "NOT_FOUND" => Some(404),
        "UNABLE_TO_LOCK_ROW" | "SERVER_UNAVAILABLE" | "QUERY_TIMEOUT" => Some(503),
        _ => None,
    };
    VendorError {
        field: body.fields.into_iter().next().or_else(|| unknown_column(&body.message).map(str::to_owned)),
        code: Some(body.error_code.to_ascii_lowercase()),
        message: (!body.message.is_empty()).then_some(body.message),
        scope,
        retry_after_ms,
        treat_as,
    }
}

/// As [`explain`], for a job: one that is not there says nothing about the object.
pub(crate) fn explain_job(response: &Response) -> VendorError {
    let error = explain(response);
    VendorError { treat_as: if response.status() == 404 { Some(400) } else { error.treat_as }, ..error }
}

/// Which limit was met, and the wait in milliseconds it asks for: "TotalRequests Limit exceeded." is the allocation of the last 24 hours,
/// "ConcurrentPerOrgLongTxn Limit exceeded." too many at once.
pub(crate) fn limit(message: &str) -> (String, Option<u64>) {
    if message.starts_with("Concurrent") {
        ("concurrent".to_owned(), None)
    } else {
        ("daily".to_owned(), Some(DAILY_WAIT_MS))
    }
}

/// The column in "No such column 'Shoe__c' on sobject of type Contact".
fn unknown_column(message: &str) -> Option<&str> {
    message.split_once("No such column '")?.1.split_once('\'').map(|(column, _)| column)
}
