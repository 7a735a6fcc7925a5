//! What has become of rows, and making it true on disk in groups.

use std::collections::HashSet;
use std::sync::Arc;

use offtake_core::Fault;
use offtake_core::batch::{Batch, BatchRow, Reason, Unsendable};
use offtake_core::counts::Counts;
use offtake_core::destination::{Detail, Failure};
use offtake_core::diff::Invalid;
use offtake_core::digest::KeyDigest;
use offtake_core::ports::{Clock, Kept, Settled, StateStore};
use offtake_core::run::Reject;

use crate::{Event, Observer};

/// Rows that are committed together: an fsync costs as much as ten batches of a hundred rows take to write.
const GROUP_ROWS: usize = 1_000;

/// Keeps count and commits.
pub(crate) struct Ledger<'a> {
    pub(crate) counts: Counts,
    run: String,
    keeps: bool,
    state: Arc<dyn StateStore>,
    clock: Arc<dyn Clock>,
    observer: &'a dyn Observer,
    open: Vec<Settled>,
    delivered: u64,
    rejected: u64,
    /// Records that this run has written, where rows may be removed.
    alive: HashSet<String>,
}

impl<'a> Ledger<'a> {
    /// `keeps` when match values of delivered rows have to be kept.
    pub(crate) fn new(
        run: &str,
        counts: Counts,
        keeps: bool,
        ports: &crate::Ports,
        observer: &'a dyn Observer,
    ) -> Self {
        Self {
            counts,
            run: run.to_owned(),
            keeps,
            state: ports.state.clone(),
            clock: ports.clock.clone(),
            observer,
            open: Vec::new(),
            delivered: 0,
            rejected: 0,
            alive: HashSet::new(),
        }
    }

    /// Who is told.
    pub(crate) fn observer(&self) -> &'a dyn Observer {
        self.observer
    }

    /// The destination acknowledged a row.
    pub(crate) fn delivered(&mut self, row: &BatchRow, remote_id: Option<String>) {
        self.delivered += 1;
        let settled = match row.reason {
            Reason::Removed => Settled::Gone { key: row.key },
            Reason::Added | Reason::Changed => {
                if self.keeps
                    && let Some(id) = &remote_id
                {
                    self.alive.insert(id.clone());
                }
                let kept = Kept { match_values: row.match_values.clone(), remote_id };
                Settled::Delivered { key: row.key, digest: row.digest, kept: self.keeps.then_some(kept) }
            }
        };
        self.open.push(settled);
    }

    /// The destination refused a row for good.
    pub(crate) fn rejected(&mut self, batch: &Batch, row: &BatchRow, failure: &Failure) {
        let record = batch.line(row).trim_end().to_owned();
        let reject = self.reject(&row.match_values, record, failure.code(), failure.detail());
        let reject = Reject { operation: Some(batch.operation.as_str().to_owned()), ..reject };
        self.refuse(Some(row.key), reject);
    }

    /// A row could not be made into a request.
    pub(crate) fn unsendable(&mut self, row: &Unsendable) {
        let detail = Detail { message: row.message.clone(), ..Detail::default() };
        let reject = self.reject(&row.match_values, String::new(), "OFT-R003", &detail);
        self.refuse(Some(row.key), reject);
    }

    fn refuse(&mut self, key: Option<KeyDigest>, reject: Reject) {
        self.rejected += 1;
        self.open.push(Settled::Rejected { key, reject });
    }

    fn reject(&self, key: &str, record: String, code: &str, detail: &Detail) -> Reject {
        Reject {
            key: key.to_owned(),
            operation: None,
            code: code.to_owned(),
            vendor_code: detail.code.clone(),
            message: detail.message.clone(),
            field: detail.field.clone(),
            http_status: detail.http_status,
            record,
            run: self.run.clone(),
            runs: 1,
            first_seen_ms: self.clock.now_ms(),
        }
    }

    /// Rows that were set apart before sending, so that people see which.
    pub(crate) fn invalid(&mut self, rows: &[Invalid], match_keys: &[String]) {
        for row in rows {
            let record = row.record.trim_end().to_owned();
            let key = match_values(&record, match_keys);
            let detail = Detail { message: row.reason.message().to_owned(), ..Detail::default() };
            let reject = self.reject(&key, record, row.reason.code(), &detail);
            self.open.push(Settled::Rejected { key: row.key, reject });
        }
    }

    /// Rows that left the source and whose records stay.
    pub(crate) fn forget(&mut self, keys: impl Iterator<Item = KeyDigest>) {
        self.open.extend(keys.map(|key| Settled::Gone { key }));
    }

    /// Rows that this run leaves to the next.
    pub(crate) fn pending(&mut self, rows: usize) {
        self.counts.pending += rows as u64;
    }

    /// Whether this run has written the record: a key that only changed its spelling leads to the record that its new
    /// spelling has just been written to.
    pub(crate) fn has_written(&self, remote_id: &str) -> bool {
        self.alive.contains(remote_id)
    }

    /// Whether anything waits to be committed.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Commits when a group is full.
    pub(crate) async fn commit_group(&mut self) -> Result<(), Fault> {
        if self.open.len() >= GROUP_ROWS { self.commit().await } else { Ok(()) }
    }

    /// Makes everything so far true on disk. Only then does a row count as delivered.
    pub(crate) async fn commit(&mut self) -> Result<(), Fault> {
        // Taken first: after a commit that failed, a later one must not count these rows.
        let (delivered, rejected) = (std::mem::take(&mut self.delivered), std::mem::take(&mut self.rejected));
        for group in std::mem::take(&mut self.open).chunks(GROUP_ROWS) {
            self.state.commit(group.to_vec()).await?;
        }
        self.counts.delivered += delivered;
        self.counts.rejected += rejected;
        self.observer.on(Event::Settled {
            delivered: self.counts.delivered,
            rejected: self.counts.rejected,
            of: self.counts.to_send(),
        });
        Ok(())
    }

    /// The run broke off: what is not on disk as delivered or rejected goes again in the next run.
    pub(crate) fn broken_off(&mut self) {
        self.open.clear();
        self.counts.pending = self.counts.to_send() - self.counts.delivered - self.counts.rejected;
    }
}

/// The match fields of a record, as a JSON object.
fn match_values(record: &str, match_keys: &[String]) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(record).unwrap_or_default();
    let keys = fields.into_iter().filter(|(name, _)| match_keys.contains(name));
    serde_json::Value::Object(keys.collect()).to_string()
}
