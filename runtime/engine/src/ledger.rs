//! What has become of rows, and making it true on disk in groups.

use std::collections::HashSet;
use std::sync::Arc;

use offtake_core::Fault;
use offtake_core::batch::{Batch, BatchRow, Reason, Unsendable};
use offtake_core::counts::Counts;
use offtake_core::destination::{Detail, Failure, OutcomeKind};
use offtake_core::diff::Invalid;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::ports::{Clock, Intent, Kept, Listed, Settled, StateStore};
use offtake_core::run::{Reject, RunError, RunId};
use tokio::task::JoinSet;

use crate::stop::error;
use crate::{Event, Observer};

/// Rows that are committed together at first: an fsync costs as much as ten batches of a hundred rows take to write.
const GROUP_ROWS: usize = 1_000;
/// The most. A destination that answers faster than the disk gets larger groups; after a crash as many rows are in doubt.
const GROUP_ROWS_MAX: usize = 8_000;

/// Keeps count and commits.
pub(crate) struct Ledger<'a> {
    pub(crate) counts: Counts,
    /// Calls that repeated an earlier one.
    pub(crate) retries: u64,
    /// Time spent waiting for the disk.
    pub(crate) commit_ms: u64,
    /// Rows that are committed together.
    group_rows: usize,
    run: RunId,
    keeps: bool,
    state: Arc<dyn StateStore>,
    clock: Arc<dyn Clock>,
    observer: &'a dyn Observer,
    open: Vec<Settled>,
    next: Vec<Intent>,
    delivered: u64,
    rejected: u64,
    /// Records that this run has written, where rows may be removed.
    alive: HashSet<String>,
    given_up: Option<RunError>,
    /// The commit that is under way; it ends with the ledger.
    committing: JoinSet<Committed>,
}

/// What a commit has made true.
struct Committed {
    delivered: u64,
    rejected: u64,
    took_ms: u64,
    result: Result<(), Fault>,
}

impl<'a> Ledger<'a> {
    /// `keeps` when match values of delivered rows have to be kept.
    pub(crate) fn new(
        run: RunId,
        counts: Counts,
        keeps: bool,
        ports: &crate::Ports,
        observer: &'a dyn Observer,
    ) -> Self {
        Self {
            counts,
            retries: 0,
            commit_ms: 0,
            group_rows: GROUP_ROWS,
            run,
            keeps,
            state: ports.state.clone(),
            clock: ports.clock.clone(),
            observer,
            open: Vec::new(),
            next: Vec::new(),
            delivered: 0,
            rejected: 0,
            alive: HashSet::new(),
            given_up: None,
            committing: JoinSet::new(),
        }
    }

    /// Rows that are committed together.
    pub(crate) fn group_rows(&self) -> usize {
        self.group_rows
    }

    /// Calls had to wait for the disk: from now on more rows share a commit.
    pub(crate) fn fell_behind(&mut self) {
        self.group_rows = (self.group_rows * 2).min(GROUP_ROWS_MAX);
    }

    /// Rows that are sent next. They may leave once this is committed.
    pub(crate) fn intend(&mut self, batch: &Batch) {
        self.next.extend(batch.intents(self.keeps));
    }

    /// The destination acknowledged a row.
    pub(crate) fn delivered(&mut self, row: &BatchRow, outcome: OutcomeKind, remote_id: Option<String>) {
        self.delivered += 1;
        let settled = match row.reason {
            Reason::Removed => Settled::Gone { key: row.key, outcome: Some(outcome) },
            Reason::Added | Reason::Changed => {
                if self.keeps
                    && let Some(id) = &remote_id
                {
                    self.alive.insert(id.clone());
                }
                let kept = Kept { match_values: row.match_values.clone(), remote_id };
                Settled::Delivered { key: row.key, digest: row.digest, outcome, kept: self.keeps.then_some(kept) }
            }
        };
        self.open.push(settled);
    }

    /// The destination refused a row for good.
    pub(crate) fn rejected(&mut self, batch: &Batch, row: &BatchRow, failure: &Failure) {
        let record = batch.line(row).trim_end().to_owned();
        let reject = self.reject(&row.match_values, record, failure.code(), failure.detail());
        let operation = Some(batch.operation.as_str().to_owned());
        self.refuse(row.key, Reject { operation, digest: Some(row.digest.0), ..reject }, row.in_doubt);
    }

    /// A row could not be made into a request.
    pub(crate) fn unsendable(&mut self, row: &Unsendable) {
        let detail = Detail { message: row.message.clone(), ..Detail::default() };
        let reject = self.reject(&row.match_values, String::new(), "OFT-R003", &detail);
        self.refuse(row.key, Reject { digest: Some(row.digest.0), ..reject }, row.in_doubt);
    }

