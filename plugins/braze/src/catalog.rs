//! Items of a catalog, by the bulk calls that Braze accepts (202) and applies a little later.
//!
//! One item that is wrong refuses the call.

use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Operation, Report, Row, text};
use serde_json::{Map, Value, json};

use crate::config::{Config, FIFTY};
use crate::vendor_error::Answer;
use crate::{attribute, client, track};

/// The field by which items are found.
const ID: &str = "id";

/// Writes the rows by one request.
pub(crate) fn write(cx: &Context<Config>, catalog: &str, batch: &Batch) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    if batch.is_empty() {
        return Ok(report);
    }
    if batch.len() > FIFTY as usize {
        let message = format!("a request takes {FIFTY} items, and {} came", batch.len());
        return Err(Failure::TooLarge(Detail::new("too_many_rows", message)).without_effect());
    }
    if batch.operation() != Operation::Insert && batch.match_key()? != ID {
        return Err(CallFailure::misconfigured("match_key_unsupported", "items are found by id alone"));
    }
    let method = match batch.operation() {
        Operation::Insert => "POST",
        Operation::Update => "PATCH",
        Operation::Delete => "DELETE",
        _ => "PUT",
    };
    let (mut rows, mut items): (Vec<(&Row, String)>, Vec<Value>) = (Vec::new(), Vec::new());
    for row in batch {
        match row.fields().get(ID).and_then(text).filter(|id| !id.is_empty()) {
            // Two items of one id in a request would be refused: the second goes with the next.
            Some(id) if rows.iter().any(|(_, known)| *known == id) => {}
            Some(id) => {
                items.push(item(cx.config(), row, &id, batch.operation()));
                rows.push((row, id));
            }
            None => report.rejected(row, Detail::new("match_value_missing", "an item needs an id").with_field(ID)),
        }
    }
    if rows.is_empty() {
        return Ok(report);
    }
    match client::items(cx, method, catalog).json(&json!({ "items": items })).send() {
        Ok(response) => {
            let answer: Answer = response.json()?;
            if answer.message.as_deref() != Some("success") {
                return Err(CallFailure::unreadable("an answer of success does not say so"));
            }
            for (row, _) in rows {
                if batch.operation() == Operation::Delete { report.deleted(row) } else { report.accepted(row) }
            }
            Ok(report)
        }
        Err(failure) => refused(failure, &rows, report),
    }
}

fn item(config: &Config, row: &Row, id: &str, operation: Operation) -> Value {
    let mut item = Map::new();
    if operation != Operation::Delete {
        for (name, given) in row.fields() {
            let is_number = config.number_attributes.contains(name);
            attribute::put(&mut item, name, attribute::value(name, given, is_number));
        }
    }
    item.insert(ID.to_owned(), json!(id));
    Value::Object(item)
}

/// One item that is wrong refuses all. Where the error names every row, or there is one, it is theirs; otherwise the host
/// halves the batch.
fn refused(failure: CallFailure, rows: &[(&Row, String)], mut report: Report) -> Result<Report, CallFailure> {
    let CallFailure { failure: Failure::Unattributed(refusal), effect } = failure else { return Err(failure) };
    let (answer, refusal) = track::unfold(refusal);
    let words = answer.errors.first().map_or(refusal, track::detail);
    let named = |id: &String| answer.errors.iter().any(|fault| fault.values.contains(id));
    if rows.len() > 1 && !rows.iter().all(|(_, id)| named(id)) {
        return Err(CallFailure { failure: Failure::Unattributed(words), effect });
    }
    for (row, id) in rows {
        let own = answer.errors.iter().find(|fault| fault.values.contains(id));
        report.rejected(row, own.map_or_else(|| words.clone(), track::detail));
    }
    Ok(report)
}
