//! Sends batches, a few at a time, until every row has a verdict or the run has to stop.
//!
//! Rows are written down as intents before their first byte leaves, many batches at once, in the same commit that makes
//! earlier outcomes true. Calls go on while it is written. Every key occurs in one batch, and a batch that goes again waits in the place of the call that failed:
//! so no key is ever in flight twice. Nor are rows that lock each other at the destination: a batch that would wait there waits here.

mod breaker;
mod work;

use std::collections::VecDeque;
use std::time::Duration;

use offtake_core::Fault;
use offtake_core::backoff::{self, Next};
use offtake_core::batch::Step;
use offtake_core::destination::{CallFailure, Effect, Failure};
use offtake_core::settle::{Settlement, Verdict, settle};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use self::breaker::Breaker;
use self::work::{Answer, Flying, Work};
use crate::ledger::Ledger;
use crate::stop::{Stop, Stopped, millis};
use crate::{Event, Observer, Ports, SyncSpec};

/// Acknowledged rows do not wait longer than this for others to be committed with.
const COMMIT_AFTER: Duration = Duration::from_secs(1);
/// Calls that are under way when a run is told to stop get as long to end; most vendors answer within a request's own limit.
const GRACE: Duration = Duration::from_secs(30);

type Landed = Result<(Id, (Work, Option<Answer>)), JoinError>;

/// Sends one kind of operation.
pub(crate) struct Delivery<'a> {
    spec: &'a SyncSpec,
    ports: &'a Ports,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    in_flight_max: usize,
    /// In the commit that is under way.
    intended: VecDeque<Work>,
    /// Written down, and not sent yet.
    ready: VecDeque<Work>,
    /// To be sent again.
    again: VecDeque<Work>,
    in_flight: JoinSet<(Work, Option<Answer>)>,
    flying: Flying,
    breaker: Breaker,
    /// The most rows in one call, once the destination has refused a batch for its size.
    rows_max: usize,
    /// Wakes whoever waits before sending again.
    stopping: watch::Sender<bool>,
    stopped: Option<Stopped>,
    /// When calls that are under way are abandoned, Unix milliseconds.
    abandon_at_ms: Option<u64>,
}

/// What the loop wakes up for.
enum Woken {
    Landed(Landed),
    Committed(Result<(), Fault>),
    CommitDue,
    AskedToStop,
    GraceOver,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(
        spec: &'a SyncSpec,
        ports: &'a Ports,
        observer: &'a dyn Observer,
        stop: &'a Stop,
        in_flight_max: usize,
    ) -> Self {
        Self {
            spec,
            ports,
            observer,
            stop,
            in_flight_max,
            intended: VecDeque::new(),
            ready: VecDeque::new(),
            again: VecDeque::new(),
            in_flight: JoinSet::new(),
            flying: Flying::default(),
            breaker: Breaker::default(),
            rows_max: usize::MAX,
            stopping: watch::Sender::new(false),
            stopped: None,
            abandon_at_ms: None,
        }
    }

    /// Sends all steps; returns why the run has to stop, when it has to.
    pub(crate) async fn send(
        mut self,
        name: &str,
        steps: &mut (dyn Iterator<Item = Step> + Send),
        ledger: &mut Ledger<'_>,
    ) -> Result<Option<Stopped>, Fault> {
        let mut sequence = 0_u64;
        let mut broken = None;
        loop {
            self.write_down(name, &mut sequence, steps, ledger);
            self.take_off(ledger);
            match self.wake(ledger).await {
                None => break,
                Some(Woken::Landed(Ok((task, (work, answer))))) => {
                    self.flying.landed(task);
                    match answer {
                        Some(answer) => self.settle(work, answer, ledger),
                        None => ledger.unsent(&work.batch),
                    }
                }
                // Nothing new starts; the calls that are in flight are still settled.
                Some(Woken::Landed(Err(error))) => {
                    self.flying.landed(error.id());
                    self.stop_now();
                    broken.get_or_insert_with(|| {
                        Fault::new("OFT-R091", "a write call broke off in the host").caused_by(error)
                    });
                }
                Some(Woken::Committed(result)) => {
                    result?;
                    fail::fail_point!("engine-intended");
                    self.ready.append(&mut self.intended);
                }
                Some(Woken::CommitDue) => ledger.begin_commit(),
                Some(Woken::AskedToStop) => {
                    self.observer.on(Event::Stopping);
                    self.abandon_at_ms = Some(self.ports.clock.now_ms().saturating_add(millis(GRACE)));
                    self.stop(Stopped::Asked);
                }
                Some(Woken::GraceOver) => {
                    self.in_flight.abort_all();
                    ledger.in_doubt(self.flying.abandon());
                    break;
                }
            }
        }
        self.leave_pending(steps, ledger);
        broken.map_or(Ok(self.stopped), Err)
    }

