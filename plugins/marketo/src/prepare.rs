//! Which rows can be sent, and by what each finds its record. Pure.

use std::collections::BTreeSet;

use offtake_sdk::{Batch, Cell, Detail, Failure, Operation, Report, Row, text};
use serde_json::Value;

/// A row that can be sent.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    pub(crate) row: &'a Row,
    /// The values of the match keys, one beside the other; empty for an insert.
    pub(crate) key: String,
    /// The record as the call takes it.
    pub(crate) record: Value,
}

/// The rows that can be sent; the others are answered at once. "One key never twice in a call": 1036, and two records of one
/// person otherwise.
pub(crate) fn items<'a>(batch: &'a Batch, report: &mut Report) -> Vec<Item<'a>> {
    let (mut items, mut keys) = (Vec::with_capacity(batch.len()), BTreeSet::new());
    let match_keys = if batch.operation() == Operation::Insert { &[] } else { batch.match_keys() };
    for row in batch {
        match key(row, match_keys) {
            Err(field) => {
                report.rejected(row, Detail::new("match_key_empty", format!("{field} is empty")).with_field(field));
            }
            Ok(key) if !match_keys.is_empty() && !keys.insert(comparable(&key)) => {
                let message = "another row of this batch has the same match key";
                report.failed(row, Failure::Transient(Detail::new("duplicate_key_in_batch", message)));
            }
            Ok(key) => items.push(Item { row, key, record: Value::Null }),
        }
    }
    items
}

fn key<'a>(row: &Row, match_keys: &'a [String]) -> Result<String, &'a str> {
    let mut parts = Vec::with_capacity(match_keys.len());
    for field in match_keys {
        match row.get(field) {
            Cell::Value(value) => match text(value).filter(|text| !text.is_empty()) {
                Some(text) => parts.push(text),
                None => return Err(field),
            },
            Cell::Absent | Cell::Null => return Err(field),
        }
    }
    Ok(parts.join("\u{1f}"))
}

/// Keys are compared without regard to case.
pub(crate) fn comparable(key: &str) -> String {
    key.trim().to_lowercase()
}
