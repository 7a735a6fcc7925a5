//! A vendor that fails, and what the connector makes of it.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use offtake_core::destination::{CallFailure, Effect, Failure};
use offtake_core::ports::Destination;
use serde_json::{Map, Value};

use crate::check::Not;
use crate::conduct::{Conduct, carries, kept, not_broken, words};
use crate::session::Session;
use crate::stage::Stage;
use crate::vendor::{Exchange, Fault, Plan, Said, Scope};

/// Rows of a batch that meets a fault.
const FEW: usize = 4;
/// What a vendor asks to wait. The way out waits, too, before it sends the next request.
const WAIT: Duration = Duration::from_secs(2);
/// A wait by a date is counted from another moment than the connector's.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Writes a few rows to a vendor that fails each of them.
async fn failing(stage: &Stage, id: &str, fault: Fault) -> Result<(Conduct, Session), Not> {
    let down = matches!(fault, Fault::Down);
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, FEW).await?;
    let session = stage.open(Plan::writes(fault)).await?;
    let conduct = Conduct::written(stage, &session, script.batch(script.main_operation(), id, &rows)).await?;
    kept(down || !session.writes().is_empty(), || "no request that writes was sent".to_owned())?;
    conduct.none_done()?;
    Ok((conduct, session))
}

fn each(conduct: &Conduct, class: &str, is: impl Fn(&Failure) -> bool) -> Result<(), Not> {
    match conduct.failures().into_iter().find(|failure| !is(failure)) {
        None => Ok(()),
        Some(other) => Err(Not::Kept(format!("the failure is {} and not {class}", words(other)))),
    }
}

/// At least one failure says so, and none says something else.
fn named(conduct: &Conduct, class: &str, is: impl Fn(&Failure) -> bool) -> Result<(), Not> {
    kept(!conduct.failures().is_empty(), || format!("nothing says that the failure is {class}"))?;
    each(conduct, class, is)
}

fn is_limited(failure: &Failure) -> bool {
    matches!(failure, Failure::RateLimited { .. })
}

fn waits(conduct: &Conduct) -> Vec<Duration> {
    let asked = conduct.failures().into_iter().filter_map(|failure| match failure {
        Failure::RateLimited { retry_after, .. } => *retry_after,
        _ => None,
    });
    asked.collect()
}

async fn limited(stage: &Stage, id: &str, retry_after: String) -> Result<(), Not> {
    let (conduct, session) = failing(stage, id, Fault::come_back(429, retry_after)).await?;
    named(&conduct, "rate-limited", is_limited)?;
    let waits = waits(&conduct);
    let longest = waits.iter().max().copied();
    let right = longest.is_some_and(|wait| wait <= WAIT + TOLERANCE);
    kept(right, || format!("the vendor asks for {WAIT:?}, and the connector says {longest:?}"))?;
    kept(!session.seen().pauses.is_empty(), || "the host was not asked to pause".to_owned())
}

pub(super) async fn limited_seconds(stage: &Stage) -> Result<(), Not> {
    limited(stage, "K20", WAIT.as_secs().to_string()).await
}

pub(super) async fn limited_date(stage: &Stage) -> Result<(), Not> {
    // The date has no fraction: without a second more it may be over when it arrives.
    let at = SystemTime::now() + WAIT + Duration::from_secs(1);
    limited(stage, "K21", httpdate::fmt_http_date(at)).await
}

pub(super) async fn limited_bare(stage: &Stage) -> Result<(), Not> {
    let (conduct, _session) = failing(stage, "K22", Fault::status(429)).await?;
    named(&conduct, "rate-limited", is_limited)
}

/// The vendor may have acted: what failed is transient, and nothing is said of its effect.
fn uncertain(conduct: &Conduct) -> Result<(), Not> {
    each(conduct, "transient", |failure| matches!(failure, Failure::Transient(_)))?;
    conduct.effect_unknown()
}

pub(super) async fn server_errors(stage: &Stage) -> Result<(), Not> {
    for status in [500, 502, 503, 504] {
        let (conduct, _session) = failing(stage, &format!("K23-{status}"), Fault::status(status)).await?;
        uncertain(&conduct).map_err(|not| at(status, not))?;
    }
    Ok(())
}

fn at(status: u16, not: Not) -> Not {
    match not {
        Not::Kept(why) => Not::Kept(format!("status {status}: {why}")),
        other => other,
    }
}

pub(super) async fn outage_with_end(stage: &Stage) -> Result<(), Not> {
    let fault = Fault::come_back(503, WAIT.as_secs().to_string());
    let (conduct, _session) = failing(stage, "K24", fault).await?;
    each(&conduct, "rate-limited or transient", |failure| {
        is_limited(failure) || matches!(failure, Failure::Transient(_))
    })?;
    conduct.effect_unknown()
}

pub(super) async fn silence(stage: &Stage) -> Result<(), Not> {
    uncertain(&failing(stage, "K25", Fault::Silence).await?.0)
}

pub(super) async fn reset(stage: &Stage) -> Result<(), Not> {
    uncertain(&failing(stage, "K26", Fault::Reset).await?.0)
}

/// Whether the script's vendor answers a write without a body: then a body says nothing.
async fn answers_with_nothing(stage: &Stage, id: &str) -> Result<bool, Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, 1).await?;
    let session = stage.open(Plan::Well).await?;
    Conduct::written(stage, &session, script.batch(script.main_operation(), id, &rows)).await?.all_done()?;
    let is_empty = |exchange: &Exchange| matches!(&exchange.said, Said::Answer(answer) if answer.body.is_empty());
    let writes = session.writes();
    Ok(!writes.is_empty() && writes.iter().all(is_empty))
}