    /// Begins to make outcomes and the intent to send the next batches durable, early enough that calls seldom wait for it.
    fn write_down(
        &mut self,
        name: &str,
        sequence: &mut u64,
        steps: &mut (dyn Iterator<Item = Step> + Send),
        ledger: &mut Ledger<'_>,
    ) {
        if ledger.is_committing() {
            return;
        }
        let mut rows = 0;
        if !self.is_stopping() && self.ready.len() < self.in_flight_max {
            if *sequence > 0 && self.ready.is_empty() && self.again.is_empty() {
                ledger.fell_behind();
            }
            while rows < ledger.group_rows() {
                match steps.next() {
                    Some(Step::Send(batch)) => {
                        *sequence += 1;
                        rows += batch.rows.len();
                        ledger.intend(&batch);
                        self.intended.push_back(Work::new(batch, format!("{name}/{sequence}")));
                    }
                    Some(Step::Refuse(row)) => {
                        rows += 1;
                        ledger.unsendable(&row);
                    }
                    None => break,
                }
            }
        }
        if rows > 0 || ledger.has_group() {
            ledger.begin_commit();
        }
    }

    /// Starts as many calls as may be in flight.
    fn take_off(&mut self, ledger: &mut Ledger<'_>) {
        while !self.is_stopping() && self.in_flight.len() < self.breaker.in_flight(self.in_flight_max) {
            let Some(work) = self.next() else { return };
            if work.rows() > self.rows_max && work.rows() > 1 {
                work.halves(false).into_iter().rev().for_each(|half| self.again.push_front(half));
                continue;
            }
            ledger.retries += u64::from(work.repeats);
            self.start(work);
        }
    }

    /// The first batch that no call under way locks out; those that go again first.
    fn next(&mut self) -> Option<Work> {
        let flying = &self.flying;
        let free = |queue: &VecDeque<Work>| queue.iter().position(|work| !flying.locks_out(work));
        match free(&self.again) {
            Some(place) => self.again.remove(place),
            None => free(&self.ready).and_then(|place| self.ready.remove(place)),
        }
    }

    fn start(&mut self, work: Work) {
        let (spec, ports) = (self.spec.clone(), self.ports.clone());
        let mut stopping = self.stopping.subscribe();
        let (rows, locks) = (work.rows(), work.locks().collect());
        let task = self.in_flight.spawn(async move {
            if !work.delay.is_zero() {
                tokio::select! {
                    biased;
                    _ = stopping.wait_for(|stopping| *stopping) => return (work, None),
                    () = ports.clock.sleep(work.delay) => {}
                }
            }
            let answer = work.send(&spec, &ports).await;
            (work, Some(answer))
        });
        self.flying.took_off(task.id(), rows, locks);
    }

    /// Waits for whatever is under way; none when nothing is.
    async fn wake(&mut self, ledger: &mut Ledger<'_>) -> Option<Woken> {
        let (stop, clock, is_stopping) = (self.stop, &self.ports.clock, self.is_stopping());
        let (flies, commits) = (!self.in_flight.is_empty(), ledger.is_committing());
        if !flies && !commits {
            return None;
        }
        let left = self.abandon_at_ms.map(|at| Duration::from_millis(at.saturating_sub(clock.now_ms())));
        let due = ledger.has_open() && !commits && left.is_none();
        tokio::select! {
            biased;
            () = stop.asked(), if !is_stopping => Some(Woken::AskedToStop),
            result = ledger.committed(), if commits => Some(Woken::Committed(result)),
            landed = self.in_flight.join_next_with_id(), if flies => landed.map(Woken::Landed),
            () = clock.sleep(COMMIT_AFTER), if due => Some(Woken::CommitDue),
            () = clock.sleep(left.unwrap_or_default()), if left.is_some() => Some(Woken::GraceOver),
        }
    }

