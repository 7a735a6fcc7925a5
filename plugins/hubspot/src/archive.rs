//! Delete: find the records' ids where the host has not kept them, then archive.

use std::collections::BTreeSet;

use offtake_sdk::{Batch, CallFailure, Context, Report, Row};
use serde_json::json;

use crate::config::Config;
use crate::request::{self, RECORD_ID, Sent};
use crate::response::BatchAnswer;
use crate::write::refused;
use crate::{client, outcome, read};

/// Archives the rows' records. A record that is not there counts as deleted.
pub(crate) fn archive(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
    request::check_size(batch)?;
    let match_key = batch.match_key()?;
    let mut report = Report::new(batch);
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for row in batch {
        match (row.remote_id(), request::id_of(row, match_key)) {
            (Some(id), _) => found.push((row, id.to_owned())),
            (None, Ok(id)) if match_key == RECORD_ID => found.push((row, id)),
            (None, Ok(_)) => wanted.push(row),
            (None, Err(detail)) => report.rejected(row, detail),
        }
    }
    if !wanted.is_empty() {
        found.extend(look_up(cx, batch.object(), match_key, &wanted, &mut report)?);
    }
    if found.is_empty() {
        return Ok(report);
    }
    send(cx, batch.object(), &found, report)
}

fn send(
    cx: &Context<Config>,
    object: &str,
    found: &[(&Row, String)],
    mut report: Report,
) -> Result<Report, CallFailure> {
    let ids: BTreeSet<&str> = found.iter().map(|(_, id)| id.as_str()).collect();
    let inputs: Vec<_> = ids.into_iter().map(|id| json!({"id": id})).collect();
    let response = match client::batch(cx, object, "archive").json(&json!({"inputs": inputs})).send() {
        Ok(response) => response,
        Err(failure) => {
            let rows = found.iter().map(|(row, _)| *row).collect();
            return refused(failure, &Sent { rows, match_key: Some(RECORD_ID) }, report);
        }
    };
    // 204 says it of all. A body can only be a 207, which names the ids that failed.
    let answer: BatchAnswer = if response.body().is_empty() { BatchAnswer::default() } else { response.json()? };
    for error in answer.errors.iter().filter(|error| error.category != "OBJECT_NOT_FOUND") {
        let failed = error.context.get("ids").into_iter().flatten().collect::<BTreeSet<_>>();
        for (row, _) in found.iter().filter(|(_, id)| failed.is_empty() || failed.contains(id)) {
            if !report.is_answered(row) {
                report.failed(row, outcome::failure(error));
            }
        }
    }
    for (row, _) in found {
        if !report.is_answered(row) {
            report.deleted(row);
        }
    }
    Ok(report)
}

/// Finds the ids of records by their match key.
fn look_up<'a>(
    cx: &Context<Config>,
    object: &str,
    match_key: &str,
    wanted: &[&'a Row],
    report: &mut Report,
) -> Result<Vec<(&'a Row, String)>, CallFailure> {
    let keys: Vec<&str> = wanted.iter().filter_map(|row| row.match_text()).collect();
    let records = read::by_key(cx, object, match_key, &keys, &[])?;
    let mut found = Vec::new();
    for row in wanted {
        match row.match_text().and_then(|key| records.get(key)) {
            Some(record) => found.push((*row, record.id.clone())),
            None if records.strangers() == 0 => report.deleted(row),
            None => report.rejected(row, records.absent("record_not_found").with_field(match_key)),
        }
    }
    Ok(found)
}