async fn unreadable(stage: &Stage, id: &str, fault: Fault) -> Result<(), Not> {
    if answers_with_nothing(stage, id).await? {
        return Err(Not::Applicable("the vendor's answers have no body".to_owned()));
    }
    let (conduct, _session) = failing(stage, id, fault).await?;
    conduct.effect_unknown()
}

pub(super) async fn truncated(stage: &Stage) -> Result<(), Not> {
    unreadable(stage, "K27", Fault::Truncated).await
}

pub(super) async fn garbage(stage: &Stage) -> Result<(), Not> {
    unreadable(stage, "K28", Fault::garbage()).await
}

pub(super) async fn page(stage: &Stage) -> Result<(), Not> {
    unreadable(stage, "K29", Fault::page()).await
}

pub(super) async fn huge(stage: &Stage) -> Result<(), Not> {
    failing(stage, "K30", Fault::Huge).await?.0.effect_unknown()
}

pub(super) async fn unauthorized(stage: &Stage) -> Result<(), Not> {
    let (conduct, _session) = failing(stage, "K31", Fault::status(401)).await?;
    named(&conduct, "auth", |failure| matches!(failure, Failure::Auth(_)))
}

pub(super) async fn forbidden(stage: &Stage) -> Result<(), Not> {
    let (conduct, _session) = failing(stage, "K32", Fault::status(403)).await?;
    named(&conduct, "forbidden", |failure| {
        is_limited(failure) || matches!(failure, Failure::Forbidden(_) | Failure::Auth(_))
    })
}

pub(super) async fn redirect(stage: &Stage) -> Result<(), Not> {
    let (_, session) = failing(stage, "K33", Fault::status(307)).await?;
    let refused = session.seen().refusals;
    kept(refused.is_empty(), || format!("it followed the redirect, and the host refused: {}", refused.join("; ")))
}

pub(super) async fn down(stage: &Stage) -> Result<(), Not> {
    let (conduct, _session) = failing(stage, "K34", Fault::Down).await?;
    named(&conduct, "transient", |failure| matches!(failure, Failure::Transient(_)))
}

pub(super) async fn middle(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, FEW).await?;
    let plan = Plan::Fault { fault: Fault::status(500), scope: Scope::Writes, after: 1 };
    let session = stage.open(plan).await?;
    let conduct = Conduct::written(stage, &session, script.batch(script.main_operation(), "K35", &rows)).await?;
    let writes = session.writes();
    if writes.len() < 2 {
        return Err(Not::Applicable("one request carries the whole batch".to_owned()));
    }
    let lost = conduct.whole().filter(|whole| whole.effect == Effect::None);
    kept(lost.is_none(), || "the call fails with effect `none`, and a request before had been answered".to_owned())?;
    if script.is_hashed() {
        return Ok(());
    }
    let answered = |row: &Map<String, Value>| {
        let said = writes.iter().filter(|exchange| matches!(exchange.said, Said::Answer(_)));
        said.into_iter().any(|exchange| carries(exchange, row, script.match_keys()))
    };
    let lied = conduct.done().into_iter().filter_map(|index| rows.get(index)).any(|row| !answered(row));
    kept(!lied, || "a row is said to be done whose request failed".to_owned())
}

pub(super) async fn no_retries(stage: &Stage) -> Result<(), Not> {
    for (name, fault) in [("429", Fault::status(429)), ("500", Fault::status(500)), ("reset", Fault::Reset)] {
        let (_, session) = failing(stage, &format!("K36-{name}"), fault).await?;
        let writes = session.writes();
        let distinct: BTreeSet<_> = writes.iter().map(Exchange::request).collect();
        let (sent, differ) = (writes.len(), distinct.len());
        kept(sent == differ, || format!("after {name}: of {sent} requests {} are the same again", sent - differ))?;
    }
    Ok(())
}

pub(super) async fn reading_fails(stage: &Stage) -> Result<(), Not> {
    let faults = [("401", Fault::status(401)), ("500", Fault::status(500)), ("garbage", Fault::garbage())];
    for (name, fault) in faults {
        for call in ["check", "discover-objects", "discover-fields"] {
            let session = stage.open(Plan::everything(fault.clone())).await?;
            let bound = session.bound();
            let answer: Result<(), CallFailure> = match call {
                "check" => session.watch(bound.check()).await.map(drop),
                "discover-objects" => session.watch(bound.objects()).await.map(drop),
                _ => session.watch(bound.fields(stage.script.object())).await.map(drop),
            };
            // What a connector knows by itself needs no vendor.
            if session.exchanges().is_empty() && answer.is_ok() {
                kept(call != "check", || "`check` sends no request, so it tries no credential".to_owned())?;
                continue;
            }
            let Err(failed) = answer else {
                return Err(Not::Kept(format!("`{call}` succeeds under {name}")));
            };
            not_broken(&failed)?;
            let right = match name {
                "401" => matches!(failed.failure, Failure::Auth(_)),
                "500" => matches!(failed.failure, Failure::Transient(_)),
                _ => true,
            };
            kept(right, || format!("`{call}` under {name} fails as {}", words(&failed.failure)))?;
        }
    }
    Ok(())
}
