//! sObject Collections: calls of 200 records whose results have the order of the records.

use std::collections::BTreeSet;

use offtake_sdk::http::Request;
use offtake_sdk::{
    Batch, CallFailure, Context, Detail, Effect, Failure, Operation, OutcomeKind, Report, Response, clock, log,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chunk::{Chunk, waves};
use crate::config::{Config, IN_FLIGHT_MAX, unsupported};
use crate::judge::{self, RecordError};
use crate::prepare::{Item, match_key};
use crate::{client, find, record, schema};

/// So long a wave may take: a call that the host ends leaves its rows unknown, and a row that was not sent does not.
const WAVE_MS_MAX: u64 = 30_000;

/// An element of the answer: recorded, but for `created`, which an upsert has.
#[derive(Debug, Deserialize)]
struct Saved {
    #[serde(default)]
    id: Option<String>,
    success: bool,
    #[serde(default)]
    errors: Vec<Refused>,
    created: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    status_code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// Writes the rows, wave after wave.
///
/// # Errors
/// The failure of all calls, where none succeeded.
pub(crate) fn write(
    cx: &Context<Config>,
    batch: &Batch,
    items: Vec<Item<'_>>,
    mut report: Report,
) -> Result<Report, CallFailure> {
    let items = sendable(batch, items, &mut report);
    let mut answered: Vec<Chunk<'_>> = Vec::new();
    let mut failed: Vec<(Chunk<'_>, CallFailure)> = Vec::new();
    let mut checkboxes: Option<BTreeSet<String>> = None;
    for mut wave in waves(items) {
        if let Some((_, failure)) = failed.iter().find(|(_, failure)| meets_all(failure)) {
            // What stopped one call would stop the next.
            let failure = failure.failure.clone().without_effect();
            failed.extend(wave.into_iter().map(|chunk| (chunk, failure.clone())));
            continue;
        }
        if clock::remaining_ms() < WAVE_MS_MAX {
            let detail = Detail::new("out_of_time", "there was no time left to send the row");
            let failure = Failure::Transient(detail).without_effect();
            failed.extend(wave.into_iter().map(|chunk| (chunk, failure.clone())));
            continue;
        }
        if let Some(checkboxes) = &checkboxes {
            wave.iter_mut().for_each(|chunk| _ = booleans_as_texts(chunk, checkboxes));
        }
        let requests = wave.iter().map(|chunk| request(cx, batch, chunk)).collect::<Result<_, _>>()?;
        let answers = cx.http().send_all(requests, IN_FLIGHT_MAX);
        for (mut chunk, answer) in wave.into_iter().zip(answers) {
            let answer = match answer {
                Err(refusal) if is_boolean_for_text(&refusal) => {
                    as_texts(cx, batch, &mut chunk, &mut checkboxes, refusal)
                }
                answer => answer,
            };
            match answer.and_then(|response| settle(batch, &chunk, &response, &mut report)) {
                Ok(()) => answered.push(chunk),
                Err(failure) => failed.push((chunk, failure)),
            }
        }
    }
    match (answered.is_empty(), whole(&failed)) {
        (true, Some(failure)) => Err(failure),
        _ => {
            failed.iter().for_each(|(chunk, failure)| fail(chunk, failure, &mut report));
            Ok(report)
        }
    }
}

/// Whether a call was refused because a text field was given a boolean. Which field it was the refusal does not say.
fn is_boolean_for_text(refusal: &CallFailure) -> bool {
    let Detail { code, message, .. } = refusal.failure.detail();
    let is_boolean = message.contains("from VALUE_TRUE") || message.contains("from VALUE_FALSE");
    refusal.effect == Effect::None && code == "json_parser_error" && is_boolean
}

/// Sends a refused call once more, with texts for the booleans of all fields that are no checkboxes. Rows of such a mapping are not
/// at fault, and each of them would be rejected. `checkboxes` are asked for once a batch.
fn as_texts(
    cx: &Context<Config>,
    batch: &Batch,
    chunk: &mut Chunk<'_>,
    checkboxes: &mut Option<BTreeSet<String>>,
    refusal: CallFailure,
) -> Result<Response, CallFailure> {
    let known = match checkboxes.take() {
        Some(known) => known,
        None => schema::checkboxes(cx, batch.object()).map_err(find::of_the_question)?,
    };
    let is_mended = booleans_as_texts(chunk, &known);
    *checkboxes = Some(known);
    if is_mended { request(cx, batch, chunk)?.send() } else { Err(refusal) }
}

/// Whether there was any such boolean.
fn booleans_as_texts(chunk: &mut Chunk<'_>, checkboxes: &BTreeSet<String>) -> bool {
    chunk.iter_mut().filter_map(|item| record::booleans_as_texts(&mut item.record, checkboxes).then_some(())).count()
        > 0
}

/// Puts rows into records. Rows whose values cannot be written are answered at once.
fn sendable<'a>(batch: &Batch, items: Vec<Item<'a>>, report: &mut Report) -> Vec<Item<'a>> {
    if batch.operation() == Operation::Delete {
        return items;
    }
    let mut sendable = Vec::with_capacity(items.len());
    for item in items {
        match record::record(batch, &item) {
            Ok(record) => sendable.push(Item { record, ..item }),
            Err(detail) => report.rejected(item.row, detail),
        }
    }
    sendable
}

fn request<'a>(cx: &'a Context<Config>, batch: &Batch, chunk: &[Item<'_>]) -> Result<Request<'a>, CallFailure> {
    let request = match batch.operation() {
        Operation::Insert => client::collection(cx, "POST"),
        Operation::Update => client::collection(cx, "PATCH"),
        Operation::Upsert => client::collection_upsert(cx, batch.object(), match_key(batch)?.unwrap_or_default()),
        Operation::Delete => {
            let ids: Vec<&str> = chunk.iter().filter_map(|item| item.id.as_deref()).collect();
            return Ok(client::collection_delete(cx, &ids));
        }
        operation @ (Operation::Append | Operation::MemberAdd | Operation::MemberRemove) => {
            return Err(unsupported(operation));
        }
    };
    let records: Vec<&Value> = chunk.iter().map(|item| &item.record).collect();
    Ok(request.json(&json!({"allOrNone": false, "records": records})))
}

fn settle(batch: &Batch, chunk: &[Item<'_>], response: &Response, report: &mut Report) -> Result<(), CallFailure> {
    let results: Vec<Saved> = response.json()?;
    if results.len() != chunk.len() {
        let message = format!("{} results came for {} records", results.len(), chunk.len());
        return Err(CallFailure::unreadable(message));
    }
    for (item, result) in chunk.iter().zip(results) {
        match (result.success, result.errors.into_iter().next()) {
            (true, _) => {
                let id = result.id.or_else(|| item.id.clone());
                report.done(item.row, kind(batch.operation(), result.created), id);
            }
            (false, Some(error)) => {
                let field = error.fields.into_iter().next();
                let error = RecordError { code: error.status_code, message: error.message, field };
                judge::settle(batch, item.row, &error, report);
            }
            (false, None) => log::warn(&format!("row {} failed without an error", item.row.index())),
        }
    }
    Ok(())
}

/// What a success did.
pub(crate) fn kind(operation: Operation, created: Option<bool>) -> OutcomeKind {
    match (operation, created) {
        (Operation::Insert, _) | (Operation::Upsert, Some(true)) => OutcomeKind::Created,
        (Operation::Upsert, None) => OutcomeKind::Accepted,
        (Operation::Delete, _) => OutcomeKind::Deleted,
        _ => OutcomeKind::Updated,
    }
}

/// Whether the next call would fail for the same reason.
fn meets_all(failure: &CallFailure) -> bool {
    !matches!(failure.failure, Failure::Unattributed(_) | Failure::Rejected(_) | Failure::TooLarge(_))
}

/// The failure of the call as a whole: one whose effect is unknown makes all unknown.
fn whole(failed: &[(Chunk<'_>, CallFailure)]) -> Option<CallFailure> {
    let unknown = failed.iter().find(|(_, failure)| failure.effect == Effect::Unknown);
    unknown.or_else(|| failed.first()).map(|(_, failure)| failure.clone())
}

/// Answers for the rows of a call that failed while another succeeded. Rows of unknown fate stay without an answer.
fn fail(chunk: &[Item<'_>], failure: &CallFailure, report: &mut Report) {
    let CallFailure { failure, effect: Effect::None } = failure else { return };
    // Of several rows one is to blame, and nobody knows which. They go again, without the rows that are done: then the call
    // is refused whole, and the host halves it.
    let failure = match failure {
        Failure::Unattributed(detail) | Failure::TooLarge(detail) if chunk.len() > 1 => {
            Failure::Transient(detail.clone())
        }
        Failure::Unattributed(detail) => Failure::Rejected(detail.clone()),
        other => other.clone(),
    };
    chunk.iter().for_each(|item| report.failed(item.row, failure.clone()));
}
