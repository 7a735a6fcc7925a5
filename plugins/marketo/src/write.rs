//! Which way a batch goes: by calls of 300 rows, or as a bulk import.

use offtake_sdk::http::encode;
use offtake_sdk::{Batch, CallFailure, Context, Detail, Operation, OutcomeKind, Progress, Report};
use serde_json::{Value, json};

use crate::config::{Config, limits};
use crate::find::{self, Found};
use crate::kind::{Kind, LEAD_ID, LEADS};
use crate::prepare::{self, Item};
use crate::{body, calls, client, import};

/// Begins to write the rows.
pub(crate) fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
    let kind = Kind::of(batch.object());
    limits(&kind, batch.operation())?;
    let is_large = batch.len() > cx.config().bulk_above;
    if is_large && kind == Kind::Leads && batch.operation() == Operation::Upsert && import::can_take(batch) {
        return import::start(cx, batch);
    }
    by_calls(cx, batch).map(Progress::Done)
}

/// Writes the rows by calls that answer for each.
pub(crate) fn by_calls(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
    let kind = Kind::of(batch.object());
    limits(&kind, batch.operation())?;
    let mut report = Report::new(batch);
    let items = prepare::items(batch, &mut report);
    let items = match (&kind, batch.operation()) {
        (Kind::Leads, Operation::Delete) | (Kind::Members(_), _) => with_ids(cx, batch, items, &mut report)?,
        (Kind::Other(_), Operation::Delete) => {
            items.into_iter().map(|item| Item { record: body::key_record(batch, &item), ..item }).collect()
        }
        (Kind::Leads | Kind::Other(_), _) => {
            if kind == Kind::Leads && batch.operation() != Operation::Insert {
                batch.match_key()?;
            }
            items.into_iter().map(|item| Item { record: body::record(&item), ..item }).collect()
        }
    };
    if items.is_empty() {
        return Ok(report);
    }
    let partition = cx.config().partition.as_deref();
    let object = client::object_path(batch.object());
    let request = |records: &[&Value]| match (&kind, batch.operation()) {
        (Kind::Leads, Operation::Delete) => {
            client::rest(cx, "POST", "leads/delete.json").json(&json!({"input": records}))
        }
        (Kind::Leads, _) => client::rest(cx, "POST", "leads.json").json(&body::leads(batch, partition, records)),
        (Kind::Members(list), Operation::MemberRemove) => {
            // As recorded: the ids stand in the query.
            let ids: Vec<String> = records.iter().map(|record| format!("id={}", id_text(record))).collect();
            client::rest(cx, "DELETE", &format!("lists/{}/leads.json?{}", encode(list), ids.join("&")))
        }
        (Kind::Members(list), _) => {
            client::rest(cx, "POST", &format!("lists/{}/leads.json", encode(list))).json(&json!({"input": records}))
        }
        (Kind::Other(_), Operation::Delete) => {
            client::rest(cx, "POST", &format!("{object}/delete.json")).json(&body::others(batch, records))
        }
        (Kind::Other(_), _) => client::rest(cx, "POST", &format!("{object}.json")).json(&body::others(batch, records)),
    };
    calls::send(cx, batch, items, request, report)
}

fn id_text(record: &Value) -> String {
    record.get(LEAD_ID).and_then(offtake_sdk::text).unwrap_or_default()
}

/// Leads are deleted, and put on lists, by their id alone: the host's, the row's, or the one of the lead that is found.
fn with_ids<'a>(
    cx: &Context<Config>,
    batch: &Batch,
    items: Vec<Item<'a>>,
    report: &mut Report,
) -> Result<Vec<Item<'a>>, CallFailure> {
    let key = batch.match_key()?;
    let own = |item: &Item<'_>| {
        let id = if key == LEAD_ID { Some(item.key.as_str()) } else { item.row.remote_id() };
        id.and_then(|id| id.parse::<u64>().ok())
    };
    let wanted: Vec<&str> =
        items.iter().filter(|item| key != LEAD_ID && own(item).is_none()).map(|item| item.key.as_str()).collect();
    let records = match wanted.as_slice() {
        [] => find::Records::default(),
        wanted => find::by_key(cx, LEADS, key, wanted, &[LEAD_ID])?,
    };
    let mut identified = Vec::with_capacity(items.len());
    for item in items {
        let reject = |code: &str, message: &str| Detail::new(code, message).with_field(key);
        let found = match own(&item) {
            Some(id) => Some(Value::from(id)),
            None if key == LEAD_ID => {
                report.rejected(item.row, reject("id_invalid", "the id of a lead is a number"));
                continue;
            }
            None => match records.get(&item.key) {
                Found::One(record) => record.get(LEAD_ID).cloned(),
                Found::None if batch.operation() == Operation::MemberAdd => {
                    report.rejected(item.row, reject("lead_not_found", "no lead has this match key"));
                    continue;
                }
                Found::None => {
                    report.done(item.row, OutcomeKind::Deleted, None);
                    continue;
                }
                Found::Several => {
                    report.rejected(item.row, reject("match_key_not_unique", "several leads have this match key"));
                    continue;
                }
                Found::Unclear => {
                    report.rejected(item.row, reject("lead_not_identified", "the match key cannot be looked up"));
                    continue;
                }
            },
        };
        identified.push(Item { record: json!({LEAD_ID: found}), ..item });
    }
    Ok(identified)
}
