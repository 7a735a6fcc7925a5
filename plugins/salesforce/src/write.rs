//! Which way a batch goes: by Collections calls, or as a Bulk API 2.0 job.

use offtake_sdk::{Batch, CallFailure, Context, Detail, Operation, OutcomeKind, Progress, Report};

use crate::bulk;
use crate::collections;
use crate::config::{Config, limits};
use crate::find::{self, Found};
use crate::prepare::{self, Item, RECORD_ID};

/// Begins to write the rows. A job is only made here: nothing is written by it before it is filled and closed.
pub(crate) fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
    limits(batch.operation())?;
    if batch.len() > cx.config().bulk_above && bulk::can_take(batch)? {
        return bulk::start(cx, batch);
    }
    by_collections(cx, batch).map(Progress::Done)
}

/// Writes the rows by Collections calls.
pub(crate) fn by_collections(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
    limits(batch.operation())?;
    let mut report = Report::new(batch);
    let mut items = prepare::items(batch, &mut report)?;
    if matches!(batch.operation(), Operation::Update | Operation::Delete) {
        items = identified(cx, batch, items, &mut report)?;
    }
    if items.is_empty() {
        return Ok(report);
    }
    collections::write(cx, batch, items, report)
}

/// Finds the ids of records that are known by another field. The update and delete calls take nothing but ids, and the upsert
/// call has no way to update only.
fn identified<'a>(
    cx: &Context<Config>,
    batch: &Batch,
    items: Vec<Item<'a>>,
    report: &mut Report,
) -> Result<Vec<Item<'a>>, CallFailure> {
    let key = batch.match_key()?;
    let wanted: Vec<&str> = items.iter().filter(|item| item.id.is_none()).map(|item| item.key.as_str()).collect();
    if wanted.is_empty() {
        return Ok(items);
    }
    let records = find::by_key(cx, batch.object(), key, &wanted, &[]).map_err(find::of_the_question)?;
    let mut identified = Vec::with_capacity(items.len());
    for item in items {
        if item.id.is_some() {
            identified.push(item);
            continue;
        }
        let reject = |code: &str, message: &str| Detail::new(code, message).with_field(key);
        match records.get(&item.key) {
            Found::One(record) => {
                let id = record.get(RECORD_ID).and_then(offtake_sdk::text);
                identified.push(Item { id, ..item });
            }
            Found::None if batch.operation() == Operation::Delete => report.done(item.row, OutcomeKind::Deleted, None),
            Found::None => report.rejected(item.row, reject("record_not_found", "no record has this match key")),
            Found::Several => {
                report.rejected(item.row, reject("match_key_not_unique", "several records have this match key"));
            }
            Found::Unclear => report.rejected(
                item.row,
                reject("record_not_identified", "Salesforce found a record under another value of the match key"),
            ),
        }
    }
    Ok(identified)
}
