//! Which pairs an answer speaks of.

use std::collections::BTreeMap;

use offtake_sdk::{OutcomeKind, Report, Row, log, text};
use serde::Deserialize;
use serde_json::Value;

use super::Pair;
use crate::outcome;
use crate::vendor_error::ErrorBody;

/// 200, 201 and 207 of the batch calls: HubSpot API reference, Associations. A removal answers 204, or 207 with errors.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    results: Vec<Made>,
    errors: Vec<ErrorBody>,
}

/// An association that was made. Calls with labels name the ends in one way, those without in another.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    #[serde(alias = "from")]
    from_object_id: Value,
    #[serde(alias = "to")]
    to_object_id: Value,
}

impl Made {
    fn ends(&self) -> Option<(String, String)> {
        Some((id(&self.from_object_id)?, id(&self.to_object_id)?))
    }
}

/// An id is a text, a number, or an object that holds it.
fn id(value: &Value) -> Option<String> {
    text(value.get("id").unwrap_or(value))
}

impl Answer {
    /// Answers for the rows of every pair that the answer speaks of. The others stay unknown.
    pub(super) fn settle(
        &self,
        group: &BTreeMap<&Pair, Vec<&Row>>,
        is_removal: bool,
        is_all_done: bool,
        report: &mut Report,
    ) {
        let mut nameless = Vec::new();
        for error in &self.errors {
            let rows: Vec<&Row> = group
                .iter()
                .filter(|(pair, _)| names(error, pair))
                .flat_map(|(_, rows)| rows.iter().copied())
                .collect();
            if rows.is_empty() {
                nameless.push(error);
            }
            rows.into_iter().for_each(|row| report.failed(row, outcome::failure(error)));
        }
        let made: Vec<(String, String)> = self.results.iter().filter_map(Made::ends).collect();
        for (pair, rows) in group {
            let is_made = made.iter().any(|(from, to)| *from == pair.from && *to == pair.to);
            for row in rows.iter().filter(|_| is_made || is_all_done || (is_removal && nameless.is_empty())) {
                if !report.is_answered(row) {
                    report.done(row, if is_removal { OutcomeKind::Deleted } else { OutcomeKind::Accepted }, None);
                }
            }
        }
        let open: Vec<&Row> = group.values().flatten().copied().filter(|row| !report.is_answered(row)).collect();
        match (open.as_slice(), nameless.as_slice()) {
            ([], _) => {}
            // Every other row has its result: these failed, though not each error's row is known.
            (rows, [first, rest @ ..]) if rows.len() == rest.len() + 1 => {
                rows.iter().for_each(|row| report.failed(row, outcome::failure(first)));
            }
            (rows, nameless) => {
                let (rows, errors) = (rows.len(), nameless.len());
                log::warn(&format!("{rows} associations stay unknown: {errors} errors name none"));
            }
        }
    }
}

/// Whether an error is about this pair: its context names one of the ends, or both.
fn names(error: &ErrorBody, pair: &Pair) -> bool {
    let about = |keys: [&str; 2], id: &str| {
        let mut named = keys.iter().filter_map(|key| error.context.get(*key)).flatten().peekable();
        named.peek().is_some().then(|| named.any(|named| named == id))
    };
    let from = about(["fromObjectId", "from"], &pair.from);
    let to = about(["toObjectId", "to"], &pair.to);
    match (from, to) {
        (None, None) => false,
        (from, to) => from.unwrap_or(true) && to.unwrap_or(true),
    }
}
