//! A batch on its way, with its history.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use offtake_core::batch::Batch;
use offtake_core::destination::{CallFailure, Detail, Effect, Failure, RowRef, RowResult, WriteRequest};
use offtake_core::partition::Lock;
use offtake_core::policy::{Record, conditional, narrow};

use crate::{Ports, SyncSpec};

/// A connector's answer for a batch.
pub(super) type Answer = Result<Vec<RowResult>, CallFailure>;

/// A batch with its history.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) batch: Batch,
    /// Names it to the vendor: the same for the same rows.
    pub(super) id: String,
    /// From 1.
    pub(super) attempt: u32,
    /// How long to wait before it is sent.
    pub(super) delay: Duration,
    /// How long it has waited for rate limits.
    pub(super) throttled: Duration,
    /// Whether its rows were sent before in this run.
    pub(super) repeats: bool,
}

impl Work {
    pub(super) fn new(batch: Batch, id: String) -> Self {
        Self { batch, id, attempt: 1, delay: Duration::ZERO, throttled: Duration::ZERO, repeats: false }
    }

    pub(super) fn rows(&self) -> usize {
        self.batch.rows.len()
    }

    /// What the destination locks while it writes the batch.
    pub(super) fn locks(&self) -> impl Iterator<Item = Lock> {
        self.batch.rows.iter().flat_map(|row| row.locks.iter().copied())
    }

    /// Its halves, each as a batch of its own.
    pub(super) fn halves(self, sent: bool) -> [Self; 2] {
        let (left, right) = self.batch.halves();
        let half = |batch, name: u8| Self { repeats: sent, ..Self::new(batch, format!("{}.{name}", self.id)) };
        [half(left, 0), half(right, 1)]
    }

    /// The part of it that has to go again.
    pub(super) fn part(self, again: &[bool]) -> Self {
        let batch = self.batch.subset(|index| again.get(index).copied().unwrap_or(false));
        // Other rows are another batch to whoever keys requests by it.
        let id = if batch.rows.len() == self.rows() { self.id } else { format!("{}.r{}", self.id, batch.rows.len()) };
        Self { batch, id, ..self }
    }

    /// Nobody knows what became of these rows.
    pub(super) fn doubt(&mut self, is_unknown: impl Fn(usize) -> bool) {
        for (index, row) in self.batch.rows.iter_mut().enumerate() {
            row.in_doubt |= is_unknown(index);
        }
    }

    /// Spread over 0 to 1 by the batch and its attempt: as good as chance to a vendor, and the same in every simulation.
    pub(super) fn jitter(&self) -> f64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in self.id.bytes().chain(self.attempt.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        (hash >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sends it.
    pub(super) async fn send(&self, spec: &SyncSpec, ports: &Ports) -> Answer {
        let narrowed = self.narrowed(spec, ports).await?;
        let batch = narrowed.as_ref().unwrap_or(&self.batch);
        let refs = batch
            .rows
            .iter()
            .map(|row| RowRef { idempotency_key: row.idempotency_key.clone(), remote_id: row.remote_id.clone() });
        let request = WriteRequest {
            object: spec.object.clone(),
            operation: batch.operation,
            match_keys: spec.match_keys.clone(),
            batch_id: self.id.clone(),
            attempt: self.attempt,
            refs: refs.collect(),
            rows: batch.ndjson.clone(),
        };
        fail::fail_point!("engine-before-send");
        let answer = ports.destination.write(request).await;
        fail::fail_point!("engine-after-response");
        answer
    }

    /// The batch without the fields that its records keep; none where no field depends on its record.
    async fn narrowed(&self, spec: &SyncSpec, ports: &Ports) -> Result<Option<Batch>, CallFailure> {
        let fields = conditional(&spec.policies);
        let is_removal = self.batch.rows.iter().all(|row| row.reason == offtake_core::batch::Reason::Removed);
        if fields.is_empty() || is_removal {
            return Ok(None);
        }
        let keys: String = self.batch.rows.iter().map(|row| format!("{}\n", row.match_values)).collect();
        let found = ports.destination.lookup(&spec.object, &spec.match_keys, &fields, &keys).await;
        // Reading changes nothing, whatever became of the call.
        let found = found.map_err(|failed| CallFailure { effect: Effect::None, ..failed })?;
        let lines = found.filter(|lines| lines.len() == self.rows()).ok_or_else(|| unreadable(&fields))?;
        let records = lines.iter().map(|line| serde_json::from_str::<Option<Record>>(line).unwrap_or(None));
        let narrowed = self.batch.rows.iter().zip(records);
        let narrowed = narrowed.map(|(row, record)| narrow(self.batch.line(row), record.as_ref(), &spec.policies));
        Ok(Some(self.batch.with_lines(narrowed)))
    }
}

fn unreadable(fields: &[String]) -> CallFailure {
    let message = format!("the connector cannot read records, which `write` of {} needs", fields.join(", "));
    let detail = Detail { code: "cannot_read".to_owned(), message, ..Detail::default() };
    CallFailure { failure: Failure::Misconfigured(detail), effect: Effect::None }
}

/// Rows that are under way, to be counted should their calls be abandoned.
#[derive(Debug, Default)]
pub(super) struct Flying {
    calls: HashMap<tokio::task::Id, Call>,
    /// What the destination has locked for them. No two calls lock the same.
    locked: HashSet<Lock>,
}

#[derive(Debug)]
struct Call {
    rows: usize,
    locks: Vec<Lock>,
}

impl Flying {
    /// Whether the destination would have this batch wait for another one.
    pub(super) fn locks_out(&self, work: &Work) -> bool {
        !self.locked.is_empty() && work.locks().any(|lock| self.locked.contains(&lock))
    }

    pub(super) fn took_off(&mut self, task: tokio::task::Id, rows: usize, locks: Vec<Lock>) {
        self.locked.extend(&locks);
        self.calls.insert(task, Call { rows, locks });
    }

    pub(super) fn landed(&mut self, task: tokio::task::Id) {
        for lock in self.calls.remove(&task).into_iter().flat_map(|call| call.locks) {
            self.locked.remove(&lock);
        }
    }

    /// Rows of all calls that have not come back.
    pub(super) fn abandon(&mut self) -> usize {
        self.calls.drain().map(|(_, call)| call.rows).sum()
    }
}
