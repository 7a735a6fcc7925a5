//! What must not get out: values, secrets, floods, and requests to other hosts.

use offtake_core::ports::Destination;

use crate::check::Not;
use crate::conduct::{Conduct, kept, scripted};
use crate::session::Session;
use crate::stage::Stage;
use crate::vendor::{Fault, Plan};

/// Rows of a batch that is watched.
const FEW: usize = 4;
/// A shorter value stands in lines by chance.
const VALUE_BYTES_MIN: usize = 5;

/// Writes a few rows to a vendor that is well, and to two that are not: one of them quotes the request.
async fn watched(stage: &Stage, id: &str) -> Result<Vec<(Session, String)>, Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, FEW).await?;
    let mut sessions = Vec::new();
    for plan in [Plan::Well, Plan::writes(Fault::Echo), Plan::writes(Fault::status(500))] {
        let session = stage.open(plan).await?;
        let answer = session.write(stage, script.batch(script.main_operation(), id, &rows)).await;
        sessions.push((session, format!("{answer:?}")));
    }
    Ok(sessions)
}

pub(super) async fn values(stage: &Stage) -> Result<(), Not> {
    watched(stage, "K60").await?;
    let values = stage.values();
    let lines = stage.journals().into_iter().flat_map(|journal| journal.lines().of_guest);
    for line in lines {
        let held = values.iter().find(|value| value.len() >= VALUE_BYTES_MIN && line.contains(value.as_str()));
        // The line is not shown either: whoever reads the verdict may not be meant to see the value.
        kept(held.is_none(), || "a log line holds a value of a row; log counts, codes and field names".to_owned())?;
    }
    Ok(())
}

pub(super) async fn secrets(stage: &Stage) -> Result<(), Not> {
    let sessions = watched(stage, "K61").await?;
    let lines: String = stage.journals().into_iter().flat_map(|journal| journal.lines().of_guest).collect();
    for (session, answer) in &sessions {
        let leaked = stage.canaries.values().any(|canary| answer.contains(canary.as_str()) || lines.contains(canary));
        kept(!leaked, || "the secret is in an answer or a log line of the connector".to_owned())?;
        for exchange in session.writes() {
            let mut slots = stage.manifest().credentials.values();
            let needed: Vec<_> = slots.by_ref().filter(|slot| slot.endpoints.contains(&exchange.endpoint)).collect();
            let carried = needed.is_empty() || needed.iter().any(|slot| exchange.header(&slot.header).is_some());
            kept(carried, || {
                format!("{} {} goes without a credential: name its slot in `auth`", exchange.method, exchange.path)
            })?;
        }
    }
    Ok(())
}

pub(super) async fn budget(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, usize::MAX).await?;
    let session = stage.open(Plan::Well).await?;
    let batch = script.batch(script.main_operation(), "K62", &rows);
    // What became of the rows is K11's.
    let _answer = session.write(stage, batch).await;
    let dropped = session.journal().lines().dropped;
    kept(dropped == 0, || format!("{dropped} lines of one call were dropped: log a line a call, not a line a row"))
}

/// Calls everything once.
async fn everything(stage: &Stage, plan: Plan) -> Result<Session, Not> {
    let script = &stage.script;
    let session = stage.open(plan).await?;
    let bound = session.bound();
    // Whether they succeed is the affair of other checks.
    let _account = session.watch(bound.check()).await;
    let _objects = session.watch(bound.objects()).await;
    let _fields = session.watch(bound.fields(script.object())).await;
    for operation in stage.operations() {
        let rows = stage.rows(*operation, 0, FEW).await?;
        let batch = script.batch(*operation, &format!("K70-{}", operation.as_str()), &rows);
        let _written = session.write(stage, batch).await;
    }
    Ok(session)
}

pub(super) async fn declared(stage: &Stage) -> Result<(), Not> {
    let session = everything(stage, Plan::Well).await?;
    let refused = session.seen().refusals;
    kept(refused.is_empty(), || format!("the host refused a request: {}", refused.join("; ")))?;
    scripted(&session.exchanges())
}

pub(super) async fn foreign_links(stage: &Stage) -> Result<(), Not> {
    let links = stage.open(Plan::Links).await?;
    let objects = links.watch(links.bound().objects()).await;
    let fields = links.watch(links.bound().fields(stage.script.object())).await;
    let rows = stage.rows(stage.script.main_operation(), 0, FEW).await?;
    let batch = stage.script.batch(stage.script.main_operation(), "K71", &rows);
    let written = Conduct::written(stage, &links, batch).await?;
    let refused = links.seen().refusals.len();
    if refused == 0 {
        return Err(Not::Applicable("the connector follows no link of the vendor's".to_owned()));
    }
    let failed = objects.is_err() || fields.is_err() || written.whole().is_some() || !written.of_rows().is_empty();
    kept(failed, || "the host refused a link to another host, and the call succeeded all the same".to_owned())
}
