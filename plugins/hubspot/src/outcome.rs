//! Which row an answer is about, and what it means for the row.
//!
//! The order of results is not the order of inputs, so a row is found by its trace id, or by what identifies its
//! record, and never by position.

use std::collections::BTreeMap;

use offtake_sdk::{Detail, Failure, Operation, OutcomeKind, Report, Row, log};

use crate::request::{RECORD_ID, Sent, comparable, trace_id};
use crate::response::{BatchAnswer, Record};
use crate::vendor_error::{ErrorBody, Reading};

/// Answers for every row that the answer speaks of. The others stay unknown.
pub(crate) fn settle(operation: Operation, sent: &Sent<'_>, answer: &BatchAnswer, report: &mut Report) {
    let index = Index::new(sent);
    let mut strangers = 0_usize;
    for record in &answer.results {
        match index.row_of(record) {
            Some(row) => report.done(row, kind(operation, record), Some(record.id.clone())),
            None => strangers += 1,
        }
    }
    let mut nameless = Vec::new();
    for error in &answer.errors {
        let rows = index.rows_of(error);
        if rows.is_empty() {
            nameless.push(error);
        }
        for row in rows {
            report.failed(row, failure(error));
        }
    }
    let open: Vec<&Row> = sent.rows.iter().copied().filter(|row| !report.is_answered(row)).collect();
    match (open.as_slice(), strangers, nameless.as_slice()) {
        // Nothing else is left for the one row to be.
        ([row], 1, []) => {
            if let Some(record) = answer.results.iter().find(|record| index.row_of(record).is_none()) {
                report.done(row, kind(operation, record), Some(record.id.clone()));
            }
        }
        // Every other row has its result: these failed, though not each error's row is known.
        (rows, 0, [first, rest @ ..]) if rows.len() == rest.len() + 1 => {
            rows.iter().for_each(|row| report.failed(row, failure(first)));
        }
        ([], 0, []) => {}
        (rows, strangers, nameless) => log::warn(&format!(
            "{} rows stay unknown: {strangers} results and {} errors name no row",
            rows.len(),
            nameless.len()
        )),
    }
}

fn kind(operation: Operation, record: &Record) -> OutcomeKind {
    match (operation, record.new) {
        (Operation::Insert, _) | (Operation::Upsert, Some(true)) => OutcomeKind::Created,
        (Operation::Upsert, None) => OutcomeKind::Accepted,
        _ => OutcomeKind::Updated,
    }
}

/// What an element of `errors` means for its rows, by the categories of HubSpot's "Error handling".
pub(crate) fn failure(error: &ErrorBody) -> Failure {
    let Reading { code, message, field } = error.read();
    let detail = Detail { code, message, http_status: None, field };
    match error.category.as_str() {
        "RATE_LIMITS" => Failure::rate_limited(None, error.quota(), detail),
        "MISSING_SCOPES" | "FORBIDDEN" => Failure::Forbidden(detail),
        "INTERNAL_ERROR" | "TIMEOUT" | "UNKNOWN" => Failure::Transient(detail),
        _ => Failure::Rejected(detail),
    }
}

/// Finds rows by what an answer may name them.
struct Index<'a> {
    match_key: Option<&'a str>,
    by_trace: BTreeMap<String, &'a Row>,
    by_key: BTreeMap<String, &'a Row>,
}

impl<'a> Index<'a> {
    fn new(sent: &Sent<'a>) -> Self {
        let keyed = |row: &&'a Row| Some((comparable(sent.match_key?, row.match_text()?), *row));
        Self {
            match_key: sent.match_key,
            by_trace: sent.rows.iter().map(|row| (trace_id(row), *row)).collect(),
            by_key: sent.rows.iter().filter_map(keyed).collect(),
        }
    }

    fn row_of(&self, record: &Record) -> Option<&'a Row> {
        if let Some(row) = record.object_write_trace_id.as_ref().and_then(|trace| self.by_trace.get(trace)) {
            return Some(row);
        }
        let match_key = self.match_key?;
        let value = if match_key == RECORD_ID { &record.id } else { record.property(match_key)? };
        self.by_key.get(&comparable(match_key, value)).copied()
    }

    fn rows_of(&self, error: &ErrorBody) -> Vec<&'a Row> {
        let named = |key: &str| error.context.get(key).into_iter().flatten();
        let traced: Vec<&Row> =
            named("objectWriteTraceId").filter_map(|trace| self.by_trace.get(trace).copied()).collect();
        if !traced.is_empty() {
            return traced;
        }
        let Some(match_key) = self.match_key else { return Vec::new() };
        let ids = named("ids").chain(named("id")).chain(named(match_key));
        ids.filter_map(|id| self.by_key.get(&comparable(match_key, id)).copied()).collect()
    }
}
