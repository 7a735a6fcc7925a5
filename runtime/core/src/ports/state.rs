//! What is remembered of a sync between runs.

use async_trait::async_trait;

use crate::Fault;
use crate::destination::OutcomeKind;
use crate::digest::{KeyDigest, RowDigest};
use crate::known::Known;
use crate::object::Operation;
use crate::run::{Reject, RunId, RunRecord};

/// What is kept of a delivered row besides its digests, where the sync may have to remove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The match fields as a JSON object.
    pub match_values: String,
    /// The vendor's id.
    pub remote_id: Option<String>,
}

/// A row that is about to be sent. Until it is settled nobody knows whether the destination has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which row.
    pub key: KeyDigest,
    /// What is done to it.
    pub operation: Operation,
    /// With which values.
    pub digest: RowDigest,
    /// The run that tried it first; part of its idempotency key.
    pub run: RunId,
    /// What has to be kept of it, so that it can be removed although nobody acknowledged it.
    pub kept: Option<Kept>,
}

/// What has become true of a row. Each settles the row's intent, except where it is said to stay in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The destination acknowledged these values.
    Delivered {
        /// Which row.
        key: KeyDigest,
        /// Which values.
        digest: RowDigest,
        /// What the destination did.
        outcome: OutcomeKind,
        /// What has to be kept of it.
        kept: Option<Kept>,
    },
    /// The destination has it no more, or it is no longer this sync's.
    Gone {
        /// Which row.
        key: KeyDigest,
        /// What the destination did; none when it was not asked.
        outcome: Option<OutcomeKind>,
    },
    /// The destination refused it.
    Rejected {
        /// Which row; none when it has no key.
        key: Option<KeyDigest>,
        /// Why.
        reject: Reject,
        /// Whether an earlier attempt at it had an unknown outcome.
        in_doubt: bool,
    },
    /// Nothing of it reached the destination.
    Unsent {
        /// Which row.
        key: KeyDigest,
    },
}

/// A row of the reject list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which row; none when it has no key.
    pub key: Option<KeyDigest>,
    /// Why.
    pub reject: Reject,
}

/// The state of one sync, open for one run.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Ties the state to the place that rows are delivered to; refuses when it is tied to another.
    async fn bind(&self, target: &str) -> Result<(), Fault>;

    /// Everything that is acknowledged, with what is in doubt marked.
    async fn known(&self) -> Result<Known, Fault>;

    /// Rows whose outcome nobody knows, in the order of their keys: an earlier run broke off, or gave up on them.
    async fn in_doubt(&self) -> Result<Vec<Intent>, Fault>;

    /// Makes room for `rows` acknowledged rows; `keeps` when something is kept of each.
    async fn reserve(&self, rows: u64, keeps: bool) -> Result<(), Fault>;

    /// What is kept of these rows, in their order: of an acknowledged row, else of the intent to send it.
    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault>;

    /// Makes all of this true on disk before it returns: what became of rows, and which are sent next.
    async fn commit(&self, run: RunId, settled: Vec<Settled>, next: Vec<Intent>) -> Result<(), Fault>;

    /// Keeps the run's record. After a run that tried every row, rejects that it did not meet leave the list.
    async fn finish(&self, record: &RunRecord) -> Result<(), Fault>;

    /// The reject list.
    async fn rejects(&self) -> Result<Vec<Listed>, Fault>;
}
