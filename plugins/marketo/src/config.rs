//! The connection's configuration, and what one call takes.

use offtake_sdk::{CallFailure, Limits, Operation, operation_name};
use serde::Deserialize;

use crate::kind::Kind;

/// "Max 300 records" a call: leads, lists and objects alike.
pub(crate) const INPUTS_MAX: usize = 300;

/// "Max 1 MB" of a request, less its envelope.
pub(crate) const BODY_BYTES_MAX: usize = 1_000_000;

/// A bulk import may have 10 MB. A batch of this size is text, CSV and results in one instance.
const BATCH_BYTES_MAX: u32 = 4 * 1024 * 1024;
const BATCH_ROWS_MAX: u32 = 10_000;

/// Calls of one batch that are under way at once. With two batches this leaves a fifth of the ten that an instance takes to others.
pub(crate) const IN_FLIGHT_MAX: u16 = 4;
const CALLS_AT_ONCE_MAX: u16 = 2;

/// "100 calls per 20 seconds", for all users of an instance together.
const RATE: (u32, u32) = (100, 20_000);

/// The connection's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Batches of more leads go as one bulk import, where that can say the same.
    #[serde(default = "bulk_above")]
    pub(crate) bulk_above: usize,
    #[serde(default)]
    pub(crate) partition: Option<String>,
}

/// An import is queued behind those of others and takes a minute or two, as long as ten calls of 300.
fn bulk_above() -> usize {
    3_000
}

/// What one call takes. Only an upsert of leads can go as an import; other batches are one call, so that as little as possible is
/// in doubt at once.
pub(crate) fn limits(kind: &Kind, operation: Operation) -> Result<Limits, CallFailure> {
    if !kind.takes(operation) {
        let message = format!("this object of Marketo cannot take `{}`", operation_name(operation));
        return Err(CallFailure::misconfigured("operation_unsupported", message));
    }
    let limits = match (kind, operation) {
        (Kind::Leads, Operation::Upsert) => Limits::rows(BATCH_ROWS_MAX).bytes(BATCH_BYTES_MAX),
        _ => Limits::rows(INPUTS_MAX as u32).bytes(BODY_BYTES_MAX as u32),
    };
    Ok(limits.concurrency(CALLS_AT_ONCE_MAX).rate(RATE.0, RATE.1))
}
