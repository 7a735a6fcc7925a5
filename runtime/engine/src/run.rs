//! One run from its first request to its record.

use offtake_core::Fault;
use offtake_core::batch::{Identity, Removal, Step, Writes, removals};
use offtake_core::counts::Breach;
use offtake_core::destination::{Failure, WriteLimits};
use offtake_core::diff::Diff;
use offtake_core::digest::KeyDigest;
use offtake_core::object::Operation;
use offtake_core::ports::Kept;
use offtake_core::run::{RunError, RunRecord, Status};

use crate::deliver::Delivery;
use crate::ledger::Ledger;
use crate::plan::{found, limits};
use crate::read::{Compared, compare, unsupported};
use crate::{Event, Observer, Ports, SyncSpec};

/// Runs a sync once. Whatever happens, the record says what became of every row, and is kept.
///
/// # Errors
/// The fault when not even the record could be kept.
pub async fn run(spec: &SyncSpec, ports: &Ports, observer: &dyn Observer) -> Result<RunRecord, Fault> {
    let id = ulid::Ulid::generate().to_string();
    let mut record = RunRecord {
        sync: spec.name.clone(),
        started_ms: ports.clock.now_ms(),
        finished_ms: 0,
        status: Status::Failed,
        counts: offtake_core::counts::Counts::default(),
        requests: 0,
        snapshot: None,
        connector: ports.destination.connector(),
        connector_digest: ports.destination.connector_digest(),
        error: None,
        id,
    };
    match go(spec, ports, observer, &mut record).await {
        Ok(None) => {}
        Ok(Some(stopped)) => {
            let message = stopped.detail().message.clone();
            let help = Some(stopped.help().to_owned());
            record.error = Some(RunError { code: stopped.code().to_owned(), message, help });
        }
        Err(fault) => record.error = Some(error(&fault)),
    }
    record.status = status(&record);
    if let Err(breach) = record.counts.check() {
        record.status = Status::Failed;
        let help = "this is a defect of offtake: report it with this run's record".to_owned();
        record.error = Some(RunError { code: Breach::CODE.to_owned(), message: breach.to_string(), help: Some(help) });
    }
    record.requests = ports.destination.requests();
    record.finished_ms = ports.clock.now_ms();
    ports.state.finish(&record).await?;
    Ok(record)
}

fn error(fault: &Fault) -> RunError {
    RunError { code: fault.code.to_owned(), message: fault.message.clone(), help: fault.help.clone() }
}

fn status(record: &RunRecord) -> Status {
    let counts = &record.counts;
    if record.error.is_some() {
        Status::Failed
    } else if counts.pending > 0 {
        Status::Incomplete
    } else if counts.rejected > 0 || counts.invalid > 0 {
        Status::CompletedWithRejects
    } else {
        Status::Completed
    }
}

/// The way of the data, top to bottom. Counts are in the record also when it breaks off.
async fn go(
    spec: &SyncSpec,
    ports: &Ports,
    observer: &dyn Observer,
    record: &mut RunRecord,
) -> Result<Option<Failure>, Fault> {
    ports.state.bind(&spec.target).await?;
    let write_limits = limits(spec, ports, spec.operation).await?;
    let delete_limits = if spec.delete_removed { Some(limits(spec, ports, Operation::Delete).await?) } else { None };
    observer.on(Event::Reading);
    let Compared { diff, snapshot } = compare(spec, ports).await?;
    record.snapshot = snapshot;
    let counts = found(&diff, spec.delete_removed);
    observer.on(Event::Compared { counts });
    let rows = counts.unchanged + counts.added + counts.changed + counts.removed;
    ports.state.reserve(rows, spec.delete_removed).await?;

    let mut ledger = Ledger::new(&record.id, counts, spec.delete_removed, ports, observer);
    let sent = send(spec, ports, &diff, (&write_limits, delete_limits.as_ref()), &record.id, &mut ledger).await;
    // What was acknowledged before a fault is made true all the same.
    let outcome = match (sent, ledger.commit().await) {
        (Err(fault), _) | (Ok(_), Err(fault)) => Err(fault),
        (Ok(stopped), Ok(())) => Ok(stopped),
    };
    if outcome.is_err() {
        ledger.broken_off();
    }
    record.counts = ledger.counts;
    outcome
}

async fn send(
    spec: &SyncSpec,
    ports: &Ports,
    diff: &Diff,
    limits: (&WriteLimits, Option<&WriteLimits>),
    run: &str,
    ledger: &mut Ledger<'_>,
) -> Result<Option<Failure>, Fault> {
    let (write_limits, delete_limits) = limits;
    let observer = ledger.observer();
    ledger.invalid(&diff.invalid, &spec.match_keys);
    let identity = Identity { sync: &spec.name, operation: spec.operation };
    let writes = Writes::new(diff, &spec.match_keys, spec.caps(write_limits), identity);
    let mut writes = writes.map_err(unsupported)?;
    let delivery = Delivery::new(spec, ports, observer, spec.in_flight(write_limits));
    let mut stopped = delivery.send(run, &mut writes, ledger).await?;

    let Some(delete_limits) = delete_limits else {
        if stopped.is_none() {
            ledger.forget(diff.removed.iter().copied());
        }
        return Ok(stopped);
    };
    let removed = kept(ports, diff, ledger).await?;
    let identity = Identity { operation: Operation::Delete, ..identity };
    let mut deletes = removals(&removed, spec.caps(delete_limits), identity).into_iter().map(Step::Send);
    if stopped.is_some() {
        // A destination that refuses writes is not asked to delete.
        deletes.for_each(|step| {
            if let Step::Send(batch) = step {
                ledger.pending(batch.rows.len());
            }
        });
    } else {
        let delivery = Delivery::new(spec, ports, observer, spec.in_flight(delete_limits));
        stopped = delivery.send(run, &mut deletes, ledger).await?;
    }
    Ok(stopped)
}

/// Removed rows with what is kept of them. Rows that were delivered while `on_delete` was `ignore` have no key on record:
/// their records stay.
async fn kept(ports: &Ports, diff: &Diff, ledger: &mut Ledger<'_>) -> Result<Vec<Removal>, Fault> {
    let kept = ports.state.kept(&diff.removed).await?;
    let mut removed = Vec::with_capacity(kept.len());
    let mut without_key = Vec::new();
    let mut same_record = Vec::new();
    for (key, kept) in diff.removed.iter().zip(kept) {
        match kept {
            Some(Kept { remote_id: Some(id), .. }) if ledger.has_written(&id) => same_record.push(*key),
            Some(kept) => {
                removed.push(Removal { key: *key, match_values: kept.match_values, remote_id: kept.remote_id })
            }
            None => without_key.push(*key),
        }
    }
    leave(ledger, &same_record, "OFT-R014", "the key only changed its spelling: this run has just written its record");
    leave(ledger, &without_key, "OFT-R012", "the row was delivered before `on_delete: delete` was set");
    Ok(removed)
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
