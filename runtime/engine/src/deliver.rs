//! Sends batches, a few at a time, until every row has a verdict or the run has to stop.
//!
//! Every key occurs in one batch, and a batch that goes again waits in the place of the call that failed: so no key is ever
//! in flight twice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use offtake_core::Fault;
use offtake_core::backoff::{self, Next};
use offtake_core::batch::{Batch, Step};
use offtake_core::destination::{CallFailure, Failure, RowRef, RowResult, WriteRequest};
use offtake_core::settle::{Settlement, Verdict, settle};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ledger::Ledger;
use crate::{Event, Observer, Ports, SyncSpec};

/// Calls in a row on which the connector broke, before it is taken to be broken altogether.
const BREAKS_MAX: u32 = 20;

/// Acknowledged rows do not wait longer than this for others to be committed with.
const COMMIT_AFTER: Duration = Duration::from_secs(1);

/// A batch with its history.
struct Work {
    batch: Batch,
    id: String,
    attempt: u32,
    delay: Duration,
}

type Answer = Result<Vec<RowResult>, CallFailure>;

/// Sends one kind of operation.
pub(crate) struct Delivery<'a> {
    spec: &'a SyncSpec,
    ports: &'a Ports,
    observer: &'a dyn Observer,
    in_flight_max: usize,
    again: VecDeque<Work>,
    in_flight: JoinSet<(Work, Option<Answer>)>,
    breaks: u32,
    /// Wakes whoever waits before sending again.
    stopping: watch::Sender<bool>,
    stopped: Option<Failure>,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(spec: &'a SyncSpec, ports: &'a Ports, observer: &'a dyn Observer, in_flight_max: usize) -> Self {
        Self {
            spec,
            ports,
            observer,
            in_flight_max,
            again: VecDeque::new(),
            in_flight: JoinSet::new(),
            breaks: 0,
            stopping: watch::Sender::new(false),
            stopped: None,
        }
    }

    /// Sends all steps; returns why the run has to stop, when it has to.
    pub(crate) async fn send(
        mut self,
        run: &str,
        steps: &mut (dyn Iterator<Item = Step> + Send),
        ledger: &mut Ledger<'_>,
    ) -> Result<Option<Failure>, Fault> {
        let mut sequence = 0_u64;
        let mut broken = None;
        loop {
            while !*self.stopping.borrow() && self.in_flight.len() < self.in_flight_max {
                if let Some(work) = self.again.pop_front() {
                    self.start(work);
                    continue;
                }
                match steps.next() {
                    Some(Step::Send(batch)) => {
                        sequence += 1;
                        let id = format!("{run}/{}/{sequence}", batch.operation.as_str());
                        self.start(Work { batch, id, attempt: 1, delay: Duration::ZERO });
                    }
                    Some(Step::Refuse(row)) => {
                        ledger.unsendable(&row);
                        ledger.commit_group().await?;
                    }
                    None => break,
                }
            }
            let joined = tokio::select! {
                joined = self.in_flight.join_next() => joined,
                () = self.ports.clock.sleep(COMMIT_AFTER), if ledger.has_open() => {
                    ledger.commit().await?;
                    continue;
                }
            };
            match joined {
                None => break,
                Some(Ok((work, Some(answer)))) => self.settle(work, answer, ledger),
                Some(Ok((work, None))) => ledger.pending(work.batch.rows.len()),
                // Nothing new starts; the calls that are in flight are still settled.
                Some(Err(error)) => {
                    self.stop_now();
                    broken.get_or_insert_with(|| {
                        Fault::new("OFT-R091", "a write call broke off in the host").caused_by(error)
                    });
                }
            }
            ledger.commit_group().await?;
        }
        self.leave_pending(steps, ledger);
        broken.map_or(Ok(self.stopped), Err)
    }

    fn start(&mut self, work: Work) {
        let request = WriteRequest {
            object: self.spec.object.clone(),
            operation: work.batch.operation,
            match_keys: self.spec.match_keys.clone(),
            batch_id: work.id.clone(),
            attempt: work.attempt,
            rows: work.batch.ndjson.clone(),
            refs: work
                .batch
                .rows
                .iter()
                .map(|row| RowRef { idempotency_key: row.idempotency_key.clone(), remote_id: row.remote_id.clone() })
                .collect(),
        };
        let (destination, clock) = (self.ports.destination.clone(), Arc::clone(&self.ports.clock));
        let mut stopping = self.stopping.subscribe();
        self.in_flight.spawn(async move {
            if !work.delay.is_zero() {
                tokio::select! {
                    () = clock.sleep(work.delay) => {}
                    _ = stopping.wait_for(|stopping| *stopping) => return (work, None),
                }
            }
            let answer = destination.write(request).await;
            (work, Some(answer))
        });
    }

    fn settle(&mut self, work: Work, answer: Answer, ledger: &mut Ledger<'_>) {
        self.count_breaks(&answer);
        match settle(work.batch.rows.len(), answer) {
            Settlement::Rows(verdicts) => self.settle_rows(work, verdicts, ledger),
            Settlement::Halve(failure) => {
                tracing::debug!(batch = %work.id, code = failure.code(), "the batch was refused whole; its halves go again");
                let (left, right) = work.batch.halves();
                for (half, batch) in [left, right].into_iter().enumerate() {
                    let id = format!("{}.{half}", work.id);
                    self.again.push_back(Work { batch, id, attempt: 1, delay: Duration::ZERO });
                }
            }
            Settlement::Again(failure) => self.send_again(work, &failure, ledger),
            Settlement::Stop(failure) => self.stop(work.batch.rows.len(), failure, ledger),
        }
    }

    fn settle_rows(&mut self, work: Work, verdicts: Vec<Verdict>, ledger: &mut Ledger<'_>) {
        let mut repeat = vec![false; work.batch.rows.len()];
        let mut reason = None;
        for ((row, verdict), repeat) in work.batch.rows.iter().zip(verdicts).zip(&mut repeat) {
            match verdict {
                Verdict::Delivered { remote_id, .. } => ledger.delivered(row, remote_id),
                Verdict::Rejected(failure) => ledger.rejected(&work.batch, row, &failure),
                Verdict::Again(failure) | Verdict::Unknown(failure) => {
                    *repeat = true;
                    reason = Some(slower(reason, failure));
                }
                Verdict::Stop(failure) => self.stop(1, failure, ledger),
            }
        }
        if let Some(failure) = reason {
            let batch = work.batch.subset(|index| repeat.get(index).copied().unwrap_or(false));
            // Other rows are another batch to whoever keys requests by it.
            let id = if batch.rows.len() == work.batch.rows.len() {
                work.id
            } else {
                format!("{}.r{}", work.id, batch.rows.len())
            };
            self.send_again(Work { batch, id, ..work }, &failure, ledger);
        }
    }

    fn send_again(&mut self, work: Work, failure: &Failure, ledger: &mut Ledger<'_>) {
        match backoff::next(failure, work.attempt, jitter(&work)) {
            Next::Wait { delay, counts } => {
                let message = failure.detail().message.clone();
                self.observer.on(Event::Waiting { delay, code: failure.code(), message });
                self.again.push_back(Work { attempt: work.attempt + u32::from(counts), delay, ..work });
            }
            Next::GiveUp => {
                let detail = failure.detail();
                tracing::warn!(code = failure.code(), batch = %work.id, message = %detail.message, "rows stay pending");
                ledger.pending(work.batch.rows.len());
            }
        }
    }

    /// A connector that breaks on every call would turn each row into a reject.
    fn count_breaks(&mut self, answer: &Answer) {
        match answer {
            Err(CallFailure { failure: failure @ Failure::Fatal(_), .. }) => {
                self.breaks += 1;
                if self.breaks >= BREAKS_MAX {
                    self.stopped.get_or_insert_with(|| failure.clone());
                    self.stop_now();
                }
            }
            Ok(_) => self.breaks = 0,
            Err(_) => {}
        }
    }

    fn stop(&mut self, rows: usize, failure: Failure, ledger: &mut Ledger<'_>) {
        ledger.pending(rows);
        self.stopped.get_or_insert(failure);
        self.stop_now();
    }

    fn stop_now(&self) {
        self.stopping.send_replace(true);
    }

    /// What was never sent is counted one by one, so that the sums at the end prove that no row was forgotten.
    fn leave_pending(&mut self, steps: &mut dyn Iterator<Item = Step>, ledger: &mut Ledger<'_>) {
        for work in self.again.drain(..) {
            ledger.pending(work.batch.rows.len());
        }
        for step in steps {
            match step {
                Step::Send(batch) => ledger.pending(batch.rows.len()),
                Step::Refuse(row) => ledger.unsendable(&row),
            }
        }
    }
}

/// Of two reasons to send again, the one that asks for more patience.
fn slower(known: Option<Failure>, other: Failure) -> Failure {
    let patience = |failure: &Failure| match failure {
        Failure::RateLimited { retry_after, .. } => (true, *retry_after),
        _ => (false, None),
    };
    match known {
        Some(known) if patience(&known) >= patience(&other) => known,
        _ => other,
    }
}

/// Spread over 0 to 1 by the batch and its attempt: as good as chance to a vendor, and the same in every simulation.
fn jitter(work: &Work) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in work.id.bytes().chain(work.attempt.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
