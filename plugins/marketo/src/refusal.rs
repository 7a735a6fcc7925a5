//! Reads refusals, which Marketo answers with status 200: "Error Codes" of the REST API's documentation.

use offtake_sdk::{CallFailure, Detail, Failure, Response};
use serde::Deserialize;

/// Marketo names no time. A day's quota comes back at midnight of US Central: nothing is won by asking every second until then.
const DAILY_WAIT_MS: u64 = 60 * 60 * 1_000;

/// An import ahead in the queue takes a minute or two, and each question about the queue is a whole file.
const IMPORTS_WAIT_MS: u64 = 30_000;

#[derive(Debug, Deserialize)]
struct Body {
    success: bool,
    #[serde(default)]
    errors: Vec<Reason>,
}

/// A code and its words: of a request, and of a record.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reason {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
}

impl Reason {
    pub(crate) fn detail(&self) -> Detail {
        let detail = Detail::new(format!("marketo_{}", self.code), &self.message);
        match quoted_field(&self.message) {
            Some(field) => detail.with_field(field),
            None => detail,
        }
    }
}

/// The refusal in an answer of status 200, if it is one. What is no JSON is for others to read.
pub(crate) fn read(response: &Response) -> Option<CallFailure> {
    let body: Body = serde_json::from_slice(response.body()).ok()?;
    if body.success {
        return None;
    }
    match body.errors.first() {
        Some(reason) => Some(failure(reason)),
        None => Some(CallFailure::unreadable("Marketo refused the request without a reason")),
    }
}

/// "A 6xx code indicates that the entire request was not executed."
fn failure(reason: &Reason) -> CallFailure {
    let detail = reason.detail();
    let limited = |scope: &str, wait_ms: Option<u64>| {
        Failure::rate_limited(wait_ms, Some(scope.to_owned()), detail.clone()).without_effect()
    };
    match reason.code.as_str() {
        "601" | "602" => Failure::Auth(detail).without_effect(),
        "603" | "614" | "616" | "703" | "1018" => Failure::Forbidden(detail).without_effect(),
        "606" => limited("rate", None),
        "607" => limited("daily", Some(DAILY_WAIT_MS)),
        "615" => limited("concurrency", None),
        "1016" | "1019" | "1029" => limited("imports", Some(IMPORTS_WAIT_MS)),
        "608" => Failure::Transient(detail).without_effect(),
        // A request that ran too long or broke down inside may have done a part before.
        "502" | "604" | "611" | "713" | "719" | "1014" | "1022" => Failure::Transient(detail).with_unknown_effect(),
        "610" | "1006" | "1011" | "1013" => Failure::SchemaChanged(detail).without_effect(),
        "413" => Failure::TooLarge(detail).without_effect(),
        _ => Failure::Unattributed(detail).without_effect(),
    }
}

/// The field in "Invalid value for field 'x' and value 'y'" and "Field 'x' not found".
fn quoted_field(message: &str) -> Option<&str> {
    let lower = message.to_ascii_lowercase();
    let at = lower.find("field '")?;
    message.get(at..)?.split('\'').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_field() {
        for (message, field) in [
            ("Invalid value for field 'email_field' and value 'bademail'", Some("email_field")),
            ("Field 'shoe' not found", Some("shoe")),
            ("Lead not found", None),
        ] {
            assert_eq!(quoted_field(message), field);
        }
    }
}
