//! One run from its first request to its record.

use std::borrow::Cow;
use std::collections::HashSet;

use offtake_core::Fault;
use offtake_core::batch::{Identity, Removal, Step, Writes, removals};
use offtake_core::counts::{Breach, Counts};
use offtake_core::destination::WriteLimits;
use offtake_core::digest::KeyDigest;
use offtake_core::guard::Objection;
use offtake_core::mode::OnDelete;
use offtake_core::partition::gather;
use offtake_core::ports::Kept;
use offtake_core::run::{Approval, RunError, RunId, RunRecord, Status};

use crate::decide::{Decided, Limits, decide, limits};
use crate::deliver::Delivery;
use crate::ledger::Ledger;
use crate::read::unsupported;
use crate::stop::{Stop, Stopped};
use crate::{Event, Observer, Ports, SyncSpec};

/// Runs a sync once. Whatever happens, the record says what became of every row, and is kept where the state still can.
pub async fn run(spec: &SyncSpec, ports: &Ports, observer: &dyn Observer, stop: &Stop) -> RunRecord {
    let id = RunId(ulid::Ulid::generate().0);
    let mut record = RunRecord {
        connector: ports.destination.connector(),
        connector_digest: ports.destination.connector_digest(),
        ..RunRecord::begun(id, &spec.name, ports.clock.now_ms())
    };
    let job = Job { spec, ports, observer, stop, id };
    match job.go(&mut record).await {
        Ok(Ended { stopped: Some(stopped), .. }) => stopped.write_down(&mut record, ports.clock.now_ms()),
        Ok(Ended { objections, given_up, .. }) if objections.is_empty() => {
            record.status = status(&record.counts);
            record.error = given_up;
        }
        Ok(Ended { plan, objections, .. }) => {
            record.status = Status::NeedsApproval;
            record.approval = Some(Approval { plan, objections });
        }
        Err(fault) => record.error = Some(error(&fault)),
    }
    if let Err(breach) = record.counts.check() {
        record.status = Status::Failed;
        let help = "this is a defect of offtake: report it with this run's record".to_owned();
        record.error = Some(RunError { code: Breach::CODE.to_owned(), message: breach.to_string(), help: Some(help) });
    }
    record.requests = ports.destination.requests();
    record.finished_ms = ports.clock.now_ms();
    if let Err(fault) = ports.state.finish(&record).await {
        tracing::warn!(code = fault.code, %fault, "the run's record could not be kept");
        record.status = Status::Failed;
        record.error.get_or_insert_with(|| error(&fault));
    }
    record
}

fn error(fault: &Fault) -> RunError {
    RunError { code: fault.code.to_owned(), message: fault.message.clone(), help: fault.help.clone() }
}

fn status(counts: &Counts) -> Status {
    if counts.pending > 0 {
        Status::Incomplete
    } else if counts.rejected > 0 || counts.invalid > 0 {
        Status::CompletedWithRejects
    } else {
        Status::Completed
    }
}

/// How the way of the data ended.
#[derive(Default)]
struct Ended {
    stopped: Option<Stopped>,
    /// Why rows were left to the next run although the run went on.
    given_up: Option<RunError>,
    plan: String,
    /// What has to be approved before anything is sent.
    objections: Vec<Objection>,
}

impl Ended {
    fn stopped(why: Stopped) -> Self {
        Self { stopped: Some(why), ..Self::default() }
    }
}

/// One run of one sync, with everything that it is done with.
#[derive(Clone, Copy)]
struct Job<'a> {
    spec: &'a SyncSpec,
    ports: &'a Ports,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    id: RunId,
}

