//! Which rows can be sent, and by what each finds its record. Pure.

use std::collections::BTreeSet;

use offtake_sdk::{Batch, CallFailure, Detail, Failure, Operation, Report, Row};
use serde_json::Value;

use crate::path::Path;
use crate::value;

/// The id that Salesforce gives every record.
pub(crate) const RECORD_ID: &str = "Id";

/// A row that can be sent.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    pub(crate) row: &'a Row,
    /// The value of the match key; empty for an insert.
    pub(crate) key: String,
    /// The record's id, where the row or the host has it; an upsert has no use for it.
    pub(crate) id: Option<String>,
    /// What a Collections call is to write; null until it is known that the row's values can be written.
    pub(crate) record: Value,
}

/// The match key, where the operation has one.
///
/// # Errors
/// Misconfigured, where there are several, or where an upsert is to go by the id that only Salesforce gives.
pub(crate) fn match_key(batch: &Batch) -> Result<Option<&str>, CallFailure> {
    match batch.operation() {
        Operation::Insert => Ok(None),
        Operation::Upsert if batch.match_key()? == RECORD_ID => Err(CallFailure::misconfigured(
            "match_key_unsupported",
            "Salesforce gives `Id` itself: update by it, or upsert by an external id field",
        )),
        _ => batch.match_key().map(Some),
    }
}

/// The rows that can be sent; the others are answered at once.
///
/// # Errors
/// As [`match_key`].
pub(crate) fn items<'a>(batch: &'a Batch, report: &mut Report) -> Result<Vec<Item<'a>>, CallFailure> {
    let match_key = match_key(batch)?;
    let (mut items, mut keys, mut ids) = (Vec::with_capacity(batch.len()), BTreeSet::new(), BTreeSet::new());
    for row in batch {
        let Some(match_key) = match_key else {
            items.push(Item { row, key: String::new(), id: None, record: Value::Null });
            continue;
        };
        let Some(key) = value::key_text(row.get(match_key)) else {
            let detail = Detail::new("match_key_empty", format!("{match_key} is empty")).with_field(match_key);
            report.rejected(row, detail);
            continue;
        };
        let id = match batch.operation() {
            Operation::Upsert => None,
            // Ids stand in lists that are parted by commas: what is none could be several, or another's.
            _ if match_key == RECORD_ID && !is_id(&key) => {
                let detail = Detail::new("malformed_id", "an id of Salesforce's has 15 or 18 letters and digits");
                report.rejected(row, detail.with_field(RECORD_ID));
                continue;
            }
            _ if match_key == RECORD_ID => Some(key.clone()),
            _ => row.remote_id().map(str::to_owned),
        };
        // Two rows of one record in one call: Salesforce refuses the second, or takes them in an order of its own.
        let is_new = keys.insert(comparable(&key)) && id.as_deref().is_none_or(|id| ids.insert(comparable_id(id)));
        if is_new {
            items.push(Item { row, key, id, record: Value::Null });
        } else {
            let message = "another row of this batch is about the same record";
            report.failed(row, Failure::Transient(Detail::new("duplicate_key_in_batch", message)));
        }
    }
    Ok(items)
}

/// External ids are compared without regard to case unless the field says otherwise.
pub(crate) fn comparable(key: &str) -> String {
    key.to_lowercase()
}

/// The first fifteen characters of an id are the id; the three that may follow only guard against changes of case.
pub(crate) fn comparable_id(id: &str) -> String {
    id.chars().take(15).collect()
}

/// What a row says of the records that lock when it is written: the values of its references.
pub(crate) fn parents(row: &Row) -> BTreeSet<String> {
    let reference = |(name, value): (&String, &Value)| {
        let text = offtake_sdk::text(value)?;
        match Path::of(name) {
            Path::Related { relationship, .. } => Some(format!("{relationship}:{}", comparable(&text))),
            Path::Own(own) => looks_like_reference(own, &text).then(|| comparable_id(&text)),
        }
    };
    row.fields().iter().filter_map(reference).collect()
}

fn looks_like_reference(field: &str, text: &str) -> bool {
    field != RECORD_ID && (field.ends_with("Id") || field.ends_with("__c")) && is_id(text)
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
