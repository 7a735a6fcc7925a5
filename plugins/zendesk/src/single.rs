//! Upsert of organizations: Zendesk has no bulk call for it, so that each row is a request.

use offtake_sdk::http::Request;
use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Operation, OutcomeKind, Report, Row, text};
use serde_json::{Map, Value, json};

use crate::config::{Config, IN_FLIGHT_MAX};
use crate::object::{Key, Kind};
use crate::{client, record};

/// Whether rows are written one by one.
pub(crate) fn is_meant(kind: &Kind, operation: Operation) -> bool {
    *kind == Kind::Organizations && operation == Operation::Upsert
}

/// Creates or updates each row's organization by its external id or its id.
pub(crate) fn upsert(cx: &Context<Config>, kind: &Kind, batch: &Batch) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    if batch.is_empty() {
        return Ok(report);
    }
    let key = kind.key(batch.match_key()?, batch.operation())?;
    let (mut rows, mut requests) = (Vec::new(), Vec::new());
    for row in batch {
        match request(cx, kind, batch.operation(), row, key) {
            Ok(request) => {
                rows.push(row);
                requests.push(request);
            }
            Err(detail) => report.rejected(row, detail),
        }
    }
    for (row, answer) in rows.into_iter().zip(cx.http().send_all(requests, IN_FLIGHT_MAX)) {
        let written = answer.and_then(|answer| {
            let kind = if answer.status() == 201 { OutcomeKind::Created } else { OutcomeKind::Updated };
            let body: Map<String, Value> = answer.json()?;
            let id = body.get("organization").and_then(|organization| text(organization.get("id")?));
            let id = id.ok_or_else(|| CallFailure::unreadable("an answer names no organization"))?;
            Ok((kind, id))
        });
        match written {
            Ok((kind, id)) => report.done(row, kind, Some(id)),
            // The path is the same for all, so what is not there is what the row names.
            Err(CallFailure { failure: Failure::SchemaChanged(detail), .. }) => report.rejected(row, detail),
            // All requests are under way already: a failure of one ends nothing.
            Err(failure) => drop(report.fail_one(row, failure)),
        }
    }
    Ok(report)
}

fn request<'a>(
    cx: &'a Context<Config>,
    kind: &Kind,
    operation: Operation,
    row: &Row,
    key: Key,
) -> Result<Request<'a>, Detail> {
    let value = row.match_text().filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!("a row needs a value of {}", key.name());
        Detail::new("match_value_missing", message).with_field(key.name())
    })?;
    let id = (key == Key::Id).then_some(value);
    let record = record::of(kind, operation, row, Some(key), id)?;
    Ok(client::request(cx, "POST", "organizations/create_or_update").json(&json!({ "organization": record })))
}
