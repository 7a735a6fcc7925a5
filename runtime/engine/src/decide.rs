//! What a run would do: the source compared, rows chosen, guards asked. A plan shows it, a run goes on to do it.

use offtake_core::Fault;
use offtake_core::batch::Doubts;
use offtake_core::choose::{Chosen, Standing, choose, plan_id};
use offtake_core::counts::Counts;
use offtake_core::destination::{CallFailure, WriteLimits};
use offtake_core::diff::Diff;
use offtake_core::guard::Objection;
use offtake_core::object::Operation;
use offtake_core::ports::Listed;
use offtake_core::run::Recovered;

use crate::ledger::ignored;
use crate::read::{Compared, compare};
use crate::{Event, Observer, Ports, SyncSpec};

/// Everything that a run needs to know before its first write.
pub(crate) struct Decided {
    pub(crate) diff: Diff,
    pub(crate) chosen: Chosen,
    pub(crate) counts: Counts,
    pub(crate) snapshot: Option<String>,
    /// Attempts of earlier runs whose outcome nobody knows.
    pub(crate) doubts: Doubts,
    pub(crate) recovered: Option<Recovered>,
    pub(crate) rejects: Vec<Listed>,
    /// Names exactly these changes.
    pub(crate) plan: String,
    pub(crate) objections: Vec<Objection>,
}

/// What the destination takes.
pub(crate) struct Limits {
    pub(crate) writes: WriteLimits,
    /// None when removed rows stay.
    pub(crate) removals: Option<WriteLimits>,
}

pub(crate) async fn limits(spec: &SyncSpec, ports: &Ports) -> Result<Limits, Fault> {
    let of = async |operation| ports.destination.limits(&spec.object, operation).await.map_err(fault);
    let removals: Option<Operation> = spec.mode.removal(spec.on_delete);
    Ok(Limits {
        writes: of(spec.mode.operation()).await?,
        removals: match removals {
            Some(operation) => Some(of(operation).await?),
            None => None,
        },
    })
}

pub(crate) async fn decide(spec: &SyncSpec, ports: &Ports, observer: &dyn Observer) -> Result<Decided, Fault> {
    let in_doubt = ports.state.in_doubt().await?;
    let recovered = in_doubt
        .iter()
        .map(|intent| intent.run)
        .max()
        .map(|run| Recovered { run: run.to_string(), rows: in_doubt.len() as u64 });
    if let Some(recovered) = &recovered {
        observer.on(Event::Recovering(recovered.clone()));
    }
    let rejects = ports.state.rejects().await?;
    observer.on(Event::Reading);
    let Compared { diff, snapshot } = compare(spec, ports).await?;
    let standing = Standing {
        left: rejects.iter().filter_map(|listed| listed.key).chain(in_doubt.iter().map(|intent| intent.key)).collect(),
        ignored: ignored(&rejects).collect(),
    };
    let chosen = choose(&diff, spec.mode, spec.on_delete, &spec.selection, &standing);
    let counts = found(&diff, &chosen);
    Ok(Decided {
        objections: spec.guards.object(&acted_on(&diff, &chosen), diff.acknowledged, spec.on_delete),
        plan: plan_id(&diff, &chosen, spec.mode, spec.on_delete, &spec.target),
        doubts: in_doubt.into_iter().map(|intent| (intent.key, intent)).collect(),
        diff,
        chosen,
        counts,
        snapshot,
        recovered,
        rejects,
    })
}

/// Counts before anything is sent.
fn found(diff: &Diff, chosen: &Chosen) -> Counts {
    let changed = diff.changes.iter().filter(|change| change.before.is_some()).count() as u64;
    Counts {
        source_rows: diff.source_rows,
        unchanged: diff.unchanged,
        added: diff.changes.len() as u64 - changed,
        changed,
        removed: diff.removed.len() as u64,
        invalid: diff.invalid_rows,
        kept: chosen.kept,
        held: chosen.held,
        ..Counts::default()
    }
}

/// The same of the rows that would be sent.
fn acted_on(diff: &Diff, chosen: &Chosen) -> Counts {
    let changed = chosen.changes.iter().filter(|change| change.before.is_some()).count() as u64;
    Counts {
        source_rows: diff.source_rows,
        changed,
        added: chosen.changes.len() as u64 - changed,
        removed: chosen.removed.len() as u64,
        ..Counts::default()
    }
}

/// A call that failed before any row was at stake.
pub(crate) fn fault(failed: CallFailure) -> Fault {
    let failure = failed.failure;
    Fault::new(failure.code(), failure.detail().message.clone()).with_help(failure.help())
}
