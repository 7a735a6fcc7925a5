//! The connection's configuration, and what one call takes.

use offtake_sdk::{CallFailure, Limits, Operation, operation_name};
use serde::Deserialize;

/// "Up to 200 records": REST API guide, "sObject Collections".
pub(crate) const COLLECTION_ROWS_MAX: usize = 200;

/// As many as Salesforce puts into one of its own internal batches of a Bulk API 2.0 job, so that a job is one of them.
const BULK_ROWS_MAX: u32 = 10_000;

/// Rows of a job are held as text, as CSV and as result files; a job of this many bytes stays far below the 150 MB that
/// Salesforce takes and what an instance may hold.
const BATCH_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// Collections calls of one batch that are under way at once. With [`CALLS_AT_ONCE_MAX`] this stays below the 25 long requests
/// that an org may run at once ("API Request Limits and Allocations").
pub(crate) const IN_FLIGHT_MAX: u16 = 5;

const CALLS_AT_ONCE_MAX: u16 = 4;

/// The connection's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Batches of more rows go as a Bulk API 2.0 job. Salesforce advises Bulk API for more than 2,000 records.
    #[serde(default = "bulk_above")]
    pub(crate) bulk_above: usize,
}

fn bulk_above() -> usize {
    2_000
}

/// What one call takes. An insert has no key by which the rows of a result file could be told apart, so it goes by
/// Collections calls, whose results have the order of the rows, and a batch is one such call.
pub(crate) fn limits(operation: Operation) -> Result<Limits, CallFailure> {
    let rows = match operation {
        Operation::Insert => COLLECTION_ROWS_MAX as u32,
        Operation::Update | Operation::Upsert | Operation::Delete => BULK_ROWS_MAX,
        Operation::Append | Operation::MemberAdd | Operation::MemberRemove => return Err(unsupported(operation)),
    };
    Ok(Limits::rows(rows).bytes(BATCH_BYTES_MAX).concurrency(CALLS_AT_ONCE_MAX))
}

/// What Salesforce's objects do not have.
pub(crate) fn unsupported(operation: Operation) -> CallFailure {
    let message = format!("Salesforce's objects cannot take `{}`", operation_name(operation));
    CallFailure::misconfigured("operation_unsupported", message)
}
