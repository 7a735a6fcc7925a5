//! What a run is given.

use std::sync::Arc;

use offtake_core::batch::Caps;
use offtake_core::destination::WriteLimits;
use offtake_core::object::Operation;
use offtake_core::ports::{Clock, Destination, MappedModel, StateStore};

/// What is to be done.
#[derive(Debug, Clone)]
pub struct SyncSpec {
    /// Name of the sync.
    pub name: String,
    /// Names where rows go and how they are told apart; a state belongs to one such place.
    pub target: String,
    /// Kind of record.
    pub object: String,
    /// What is done with added and changed rows.
    pub operation: Operation,
    /// Whether records of removed rows are deleted.
    pub delete_removed: bool,
    /// Destination fields that identify a record.
    pub match_keys: Vec<String>,
    /// Fewer rows a call than the destination takes.
    pub batch_rows: Option<u32>,
    /// Fewer calls at once than the destination takes.
    pub concurrency: Option<u16>,
}

/// With what it is done.
#[derive(Clone)]
pub struct Ports {
    /// The model with its mapping.
    pub model: Arc<dyn MappedModel>,
    /// The connector with its connection.
    pub destination: Arc<dyn Destination>,
    /// What is acknowledged.
    pub state: Arc<dyn StateStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl SyncSpec {
    /// What goes into one call.
    pub(crate) fn caps(&self, limits: &WriteLimits) -> Caps {
        let rows = self.batch_rows.unwrap_or(u32::MAX).min(limits.max_rows).max(1);
        Caps { rows: rows as usize, bytes: limits.max_bytes as usize }
    }

    /// Calls at once.
    pub(crate) fn in_flight(&self, limits: &WriteLimits) -> usize {
        self.concurrency.unwrap_or(u16::MAX).min(limits.max_concurrency).max(1).into()
    }
}
