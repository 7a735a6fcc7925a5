//! What an error of one record means for its row.
//!
//! Codes are the `StatusCode` values of Salesforce's SOAP API; Collections and Bulk API 2.0 share them.

use offtake_sdk::{Batch, Detail, Failure, Operation, OutcomeKind, Report, Row};

use crate::vendor_error;

/// Why a record was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordError {
    /// Such as `REQUIRED_FIELD_MISSING`.
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) field: Option<String>,
}

/// Answers for a row whose record was refused.
pub(crate) fn settle(batch: &Batch, row: &Row, error: &RecordError, report: &mut Report) {
    if batch.operation() == Operation::Delete && is_gone(&error.code) {
        report.done(row, OutcomeKind::Deleted, row.remote_id().map(str::to_owned));
    } else {
        report.failed(row, failure(batch, error));
    }
}

/// What is to be deleted was deleted before: by id, or purged from the recycle bin.
fn is_gone(code: &str) -> bool {
    matches!(code, "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY")
}

fn failure(batch: &Batch, error: &RecordError) -> Failure {
    let detail = Detail {
        code: error.code.to_ascii_lowercase(),
        message: error.message.clone(),
        http_status: None,
        field: error.field.clone(),
    };
    match error.code.as_str() {
        // Another transaction has the record or its parent; a trigger may wrap that in an error of its own.
        "UNABLE_TO_LOCK_ROW"
        | "SERVER_UNAVAILABLE"
        | "QUERY_TIMEOUT"
        | "UNKNOWN_EXCEPTION"
        | "REQUEST_RUNNING_TOO_LONG"
        | "PROCESSING_HALTED"
        | "ALL_OR_NONE_OPERATION_ROLLED_BACK" => Failure::Transient(detail),
        _ if error.message.contains("UNABLE_TO_LOCK_ROW") => Failure::Transient(detail),
        "DUPLICATE_VALUE" if lost_a_race(batch, &error.message) => Failure::Transient(detail),
        "REQUEST_LIMIT_EXCEEDED" => {
            let (scope, retry_after_ms) = vendor_error::limit(&error.message);
            Failure::rate_limited(retry_after_ms, Some(scope), detail)
        }
        "INVALID_SESSION_ID" => Failure::Auth(detail),
        // Nothing more can be stored by anybody until an administrator has made room.
        "STORAGE_LIMIT_EXCEEDED" => Failure::Forbidden(detail),
        _ => Failure::Rejected(detail),
    }
}

/// An upsert whose key is "duplicated" was overtaken by another that created the record: the next attempt updates it. The
/// message is "duplicate value found: Ext__c duplicates value on record with id: …".
fn lost_a_race(batch: &Batch, message: &str) -> bool {
    let field = message.split_once("duplicate value found: ").and_then(|(_, rest)| rest.split_whitespace().next());
    batch.operation() == Operation::Upsert && field.is_some() && field == batch.match_key().ok()
}
