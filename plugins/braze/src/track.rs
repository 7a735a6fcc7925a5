//! `/users/track`: attributes, events or purchases in one request.
//!
//! Braze names objects that it does not take by their place, and says nothing of the others: they are accepted, and applied
//! a little later.

use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Report, Row, log};
use serde_json::{Value, json};

use crate::config::Config;
use crate::object::Kind;
use crate::vendor_error::{Answer, Fault, snake};
use crate::{client, record};

/// Writes the rows by one request.
pub(crate) fn write(cx: &Context<Config>, kind: &Kind, batch: &Batch) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    if batch.is_empty() {
        return Ok(report);
    }
    check_size(cx, kind, batch)?;
    let key = batch.match_key()?;
    if !kind.match_keys().contains(&key) {
        let message = format!("{} cannot be found by {key}", kind.id());
        return Err(CallFailure::misconfigured("match_key_unsupported", message));
    }
    if *kind == Kind::Users
        && key != "external_id"
        && batch.into_iter().any(|row| row.fields().contains_key("external_id"))
    {
        let message = format!("users are found by {key}, and external_id is mapped too: Braze would go by that one");
        return Err(CallFailure::misconfigured("identity_ambiguous", message));
    }
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    for row in batch {
        match record::of(cx.config(), kind, batch.operation(), row, key) {
            Ok(object) => {
                rows.push(row);
                objects.push(Value::Object(object));
            }
            Err(detail) => report.rejected(row, detail),
        }
    }
    if rows.is_empty() {
        return Ok(report);
    }
    let array = array(kind);
    match client::track(cx).json(&json!({ array: objects })).send() {
        Ok(response) => {
            let answer: Answer = response.json()?;
            taken(&rows, array, &answer, &mut report)?;
            Ok(report)
        }
        Err(failure) => refused(failure, &rows, array, report),
    }
}

/// The array of a request that holds the objects.
fn array(kind: &Kind) -> &'static str {
    match kind {
        Kind::Events => "events",
        Kind::Purchases => "purchases",
        Kind::Users | Kind::Items(_) => "attributes",
    }
}

/// More objects than the contract allows would be refused whole.
pub(crate) fn check_size(cx: &Context<Config>, kind: &Kind, batch: &Batch) -> Result<(), CallFailure> {
    let most = cx.config().rows_max(kind, batch.operation());
    if batch.len() > most as usize {
        let message = format!("a request takes {most} objects, and {} came", batch.len());
        return Err(Failure::TooLarge(Detail::new("too_many_rows", message)).without_effect());
    }
    Ok(())
}

/// Settles the rows of a request that was accepted, at once (201) or for later (202).
fn taken(rows: &[&Row], array: &str, answer: &Answer, report: &mut Report) -> Result<(), CallFailure> {
    let message = answer.message.as_deref().unwrap_or_default();
    if message != "success" && message != "queued" {
        return Err(CallFailure::unreadable("an answer of success does not say so"));
    }
    let nameless = reject(rows, array, &answer.errors, report);
    for row in rows {
        match (nameless, rows) {
            // The one row is the only one that the error can be about.
            (Some(fault), [_]) => report.rejected(row, detail(fault)),
            (Some(_), _) => {}
            (None, _) if !report.is_answered(row) => report.accepted(row),
            (None, _) => {}
        }
    }
    if nameless.is_some() && rows.len() > 1 {
        log::warn("an error names no object: the rows that no other error names stay unknown");
    }
    Ok(())
}

/// Rejects the rows that errors name, and returns an error that names none.
fn reject<'a>(rows: &[&Row], array: &str, errors: &'a [Fault], report: &mut Report) -> Option<&'a Fault> {
    let mut nameless = None;
    for fault in errors {
        let ours = fault.array.as_deref().is_none_or(|named| named == array);
        match fault.index.filter(|_| ours).and_then(|index| rows.get(index)) {
            Some(row) if !report.is_answered(row) => report.rejected(row, detail(fault)),
            Some(_) => {}
            None => nameless = Some(fault),
        }
    }
    nameless
}

/// A refusal as a whole: nothing is stored. Where it names every row, each has its own words; otherwise the host halves the
/// batch until it does.
fn refused(failure: CallFailure, rows: &[&Row], array: &str, mut report: Report) -> Result<Report, CallFailure> {
    let CallFailure { failure: Failure::Unattributed(refusal), effect } = failure else { return Err(failure) };
    let (answer, refusal) = unfold(refusal);
    reject(rows, array, &answer.errors, &mut report);
    match rows {
        [row] if !report.is_answered(row) => {
            let words = answer.errors.first().map_or_else(|| refusal.clone(), detail);
            report.rejected(row, Detail { http_status: refusal.http_status, ..words });
            Ok(report)
        }
        _ if rows.iter().all(|row| report.is_answered(row)) => Ok(report),
        _ => Err(CallFailure { failure: Failure::Unattributed(refusal), effect }),
    }
}

/// The body that a refusal carries, and the refusal in words.
pub(crate) fn unfold(refusal: Detail) -> (Answer, Detail) {
    let answer: Answer = serde_json::from_str(&refusal.message).unwrap_or_default();
    let words = answer.message.clone().unwrap_or_else(|| refusal.message.clone());
    (answer, Detail { message: words, ..refusal })
}

pub(crate) fn detail(fault: &Fault) -> Detail {
    let words = if fault.words.is_empty() { "Braze does not say why".to_owned() } else { fault.words.clone() };
    let detail = Detail::new(fault.code.clone().unwrap_or_else(|| snake(&words)), words.clone());
    // `'price' is not valid` names the member.
    match words.split('\'').nth(1).filter(|_| words.starts_with('\'')) {
        Some(member) if !member.is_empty() => detail.with_field(member),
        _ => detail,
    }
}
