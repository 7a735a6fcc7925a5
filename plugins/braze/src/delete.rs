//! `/users/delete`: users by their ids or aliases. Braze counts what it was asked for, and deletes a little later.

use offtake_sdk::{Batch, CallFailure, Context, Failure, Report};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::object::Kind;
use crate::vendor_error::Answer;
use crate::{client, identity, track};

/// Deletes the rows' users. A user that is not there counts as deleted.
pub(crate) fn delete(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    if batch.is_empty() {
        return Ok(report);
    }
    track::check_size(cx, &Kind::Users, batch)?;
    let key = batch.match_key()?;
    let list = match key {
        "external_id" => "external_ids",
        "alias_name" => "user_aliases",
        "braze_id" => "braze_ids",
        _ => {
            let message = format!("Braze deletes no users by {key}: match by external_id, alias_name or braze_id");
            return Err(CallFailure::misconfigured("match_key_unsupported", message));
        }
    };
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for row in batch {
        match identity::of(cx.config(), row, Some(key)) {
            Ok((_, id)) => {
                rows.push(row);
                ids.push(id);
            }
            Err(detail) => report.rejected(row, detail),
        }
    }
    if rows.is_empty() {
        return Ok(report);
    }
    let body = Map::from_iter([(list.to_owned(), Value::Array(ids))]);
    match client::request(cx, "POST", "/users/delete").json(&json!(body)).send() {
        Ok(response) => {
            let answer: Answer = response.json()?;
            if !matches!(answer.message.as_deref(), Some("success" | "queued")) {
                return Err(CallFailure::unreadable("an answer of success does not say so"));
            }
            rows.into_iter().for_each(|row| report.deleted(row));
            Ok(report)
        }
        Err(CallFailure { failure: Failure::Unattributed(detail), effect }) => match rows.as_slice() {
            [row] => {
                report.rejected(row, detail);
                Ok(report)
            }
            _ => Err(CallFailure { failure: Failure::Unattributed(detail), effect }),
        },
        Err(failure) => Err(failure),
    }
}
