//! Bulk API 2.0: a batch as one ingest job.
//!
//! `start` makes the job and nothing else, and a poll takes one step that can be asked for again: a step that failed on the way is no
//! reason to send the rows a second time. A job that is never closed never runs.

mod job;
mod results;
mod sheet;

use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Operation, Progress, Report};
use serde_json::json;

use self::job::{Job, State, Step};
use crate::client;
use crate::config::Config;
use crate::prepare::{self, RECORD_ID};

/// Between two steps of which the second is known to be possible.
const AT_ONCE_MS: u32 = 100;

/// Whether the rows of this batch can go as a job: their ids are at hand where the operation needs them, because the rows of a
/// result file are told apart by what was sent, and no value looks like what CSV uses to clear a field.
pub(crate) fn can_take(batch: &Batch) -> Result<bool, CallFailure> {
    let operation = match batch.operation() {
        Operation::Update | Operation::Upsert | Operation::Delete => batch.operation(),
        _ => return Ok(false),
    };
    let items = prepare::items(batch, &mut Report::new(batch))?;
    let identified = operation == Operation::Upsert || items.iter().all(|item| item.id.is_some());
    Ok(identified && items.iter().all(|item| sheet::can_hold(item.row)))
}

/// Makes the job.
pub(crate) fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
    let (operation, external_id) = match batch.operation() {
        Operation::Upsert => ("upsert", prepare::match_key(batch)?),
        Operation::Delete => ("delete", None),
        _ => ("update", None),
    };
    let mut body = json!({
        "object": batch.object(), "operation": operation,
        "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
    });
    if let (Some(key), Some(body)) = (external_id, body.as_object_mut()) {
        body.insert("externalIdFieldName".to_owned(), key.into());
    }
    let made: job::Info = client::new_job(cx).json(&body).send()?.json()?;
    Ok(Job { id: made.id, step: Step::Upload, asked: 0 }.pending(AT_ONCE_MS))
}

/// Takes the job's next step.
pub(crate) fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
    let job = Job::read(job)?;
    match job.step {
        Step::Upload => upload(cx, batch, job),
        Step::Close => close(cx, batch, job),
        Step::Wait => wait(cx, batch, job),
    }
}

fn upload(cx: &Context<Config>, batch: &Batch, job: Job) -> Result<Progress, CallFailure> {
    let mut report = Report::new(batch);
    let items = prepare::items(batch, &mut report)?;
    let sheet = sheet::write(batch, items, &mut report);
    if sheet.rows.is_empty() {
        abort(cx, &job)?;
        return Ok(Progress::Done(report));
    }
    let request = client::job(cx, "PUT", &job.id, "/batches").body("text/csv; charset=UTF-8", sheet.text);
    match request.send() {
        Ok(_) => Ok(job.next(Step::Close).pending(AT_ONCE_MS)),
        Err(failure) => refused(cx, batch, job, failure),
    }
}

fn close(cx: &Context<Config>, batch: &Batch, job: Job) -> Result<Progress, CallFailure> {
    match client::job(cx, "PATCH", &job.id, "").json(&json!({"state": "UploadComplete"})).send() {
        Ok(_) => Ok(job.next(Step::Wait).wait()),
        Err(failure) => refused(cx, batch, job, failure),
    }
}

/// A step was refused, perhaps because it was taken before and the answer was lost: the job says how far it is.
fn refused(cx: &Context<Config>, batch: &Batch, job: Job, failure: CallFailure) -> Result<Progress, CallFailure> {
    let Failure::Unattributed(detail) = failure.failure else { return Err(failure) };
    match job::info(cx, &job)?.state {
        // Nothing was written, and will not be: an aborted job that was never closed has done nothing.
        State::Open => {
            abort(cx, &job)?;
            Ok(Progress::Done(again(batch, &Detail { code: "job_refused".to_owned(), ..detail })))
        }
        _ => Ok(job.next(Step::Wait).wait()),
    }
}

fn wait(cx: &Context<Config>, batch: &Batch, job: Job) -> Result<Progress, CallFailure> {
    let info = job::info(cx, &job)?;
    if info.state.is_over() {
        return results::collect(cx, batch, &job, &info).map(Progress::Done);
    }
    Ok(job.next(Step::Wait).wait())
}

fn abort(cx: &Context<Config>, job: &Job) -> Result<(), CallFailure> {
    client::job(cx, "PATCH", &job.id, "").json(&json!({"state": "Aborted"})).send().map(|_| ())
}

/// Every row goes again.
fn again(batch: &Batch, detail: &Detail) -> Report {
    let mut report = Report::new(batch);
    batch.into_iter().for_each(|row| report.failed(row, Failure::Transient(detail.clone())));
    report
}

/// The column by which the rows of a result file are told apart.
fn key_column(batch: &Batch) -> Result<&str, CallFailure> {
    match batch.operation() {
        Operation::Upsert => batch.match_key(),
        _ => Ok(RECORD_ID),
    }
}