impl Job<'_> {
    /// The way of the data, top to bottom. Counts are in the record also when it breaks off.
    async fn go(self, record: &mut RunRecord) -> Result<Ended, Fault> {
        let Self { spec, ports, observer, stop, id } = self;
        ports.state.bind(&spec.target).await?;
        let limits = limits(spec, ports).await?;
        let reading = ports.clock.now_ms();
        // Nothing is sent before the source was read to its end, so a run that stops here has nothing to settle.
        let decided = tokio::select! {
            biased;
            () = stop.asked() => return Ok(Ended::stopped(Stopped::Asked)),
            decided = decide(spec, ports, observer) => decided?,
        };
        record.timings.read_ms = ports.clock.now_ms().saturating_sub(reading);
        record.snapshot.clone_from(&decided.snapshot);
        record.recovered.clone_from(&decided.recovered);
        record.counts = decided.counts;
        let approved = spec.approved.contains(&decided.plan);
        if !decided.objections.is_empty() && !approved {
            record.counts.held += decided.counts.to_send();
            return Ok(Ended { plan: decided.plan, objections: decided.objections, ..Ended::default() });
        }
        let counts = decided.counts;
        observer.on(Event::Compared { counts });
        let rows = counts.unchanged + counts.added + counts.changed + counts.removed;
        ports.state.reserve(rows, spec.keeps()).await?;

        let sending = ports.clock.now_ms();
        let mut ledger = Ledger::new(id, counts, spec.keeps(), ports, observer);
        let sent = self.send(&decided, &limits, &mut ledger).await;
        // What was acknowledged before a fault is made true all the same.
        let outcome = match (sent, ledger.commit().await) {
            (Err(fault), _) | (Ok(_), Err(fault)) => Err(fault),
            (Ok(stopped), Ok(())) => Ok(Ended { stopped, given_up: ledger.given_up(), ..Ended::default() }),
        };
        if outcome.is_err() {
            ledger.broken_off();
        }
        record.counts = ledger.counts;
        record.retries = ledger.retries;
        record.timings.send_ms = ports.clock.now_ms().saturating_sub(sending);
        record.timings.commit_ms = ledger.commit_ms;
        outcome
    }

    /// Writes first, those in doubt before all others; then removals, once it is known which records were just written.
    async fn send(self, decided: &Decided, limits: &Limits, ledger: &mut Ledger<'_>) -> Result<Option<Stopped>, Fault> {
        let Self { spec, ports, id, .. } = self;
        let Decided { diff, chosen, doubts, rejects, .. } = decided;
        ledger.invalid(&diff.invalid, &spec.match_keys);
        let ignored: HashSet<KeyDigest> = chosen.ignored.iter().copied().collect();
        let resting = rejects.iter().filter(|listed| listed.key.is_some_and(|key| ignored.contains(&key)));
        ledger.ignored(resting.cloned());
        let identity = Identity { sync: &spec.name, operation: spec.mode.operation(), run: id, doubts };
        let (skip_nulls, caps) = (spec.skip_nulls(), spec.caps(&limits.writes));
        let mut changes = Cow::Borrowed(chosen.changes.as_slice());
        if !spec.partition.is_empty() {
            gather(changes.to_mut(), diff, &spec.partition).map_err(unsupported)?;
        }
        let writes = Writes::new(diff, &changes, spec.fields(&skip_nulls), caps, identity);
        let mut writes = writes.map_err(unsupported)?;
        let stopped = self.delivery(&limits.writes).send(&format!("{id}/write"), &mut writes, ledger).await?;

        let (Some(limits), Some(operation)) = (&limits.removals, spec.mode.removal(spec.on_delete)) else {
            if stopped.is_none() && chosen.held == 0 {
                ledger.forget(diff.removed.iter().copied());
            }
            return Ok(stopped);
        };
        let removed = kept(ports, &chosen.removed, ledger).await?;
        if stopped.is_some() {
            // A destination that refuses writes is not asked to delete.
            ledger.pending(removed.len());
            return Ok(stopped);
        }
        let identity = Identity { operation, ..identity };
        let batches = removals(&removed, &cleared(spec, ports), spec.caps(limits), identity);
        let mut steps = batches.into_iter().map(Step::Send);
        self.delivery(limits).send(&format!("{id}/remove"), &mut steps, ledger).await
    }

    fn delivery(&self, limits: &WriteLimits) -> Delivery<'_> {
        Delivery::new(self.spec, self.ports, self.observer, self.stop, self.spec.in_flight(limits))
    }
}

/// Fields that become empty when a row leaves the source.
fn cleared(spec: &SyncSpec, ports: &Ports) -> Vec<String> {
    if spec.on_delete != OnDelete::Clear {
        return Vec::new();
    }
    let schema = ports.model.schema();
    let mapped = schema.fields().iter().map(|field| field.name().clone());
    mapped.filter(|field| !spec.match_keys.contains(field)).collect()
}

/// Removed rows with what is kept of them. Rows that were delivered while `on_delete` was `ignore` have no key on record:
/// their records stay.
async fn kept(ports: &Ports, removed: &[KeyDigest], ledger: &mut Ledger<'_>) -> Result<Vec<Removal>, Fault> {
    let kept = ports.state.kept(removed).await?;
    let mut removals = Vec::with_capacity(kept.len());
    let mut without_key = Vec::new();
    let mut same_record = Vec::new();
    for (key, kept) in removed.iter().zip(kept) {
        match kept {
            Some(Kept { remote_id: Some(id), .. }) if ledger.has_written(&id) => same_record.push(*key),
            Some(kept) => {
                removals.push(Removal { key: *key, match_values: kept.match_values, remote_id: kept.remote_id });
            }
            None => without_key.push(*key),
        }
    }
    leave(ledger, &same_record, "OFT-R014", "the key only changed its spelling: this run has just written its record");
    leave(ledger, &without_key, "OFT-R012", "the row was delivered before `on_delete` was set");
    Ok(removals)
}

/// Removed rows whose records stay.
fn leave(ledger: &mut Ledger<'_>, keys: &[KeyDigest], code: &'static str, why: &'static str) {
    if keys.is_empty() {
        return;
    }
    tracing::warn!(code, rows = keys.len(), why, "records of removed rows stay");
    ledger.counts.kept += keys.len() as u64;
    ledger.forget(keys.iter().copied());
}
