//! Sends rows: one a request, several requests at once; or several rows a request.

use offtake_sdk::http::Request;
use offtake_sdk::{
    Batch, CallFailure, Context, Detail, Effect, Failure, Operation, OutcomeKind, Report, Response, Row, VendorError,
};
use serde_json::{Map, Value, json};

use crate::config::{Answer, Body, Config, Write};
use crate::{answer, path, request};

/// Writes the rows by the request that the connection configures for the operation.
pub(crate) fn write(cx: &Context<Config>, batch: &Batch, write: &Write) -> Result<Report, CallFailure> {
    let answer = write.answer.as_ref().unwrap_or(&cx.config().answer);
    if write.body.holds_several() { together(cx, batch, write, answer) } else { one_by_one(cx, batch, write, answer) }
}

fn one_by_one(cx: &Context<Config>, batch: &Batch, write: &Write, answer: &Answer) -> Result<Report, CallFailure> {
    let explain = |response: &Response| -> VendorError { answer::explain(answer, response) };
    let refused = |response: &Response| answer::refused(answer, response);
    let mut report = Report::new(batch);
    let (mut rows, mut requests) = (Vec::new(), Vec::new());
    for row in batch {
        match path::fill(&write.path, row) {
            Ok(path) => {
                let http = cx.http().explained_with(&explain).refused_with(&refused);
                let asked = request::to(cx.config(), http, &write.method, path, &write.headers);
                requests.push(with_row(asked, write, row).idempotency_key(row.idempotency_key()));
                rows.push(row);
            }
            Err(detail) => report.rejected(row, detail),
        }
    }
    let answers = cx.http().send_all(requests, cx.config().concurrency);
    for (row, answered) in rows.into_iter().zip(answers) {
        match answered {
            Ok(response) => report.done(row, kind(batch.operation(), response.status()), answer::id(answer, &response)),
            Err(failure) if is_success(answer, &failure) => report.done(row, kind(batch.operation(), 0), None),
            Err(failure) => settle_one(known(failure), row, &mut report),
        }
    }
    Ok(report)
}

/// A refusal is the row's own; of what nobody knows nothing is said.
fn settle_one(failure: CallFailure, row: &Row, report: &mut Report) {
    match (failure.failure, failure.effect) {
        (Failure::Unattributed(detail) | Failure::Rejected(detail) | Failure::SchemaChanged(detail), _) => {
            report.rejected(row, detail);
        }
        (failure, Effect::None) => report.failed(row, failure),
        (_, Effect::Unknown) => {}
    }
}

fn together(cx: &Context<Config>, batch: &Batch, write: &Write, answer: &Answer) -> Result<Report, CallFailure> {
    if path::needs_row(&write.path) {
        let message = format!("the path {} needs a row, and `body` puts several into a request", write.path);
        return Err(CallFailure::misconfigured("path_needs_row", message));
    }
    let explain = |response: &Response| -> VendorError { answer::explain(answer, response) };
    let refused = |response: &Response| answer::refused(answer, response);
    let mut report = Report::new(batch);
    if batch.is_empty() {
        return Ok(report);
    }
    let http = cx.http().explained_with(&explain).refused_with(&refused);
    let asked = request::to(cx.config(), http, &write.method, write.path.clone(), &write.headers);
    let asked = with_rows(asked, write, batch).idempotency_key(&key(batch));
    match asked.send() {
        Ok(response) => {
            let kind = kind(batch.operation(), response.status());
            answer::settle(answer, &response, batch, kind, &mut report);
        }
        Err(failure) if is_success(answer, &failure) => {
            for row in batch {
                report.done(row, kind(batch.operation(), 0), None);
            }
        }
        Err(failure) => return Err(known(failure)),
    }
    Ok(report)
}

/// Who answers 4xx has refused the request, also where the connection says that it may succeed later. A timeout is no refusal.
fn known(failure: CallFailure) -> CallFailure {
    let status = failure.failure.detail().http_status;
    let is_refusal = matches!(failure.failure, Failure::Transient(_)) && status.is_some_and(is_refusal);
    if is_refusal { failure.failure.without_effect() } else { failure }
}

fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && status != 408
}

/// Statuses that are none of success to the SDK, and are to this API.
fn is_success(answer: &Answer, failure: &CallFailure) -> bool {
    failure.failure.detail().http_status.is_some_and(|status| answer.success.contain(status))
}

fn kind(operation: Operation, status: u16) -> OutcomeKind {
    match (operation, status) {
        (Operation::Delete | Operation::MemberRemove, _) => OutcomeKind::Deleted,
        (Operation::Insert, _) | (_, 201) => OutcomeKind::Created,
        (Operation::Update, _) => OutcomeKind::Updated,
        _ => OutcomeKind::Accepted,
    }
}

fn with_row<'a>(request: Request<'a>, write: &Write, row: &Row) -> Request<'a> {
    match (write.body, &write.wrap) {
        (Body::None, _) => request,
        (_, Some(wrap)) => request.json(&json!({ (wrap.as_str()): row.fields() })),
        (_, None) => request.json(row.fields()),
    }
}

fn with_rows<'a>(request: Request<'a>, write: &Write, batch: &Batch) -> Request<'a> {
    let rows: Vec<&Map<String, Value>> = batch.rows().iter().map(Row::fields).collect();
    match (write.body, &write.wrap) {
        (Body::Ndjson, _) => {
            let lines: String = rows.iter().map(|row| format!("{}\n", json!(row))).collect();
            request.body("application/x-ndjson", lines)
        }
        (_, Some(wrap)) => request.json(&json!({ (wrap.as_str()): rows })),
        (_, None) => request.json(&rows),
    }
}

/// Names just these changes: the same when they are sent again, after a crash, too. FNV-1a of 128 bits over the rows' keys.
fn key(batch: &Batch) -> String {
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in batch.into_iter().flat_map(|row| row.idempotency_key().bytes().chain([b'\n'])) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    }
    format!("{hash:032x}")
}

/// A request that no answer can mend.
pub(crate) fn unsupported(object: &str, operation: Operation) -> CallFailure {
    let operation = offtake_sdk::operation_name(operation);
    let detail = Detail::new("operation_unsupported", format!("`{operation}` is not configured for {object}"));
    Failure::Misconfigured(detail).without_effect()
}
