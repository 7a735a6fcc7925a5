//! What a run is given.

use std::sync::Arc;

use offtake_core::batch::{Caps, Fields};
use offtake_core::choose::Selection;
use offtake_core::destination::WriteLimits;
use offtake_core::guard::Guards;
use offtake_core::mode::{Mode, NullPolicy, OnDelete, WritePolicy};
use offtake_core::policy::Policies;
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
    pub mode: Mode,
    /// What happens to records of removed rows.
    pub on_delete: OnDelete,
    /// Destination fields that identify a record.
    pub match_keys: Vec<String>,
    /// How fields are treated that are not just written.
    pub policies: Policies,
    /// Mapped fields whose values lock each other at the destination.
    pub partition: Vec<String>,
    /// Fewer rows a call than the destination takes.
    pub batch_rows: Option<u32>,
    /// Fewer calls at once than the destination takes.
    pub concurrency: Option<u16>,
    /// What needs a person's approval.
    pub guards: Guards,
    /// Which rows are asked for.
    pub selection: Selection,
    /// Plans that a person has approved.
    pub approved: Vec<String>,
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

    /// Whether something of each delivered row is kept, because it may have to be removed.
    pub(crate) fn keeps(&self) -> bool {
        self.on_delete != OnDelete::Ignore
    }

    /// Fields that are left out where they are null.
    pub(crate) fn skip_nulls(&self) -> Vec<String> {
        let skipped = self.policies.iter().filter(|(_, policy)| policy.null == NullPolicy::Skip);
        skipped.map(|(field, _)| field.clone()).collect()
    }

    /// Whether a change of this field is a change of its row: what is only written on creation never is.
    pub(crate) fn counts_as_change(&self, field: &str) -> bool {
        self.policies.get(field).is_none_or(|policy| policy.write != WritePolicy::OnCreate)
    }

    /// Which fields of a row are written.
    pub(crate) fn fields<'a>(&'a self, skip_nulls: &'a [String]) -> Fields<'a> {
        Fields { match_keys: &self.match_keys, skip_nulls, partition: &self.partition }
    }
}
