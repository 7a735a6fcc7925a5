//! What is remembered of a sync between runs.

use async_trait::async_trait;

use crate::Fault;
use crate::digest::{KeyDigest, RowDigest};
use crate::known::Known;
use crate::run::{Reject, RunRecord};

/// What is kept of a delivered row besides its digests, where the sync may have to remove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The match fields as a JSON object.
    pub match_values: String,
    /// The vendor's id.
    pub remote_id: Option<String>,
}

/// What has become true of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The destination acknowledged these values.
    Delivered {
        /// Which row.
        key: KeyDigest,
        /// Which values.
        digest: RowDigest,
        /// What has to be kept of it.
        kept: Option<Kept>,
    },
    /// The destination has it no more, or it is no longer this sync's.
    Gone {
        /// Which row.
        key: KeyDigest,
    },
    /// The destination refused it.
    Rejected {
        /// Which row; none when it has no key.
        key: Option<KeyDigest>,
        /// Why.
        reject: Reject,
    },
}

/// The state of one sync, open for one run.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Ties the state to the place that rows are delivered to; refuses when it is tied to another.
    async fn bind(&self, target: &str) -> Result<(), Fault>;

    /// Everything that is acknowledged.
    async fn known(&self) -> Result<Known, Fault>;

    /// Makes room for `rows` acknowledged rows; `keeps` when something is kept of each.
    async fn reserve(&self, rows: u64, keeps: bool) -> Result<(), Fault>;

    /// What is kept of these rows, in their order.
    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault>;

    /// Makes this true on disk before it returns.
    async fn commit(&self, settled: Vec<Settled>) -> Result<(), Fault>;

    /// Keeps the run's record. After a run that tried every row, rejects that it did not meet leave the list.
    async fn finish(&self, record: &RunRecord) -> Result<(), Fault>;

    /// The reject list.
    async fn rejects(&self) -> Result<Vec<Reject>, Fault>;
}
