//! Whether what is said of rows is true: refused ones, sent ones, and those that go again.

use offtake_core::destination::Failure;
use serde_json::{Map, Value};

use crate::check::Not;
use crate::conduct::{Conduct, carries, kept, scripted, words};
use crate::stage::Stage;
use crate::vendor::{Exchange, Plan};

/// Enough for one row to be refused between others.
const FEW: usize = 4;

/// The host's word for a row that is said to be done although no request was answered.
const NOTHING_SENT: &str = "nothing_sent";

fn refuse(stage: &Stage, row: &mut Map<String, Value>) -> Result<(), Not> {
    let fields = stage.script.refused();
    if fields.is_empty() {
        return Err(Not::Applicable("the script has no `[refused]`".to_owned()));
    }
    row.extend(fields.iter().map(|(field, value)| (field.clone(), value.clone())));
    Ok(())
}

pub(super) async fn partial(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let operation = script.main_operation();
    let mut rows = stage.rows(operation, 0, FEW).await?;
    let Some(bad) = rows.get_mut(1) else {
        return Err(Not::Applicable("one call takes one row".to_owned()));
    };
    refuse(stage, bad)?;
    let session = stage.open(Plan::Well).await?;
    let conduct = Conduct::written(stage, &session, script.batch(operation, "K15", &rows)).await?;
    scripted(&session.exchanges())?;
    if let Some(whole) = conduct.whole() {
        // The host halves such a batch, and K16 says what the last half comes to.
        let halved = matches!(whole.failure, Failure::Unattributed(_) | Failure::Rejected(_));
        return kept(halved, || format!("the whole call fails as {}", words(&whole.failure)));
    }
    for index in 0..rows.len() {
        match (conduct.row(index), index) {
            (Some(Err(Failure::Rejected(detail))), 1) => {
                kept(!detail.code.is_empty() && !detail.message.is_empty(), || {
                    "the rejection has no code or no message".to_owned()
                })?;
            }
            (Some(Ok(_)), other) if other != 1 => {}
            (None, _) => {
                return Err(Not::Kept(format!("nothing is said of row {index}, and the vendor answered for it")));
            }
            (Some(Ok(_)), _) => return Err(Not::Kept("the row that the vendor refused is said to be done".to_owned())),
            (Some(Err(failure)), 1) => return Err(Not::Kept(format!("the refused row fails as {}", words(failure)))),
            (Some(Err(failure)), _) => {
                return Err(Not::Kept(format!("row {index} was not refused and fails as {}", words(failure))));
            }
        }
    }
    Ok(())
}

pub(super) async fn refused_alone(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let mut row = script.row(0);
    refuse(stage, &mut row)?;
    let session = stage.open(Plan::Well).await?;
    let conduct = Conduct::written(stage, &session, script.batch(script.main_operation(), "K16", &[row])).await?;
    scripted(&session.exchanges())?;
    match (conduct.row(0), conduct.whole()) {
        (Some(Err(Failure::Rejected(_))), _) => Ok(()),
        (Some(Err(failure)), _) => Err(Not::Kept(format!("it fails as {}", words(failure)))),
        (Some(Ok(_)), _) => Err(Not::Kept("it is said to be done".to_owned())),
        (None, Some(whole)) => Err(Not::Kept(format!("the whole call fails as {}", words(&whole.failure)))),
        (None, None) => Err(Not::Kept("nothing is said of it".to_owned())),
    }
}

pub(super) async fn sent(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    for operation in stage.operations() {
        let rows = stage.rows(*operation, 0, FEW).await?;
        let session = stage.open(Plan::Well).await?;
        let name = format!("K17-{}", operation.as_str());
        let conduct = Conduct::written(stage, &session, script.batch(*operation, &name, &rows)).await?;
        let exchanges = session.exchanges();
        let done = conduct.done();
        // The host turns such a row into a failure of its own.
        let caught = conduct.failures().iter().any(|failure| failure.detail().code == NOTHING_SENT);
        kept(!caught, || "rows are said to be done, and no request was sent".to_owned())?;
        let lied = !done.is_empty() && exchanges.is_empty();
        kept(!lied, || format!("{} rows are said to be done, and no request was sent", done.len()))?;
        if script.is_hashed() {
            continue;
        }
        for row in done.into_iter().filter_map(|index| rows.get(index)) {
            let stood = exchanges.iter().any(|exchange| carries(exchange, row, script.match_keys()));
            kept(stood, || "a row is said to be done, and its match value stood in no request".to_owned())?;
        }
    }
    Ok(())
}

/// Method, path and body of each write, in an order that does not depend on which was first.
fn sorted(exchanges: &[Exchange]) -> Vec<(String, String, Vec<u8>)> {
    let mut requests: Vec<_> = exchanges
        .iter()
        .map(Exchange::request)
        .map(|(method, path, body)| (method.to_owned(), path.to_owned(), body.to_vec()))
        .collect();
    requests.sort();
    requests
}

pub(super) async fn same_requests(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, FEW).await?;
    let first = script.batch(script.main_operation(), "K18", &rows);
    let mut again = first.clone();
    again.attempt = 2;
    let session = stage.open(Plan::Well).await?;
    let mut requests = Vec::new();
    for request in [first, again] {
        let before = session.writes().len();
        Conduct::written(stage, &session, request).await?.all_done()?;
        requests.push(sorted(session.writes().get(before..).unwrap_or_default()));
    }
    let same = requests.first() == requests.last();
    kept(same, || "the same batch leads to other requests the second time: method, path or body differ".to_owned())
}

pub(super) async fn idempotency(stage: &Stage) -> Result<(), Not> {
    let Some(header) = stage.manifest().idempotency_header.clone() else {
        return Err(Not::Applicable("the manifest names no `idempotency_header`".to_owned()));
    };
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), 0, FEW).await?;
    let batch = script.batch(script.main_operation(), "K19", &rows);
    let known: Vec<String> =
        batch.refs.iter().map(|row| row.idempotency_key.clone()).chain([batch.batch_id.clone()]).collect();
    let session = stage.open(Plan::Well).await?;
    Conduct::written(stage, &session, batch).await?.all_done()?;
    for exchange in session.writes() {
        let key = exchange.header(&header);
        let (method, path) = (&exchange.method, &exchange.path);
        let key = key.ok_or_else(|| Not::Kept(format!("{method} {path} carries no `{header}`")))?;
        kept(known.iter().any(|own| key.contains(own)), || {
            format!("{method} {path} carries `{header}: {key}`, which is no key of its rows: the host mints them")
        })?;
    }
    Ok(())
}
