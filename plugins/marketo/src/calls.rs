//! Calls of at most 300 rows and a megabyte, and what becomes of a batch of several.

use offtake_sdk::http::Request;
use offtake_sdk::{Batch, CallFailure, Context, Effect, Failure, Report};
use serde_json::Value;

use crate::config::{BODY_BYTES_MAX, Config, IN_FLIGHT_MAX, INPUTS_MAX};
use crate::prepare::Item;
use crate::settle::settle;

/// Sends the rows. Different calls are about different keys, so they may be under way together: Marketo makes two records of one
/// key that two calls have at once.
///
/// # Errors
/// The failure of all calls, where none succeeded.
pub(crate) fn send<'a>(
    cx: &'a Context<Config>,
    batch: &Batch,
    items: Vec<Item<'_>>,
    request: impl Fn(&[&Value]) -> Request<'a>,
    mut report: Report,
) -> Result<Report, CallFailure> {
    let chunks = chunks(items);
    let requests = chunks.iter().map(|chunk| request(&chunk.iter().map(|item| &item.record).collect::<Vec<_>>()));
    let answers = cx.http().send_all(requests.collect(), IN_FLIGHT_MAX);
    let mut failed = Vec::new();
    let mut any = false;
    for (chunk, answer) in chunks.iter().zip(answers) {
        match answer.and_then(|response| settle(batch, chunk, &response, &mut report)) {
            Ok(()) => any = true,
            Err(failure) => failed.push((chunk, failure)),
        }
    }
    if !any && let Some(failure) = whole(&failed) {
        return Err(failure);
    }
    failed.iter().for_each(|(chunk, failure)| fail(chunk, failure, &mut report));
    Ok(report)
}

fn chunks(items: Vec<Item<'_>>) -> Vec<Vec<Item<'_>>> {
    let mut chunks: Vec<Vec<Item<'_>>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let own = item.record.to_string().len() + 1;
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < INPUTS_MAX && bytes + own <= BODY_BYTES_MAX => {
                chunk.push(item);
                bytes += own;
            }
            _ => {
                chunks.push(vec![item]);
                bytes = own;
            }
        }
    }
    chunks
}

/// One failure whose effect is unknown makes all unknown.
fn whole(failed: &[(&Vec<Item<'_>>, CallFailure)]) -> Option<CallFailure> {
    let unknown = failed.iter().find(|(_, failure)| failure.effect == Effect::Unknown);
    unknown.or_else(|| failed.first()).map(|(_, failure)| failure.clone())
}

/// Answers for the rows of a call that failed while another succeeded. Rows of unknown fate stay without an answer.
fn fail(chunk: &[Item<'_>], failure: &CallFailure, report: &mut Report) {
    let CallFailure { failure, effect: Effect::None } = failure else { return };
    // Nobody knows which of several rows is to blame: they go again without those that are done, and are halved then. And a token
    // that ended between two calls is renewed when they go again.
    let failure = match failure {
        Failure::Unattributed(detail) | Failure::TooLarge(detail) if chunk.len() > 1 => {
            Failure::Transient(detail.clone())
        }
        Failure::Auth(detail) => Failure::Transient(detail.clone()),
        Failure::Unattributed(detail) => Failure::Rejected(detail.clone()),
        other => other.clone(),
    };
    chunk.iter().for_each(|item| report.failed(item.row, failure.clone()));
}
