//! What became of each row of a call: results have the order of the inputs.

use offtake_sdk::{Batch, CallFailure, Failure, Operation, OutcomeKind, Report, Response, Row, log};
use serde::Deserialize;
use serde_json::Value;

use crate::prepare::Item;
use crate::refusal::Reason;

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    result: Vec<Done>,
}

/// An element of `result`: leads and members are recorded. Other objects have a place `seq` and may have another id.
#[derive(Debug, Deserialize)]
struct Done {
    seq: Option<usize>,
    id: Option<Value>,
    #[serde(rename = "marketoGUID")]
    guid: Option<String>,
    status: Option<String>,
    #[serde(default)]
    reasons: Vec<Reason>,
}

/// Answers for the rows of a call.
///
/// # Errors
/// Fatal, where there is not one result for each input.
pub(crate) fn settle(
    batch: &Batch,
    items: &[Item<'_>],
    response: &Response,
    report: &mut Report,
) -> Result<(), CallFailure> {
    let answer: Answer = response.json()?;
    if answer.result.len() != items.len() {
        let message = format!("{} results came for {} inputs", answer.result.len(), items.len());
        return Err(CallFailure::unreadable(message));
    }
    for (place, done) in answer.result.iter().enumerate() {
        match items.get(done.seq.unwrap_or(place)) {
            Some(item) => settle_one(batch.operation(), item.row, done, report),
            None => return Err(CallFailure::unreadable("a result has a place that no input has")),
        }
    }
    Ok(())
}

fn settle_one(operation: Operation, row: &Row, done: &Done, report: &mut Report) {
    let id = done.guid.clone().or_else(|| done.id.as_ref().and_then(offtake_sdk::text));
    let id = id.or_else(|| row.remote_id().map(str::to_owned));
    match (done.status.as_deref().unwrap_or_default(), done.reasons.first()) {
        ("created" | "added", _) => report.done(row, OutcomeKind::Created, id),
        ("updated", _) => report.done(row, OutcomeKind::Updated, id),
        ("deleted" | "removed", _) => report.done(row, OutcomeKind::Deleted, id),
        ("memberof", _) => report.done(row, OutcomeKind::Unchanged, id),
        (_, Some(reason)) if is_gone(operation, &reason.code) => report.done(row, OutcomeKind::Deleted, id),
        (_, Some(reason)) => report.failed(row, failure(reason)),
        (status, None) => log::warn(&format!("row {} has the status {status:?} and no reason", row.index())),
    }
}

/// "Lead not found", "Object not found", "Lead not in list": what is to go is not there.
fn is_gone(operation: Operation, code: &str) -> bool {
    match operation {
        Operation::Delete => matches!(code, "1004" | "1013"),
        Operation::MemberRemove => matches!(code, "1004" | "1015"),
        _ => false,
    }
}

fn failure(reason: &Reason) -> Failure {
    match reason.code.as_str() {
        // Failed to create, in use, and the transient codes of a request.
        "1014" | "1022" | "1029" | "604" | "608" | "611" | "713" | "719" => Failure::Transient(reason.detail()),
        // A field that is not there, or that nobody can write, is the fault of the mapping: every row has it.
        "1006" | "1011" => Failure::SchemaChanged(reason.detail()),
        _ => Failure::Rejected(reason.detail()),
    }
}