    fn refuse(&mut self, key: KeyDigest, reject: Reject, in_doubt: bool) {
        self.rejected += 1;
        self.open.push(Settled::Rejected { key: Some(key), reject, in_doubt });
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
            run: self.run.to_string(),
            runs: 1,
            first_seen_ms: self.clock.now_ms(),
            digest: None,
            ignored: false,
        }
    }

    /// Rows that were set apart before sending, so that people see which.
    pub(crate) fn invalid(&mut self, rows: &[Invalid], match_keys: &[String]) {
        for row in rows {
            let record = row.record.trim_end().to_owned();
            let key = match_values(&record, match_keys);
            let detail = Detail { message: row.reason.message().to_owned(), ..Detail::default() };
            let reject = self.reject(&key, record, row.reason.code(), &detail);
            self.open.push(Settled::Rejected { key: row.key, reject, in_doubt: false });
        }
    }

    /// Rejects that a person ignores and whose values are still the same: they stay on the list without being tried.
    pub(crate) fn ignored(&mut self, rejects: impl Iterator<Item = Listed>) {
        let run = self.run.to_string();
        self.open.extend(rejects.map(|Listed { key, reject }| {
            let reject = Reject { run: run.clone(), ..reject };
            Settled::Rejected { key, reject, in_doubt: false }
        }));
    }

    /// Rows that left the source and whose records stay.
    pub(crate) fn forget(&mut self, keys: impl Iterator<Item = KeyDigest>) {
        self.open.extend(keys.map(|key| Settled::Gone { key, outcome: None }));
    }

    /// Rows that this run leaves to the next, without having written them down.
    pub(crate) fn pending(&mut self, rows: usize) {
        self.counts.pending += rows as u64;
    }

    /// Rows that were written down and are left to the next run. Of those that are not in doubt nothing was sent.
    pub(crate) fn unsent(&mut self, batch: &Batch) {
        self.pending(batch.rows.len());
        let unsent = batch.rows.iter().filter(|row| !row.in_doubt);
        self.open.extend(unsent.map(|row| Settled::Unsent { key: row.key }));
    }

    /// Rows whose calls were abandoned: their intents stay.
    pub(crate) fn in_doubt(&mut self, rows: usize) {
        self.pending(rows);
    }

    /// Why rows are left to the next run.
    pub(crate) fn gave_up(&mut self, failure: &Failure) {
        self.given_up.get_or_insert_with(|| error(failure));
    }

    /// The first reason for which rows were left to the next run.
    pub(crate) fn given_up(&mut self) -> Option<RunError> {
        self.given_up.take()
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

    /// Whether enough waits to be committed.
    pub(crate) fn has_group(&self) -> bool {
        self.open.len() >= self.group_rows
    }

    /// Whether a commit is under way.
    pub(crate) fn is_committing(&self) -> bool {
        !self.committing.is_empty()
    }

    /// Begins to make everything so far true on disk. Nobody waits for it; there is one at a time.
    pub(crate) fn begin_commit(&mut self) {
        let (delivered, rejected) = (std::mem::take(&mut self.delivered), std::mem::take(&mut self.rejected));
        let (settled, next) = (std::mem::take(&mut self.open), std::mem::take(&mut self.next));
        let (state, clock, run) = (self.state.clone(), self.clock.clone(), self.run);
        self.committing.spawn(async move {
            let started = clock.now_ms();
            fail::fail_point!("engine-before-commit");
            let result = write(state.as_ref(), run, settled, next).await;
            fail::fail_point!("engine-after-commit");
            Committed { delivered, rejected, took_ms: clock.now_ms().saturating_sub(started), result }
        });
    }

    /// Returns when the commit that is under way has ended. Only then do its rows count as delivered, or may be sent.
    pub(crate) async fn committed(&mut self) -> Result<(), Fault> {
        let Some(joined) = self.committing.join_next().await else { return Ok(()) };
        let ended =
            joined.map_err(|error| Fault::new("OFT-R091", "a commit broke off in the host").caused_by(error))?;
        self.commit_ms += ended.took_ms;
        ended.result?;
        self.counts.delivered += ended.delivered;
        self.counts.rejected += ended.rejected;
        self.observer.on(Event::Settled {
            delivered: self.counts.delivered,
            rejected: self.counts.rejected,
            of: self.counts.to_send(),
        });
        Ok(())
    }

    /// Makes everything so far true on disk.
    pub(crate) async fn commit(&mut self) -> Result<(), Fault> {
        self.committed().await?;
        self.begin_commit();
        self.committed().await
    }

    /// The run broke off: what is not on disk as delivered or rejected goes again in the next run.
    pub(crate) fn broken_off(&mut self) {
        self.open.clear();
        self.next.clear();
        self.counts.pending = self.counts.to_send() - self.counts.delivered - self.counts.rejected;
    }
}

/// Outcomes first: a row that is sent again has to be settled before it is intended anew.
async fn write(
    state: &dyn StateStore,
    run: RunId,
    mut settled: Vec<Settled>,
    mut next: Vec<Intent>,
) -> Result<(), Fault> {
    while !settled.is_empty() || !next.is_empty() {
        let rest = settled.split_off(settled.len().min(GROUP_ROWS_MAX));
        let intents = if rest.is_empty() { std::mem::take(&mut next) } else { Vec::new() };
        state.commit(run, settled, intents).await?;
        settled = rest;
    }
    Ok(())
}

/// The match fields of a record, as a JSON object.
fn match_values(record: &str, match_keys: &[String]) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(record).unwrap_or_default();
    let keys = fields.into_iter().filter(|(name, _)| match_keys.contains(name));
    serde_json::Value::Object(keys.collect()).to_string()
}

/// Values that a person does not want to be tried again.
pub(crate) fn ignored(rejects: &[Listed]) -> impl Iterator<Item = (KeyDigest, RowDigest)> + '_ {
    let ignored = rejects.iter().filter(|listed| listed.reject.ignored);
    ignored.filter_map(|listed| Some((listed.key?, RowDigest(listed.reject.digest?))))
}