    fn settle(&mut self, mut work: Work, answer: Answer, ledger: &mut Ledger<'_>) {
        if self.breaker.answered(&answer)
            && let Err(CallFailure { failure, .. }) = &answer
        {
            self.stop(Stopped::Refused(failure.clone()));
        }
        if matches!(answer, Err(CallFailure { effect: Effect::Unknown, .. })) {
            work.doubt(|_| true);
        }
        match settle(work.rows(), answer) {
            Settlement::Rows(verdicts) => self.settle_rows(work, verdicts, ledger),
            Settlement::Halve(failure) => {
                tracing::debug!(batch = %work.id, code = failure.code(), "the batch was refused whole; its halves go again");
                if matches!(failure, Failure::TooLarge(_)) {
                    self.rows_max = self.rows_max.min(work.rows().div_ceil(2));
                }
                self.again.extend(work.halves(true));
            }
            Settlement::Again(failure) => self.send_again(work, failure, ledger),
            Settlement::Stop(failure) => {
                ledger.unsent(&work.batch);
                self.stop(Stopped::Refused(failure));
            }
        }
    }

    fn settle_rows(&mut self, mut work: Work, verdicts: Vec<Verdict>, ledger: &mut Ledger<'_>) {
        let unknown: Vec<bool> = verdicts.iter().map(|verdict| matches!(verdict, Verdict::Unknown(_))).collect();
        work.doubt(|index| unknown.get(index).copied().unwrap_or(false));
        let mut again = vec![false; work.rows()];
        let mut stopped = vec![false; work.rows()];
        let mut reason = None;
        for (((row, verdict), again), stopped) in work.batch.rows.iter().zip(verdicts).zip(&mut again).zip(&mut stopped)
        {
            match verdict {
                Verdict::Delivered { kind, remote_id } => ledger.delivered(row, kind, remote_id),
                Verdict::Rejected(failure) => ledger.rejected(&work.batch, row, &failure),
                Verdict::Again(failure) | Verdict::Unknown(failure) => {
                    *again = true;
                    reason = Some(slower(reason, failure));
                }
                Verdict::Stop(failure) => {
                    *stopped = true;
                    self.stop(Stopped::Refused(failure));
                }
            }
        }
        ledger.unsent(&work.clone().part(&stopped).batch);
        if let Some(failure) = reason {
            self.send_again(work.part(&again), failure, ledger);
        }
    }

    fn send_again(&mut self, work: Work, failure: Failure, ledger: &mut Ledger<'_>) {
        match backoff::next(&failure, work.attempt, work.throttled, work.jitter()) {
            Next::Wait { delay, counts } => {
                let message = failure.detail().message.clone();
                self.observer.on(Event::Waiting { delay, code: failure.code(), message });
                let throttled = work.throttled + if counts { Duration::ZERO } else { delay };
                let attempt = work.attempt + u32::from(counts);
                self.again.push_back(Work { attempt, delay, throttled, repeats: true, ..work });
            }
            Next::GiveUp => {
                let detail = failure.detail();
                tracing::warn!(code = failure.code(), batch = %work.id, message = %detail.message, "rows stay pending");
                ledger.unsent(&work.batch);
                ledger.gave_up(&failure);
                if matches!(failure, Failure::RateLimited { .. }) {
                    self.stop(Stopped::Throttled(failure));
                } else if self.breaker.gave_up() {
                    self.stop(Stopped::CircuitOpen(failure));
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn stop(&mut self, why: Stopped) {
        self.stopped.get_or_insert(why);
        self.stop_now();
    }

    fn stop_now(&self) {
        self.stopping.send_replace(true);
    }

    /// What was never sent is counted one by one, so that the sums at the end prove that no row was forgotten.
    fn leave_pending(&mut self, steps: &mut dyn Iterator<Item = Step>, ledger: &mut Ledger<'_>) {
        for work in self.again.drain(..).chain(self.ready.drain(..)).chain(self.intended.drain(..)) {
            ledger.unsent(&work.batch);
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
