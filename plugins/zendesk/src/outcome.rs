//! Which row a result of a job is about, and what it means for the row.
//!
//! A result names its place (`index`), or stands at it: Zendesk answers a bulk call in the order of its records. A developer
//! advocate of Zendesk's has confirmed that in public for create-or-update of users, and a recorded `create_many` of fifty
//! organizations shows it. A result that contradicts the row at its place settles nothing.

use offtake_sdk::{Batch, Detail, Failure, Operation, OutcomeKind, Report, Row, log, text};
use serde_json::Value;

use crate::answer::{JobResult, JobStatus, Told};
use crate::job::Job;
use crate::object::Key;
use crate::vendor_error::snake;

/// Answers for every row that the results speak of. The others stay unknown.
pub(crate) fn settle(batch: &Batch, job: &Job, answer: &JobStatus, report: &mut Report) {
    let results = answer.results.as_deref().unwrap_or_default();
    let in_order = results.len() == job.sent.len();
    for (position, result) in results.iter().enumerate() {
        let told = match result {
            JobResult::Told(told) => Some(told),
            JobResult::Word(_) | JobResult::Other => None,
        };
        let place = told.and_then(|told| place(job, told)).or(in_order.then_some(position));
        let Some((row, id)) = place.and_then(|place| row_at(batch, job, place)) else { continue };
        if report.is_answered(row) || told.is_some_and(|told| contradicts(row, id, told)) {
            continue;
        }
        match result {
            JobResult::Told(told) => match failure(told) {
                Some(detail) => fail(batch.operation(), row, detail, report),
                None if !is_done(told) => {}
                None => report.done(row, kind(batch.operation(), told), remote_id(told).or(id.map(str::to_owned))),
            },
            JobResult::Word(word) if word == "success" => {
                report.done(row, kind(batch.operation(), &Told::default()), id.map(str::to_owned));
            }
            JobResult::Word(_) | JobResult::Other => {}
        }
    }
    let open = batch.rows().iter().filter(|row| !report.is_answered(row)).count();
    if open > 0 {
        let words = answer.message.as_deref().map(|_| ", and its message is about the whole").unwrap_or_default();
        log::warn(&format!("{open} rows stay unknown: the job is {} and names none of them{words}", answer.status));
    }
}

/// The place that a result names: its index, or the record's id where the request named records by it.
fn place(job: &Job, told: &Told) -> Option<usize> {
    let by_id = || {
        let id = text(&told.id)?;
        job.sent.iter().position(|(_, sent)| sent.as_deref() == Some(id.as_str()))
    };
    told.index.filter(|index| *index < job.sent.len()).or_else(by_id)
}

fn row_at<'a>(batch: &'a Batch, job: &'a Job, place: usize) -> Option<(&'a Row, Option<&'a str>)> {
    let (row, id) = job.sent.get(place)?;
    Some((batch.rows().get(*row as usize)?, id.as_deref()))
}

/// Whether a result shows another id, address or external id than its row has.
fn contradicts(row: &Row, id: Option<&str>, told: &Told) -> bool {
    let other = |key: Key, shown: &Value| {
        let own = row.fields().get(key.name()).and_then(text);
        matches!((text(shown), own), (Some(shown), Some(own)) if key.comparable(&shown) != key.comparable(&own))
    };
    // A failed result of a create-or-update has its place under `id`.
    let other_id = failure(told).is_none() && matches!((text(&told.id), id), (Some(shown), Some(own)) if shown != own);
    other_id || other(Key::Email, &told.email) || other(Key::ExternalId, &told.external_id)
}

/// Whether a result says that the record was written: by a word for it, or by the record's id alone. A word that nobody knows says nothing.
fn is_done(told: &Told) -> bool {
    match (told.success, told.status.as_deref()) {
        (Some(success), _) => success,
        (None, Some(status)) => matches!(status, "Created" | "Updated" | "Deleted" | "Success"),
        (None, None) => !told.id.is_null(),
    }
}

fn failure(told: &Told) -> Option<Detail> {
    let failed = told.error.is_some() || told.success == Some(false) || told.status.as_deref() == Some("Failed");
    if !failed {
        return None;
    }
    let code = told.error.as_deref().map_or_else(|| "record_failed".to_owned(), snake);
    let words = [&told.details, &told.errors].into_iter().find(|words| !words.is_null());
    let message = words.map(|words| text(words).unwrap_or_else(|| words.to_string()));
    let message = message.unwrap_or_else(|| "Zendesk does not say why".to_owned());
    let field = field_of(&message);
    let detail = Detail::new(code, message);
    Some(match field {
        Some(field) => detail.with_field(field),
        None => detail,
    })
}

/// The attribute that the words begin with: `Email: x is not properly formatted`.
fn field_of(message: &str) -> Option<String> {
    let (title, _) = message.split_once(':')?;
    let known =
        title.len() <= 64 && !title.is_empty() && title.chars().all(|letter| letter.is_alphanumeric() || letter == ' ');
    let name = snake(title);
    known.then(|| if name == "external" || name == "organization" { format!("{name}_id") } else { name })
}

fn fail(operation: Operation, row: &Row, detail: Detail, report: &mut Report) {
    let words = format!("{} {}", detail.code, detail.message).to_lowercase();
    let says = |part: &str| words.contains(part);
    // A record that is not there is deleted already.
    if operation == Operation::Delete && (says("not found") || says("not_found")) {
        report.deleted(row);
    } else if says("rate limit") {
        report.failed(row, Failure::rate_limited(None, Some("updates_of_one_record".to_owned()), detail));
    } else if says("conflict") || says("database") || says("timeout") {
        report.failed(row, Failure::Transient(detail));
    } else {
        report.rejected(row, detail);
    }
}

fn kind(operation: Operation, told: &Told) -> OutcomeKind {
    match (operation, told.status.as_deref()) {
        (Operation::Delete, _) => OutcomeKind::Deleted,
        (Operation::Insert, _) | (_, Some("Created")) => OutcomeKind::Created,
        (Operation::Update, _) | (_, Some("Updated")) => OutcomeKind::Updated,
        _ => OutcomeKind::Accepted,
    }
}

fn remote_id(told: &Told) -> Option<String> {
    text(&told.id)
}
