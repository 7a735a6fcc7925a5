//! The inputs of a batch call, and which row each belongs to.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{Batch, CallFailure, Detail, Effect, Failure, Operation, Report, Row};
use serde::Serialize;

use crate::value;

/// "A batch is limited to 100 records": HubSpot API reference, CRM objects.
pub(crate) const INPUTS_MAX: u32 = 100;

/// The id that HubSpot gives every record.
pub(crate) const RECORD_ID: &str = "hs_object_id";

/// How much of the idempotency key stands in a trace id: enough to find the row in HubSpot's and the host's logs.
const TRACE_KEY_CHARS: usize = 16;

#[derive(Debug, Serialize)]
pub(crate) struct Inputs {
    inputs: Vec<Input>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_property: Option<String>,
    properties: BTreeMap<String, String>,
    object_write_trace_id: String,
}

/// The rows that were put into a call.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) rows: Vec<&'a Row>,
    /// None for inserts, which are found by their trace alone.
    pub(crate) match_key: Option<&'a str>,
}

/// Puts the rows into inputs, and answers at once for those that cannot be sent.
pub(crate) fn prepare<'a>(batch: &'a Batch, report: &mut Report) -> Result<(Inputs, Sent<'a>), CallFailure> {
    check_size(batch)?;
    let match_key = match_key(batch)?;
    let (mut inputs, mut rows, mut keys) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in batch {
        let id = match match_key.map(|key| id_of(row, key)).transpose() {
            Ok(id) => id,
            Err(detail) => {
                report.rejected(row, detail);
                continue;
            }
        };
        if let (Some(key), Some(id)) = (match_key, &id)
            && !keys.insert(comparable(key, id))
        {
            // Two rows of one record in one call: HubSpot would refuse both, and the second is for the next call.
            let message = "another row of this batch has the same match key";
            report.failed(row, Failure::Transient(Detail::new("duplicate_key_in_batch", message)));
            continue;
        }
        match properties(row) {
            Ok(properties) => {
                let id_property = match_key.filter(|key| *key != RECORD_ID).map(str::to_owned);
                inputs.push(Input { id, id_property, properties, object_write_trace_id: trace_id(row) });
                rows.push(row);
            }
            Err(detail) => report.rejected(row, detail),
        }
    }
    Ok((Inputs { inputs }, Sent { rows, match_key }))
}

pub(crate) fn check_size(batch: &Batch) -> Result<(), CallFailure> {
    if batch.len() <= INPUTS_MAX as usize {
        return Ok(());
    }
    let message = format!("HubSpot takes {INPUTS_MAX} records a call, and there are {}", batch.len());
    Err(CallFailure { failure: Failure::TooLarge(Detail::new("too_many_inputs", message)), effect: Effect::None })
}

fn match_key(batch: &Batch) -> Result<Option<&str>, CallFailure> {
    match batch.operation() {
        Operation::Insert => Ok(None),
        Operation::Upsert if batch.match_key()? == RECORD_ID => Err(CallFailure::misconfigured(
            "match_key_unsupported",
            format!("HubSpot mints {RECORD_ID} itself: update by it, or upsert by a property with unique values"),
        )),
        _ => batch.match_key().map(Some),
    }
}

/// The value by which a row's record is found.
pub(crate) fn id_of(row: &Row, match_key: &str) -> Result<String, Detail> {
    match row.match_text() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Detail::new("match_key_empty", format!("{match_key} is empty")).with_field(match_key)),
    }
}

/// The match key stays among the properties, so that the answer shows it; the record id is nobody's to write.
fn properties(row: &Row) -> Result<BTreeMap<String, String>, Detail> {
    let fields = row.fields().iter().filter(|(name, _)| *name != RECORD_ID);
    fields.map(|(name, value)| Ok((name.clone(), value::to_property(name, value)?))).collect()
}

/// Unique in a batch by the row's index.
pub(crate) fn trace_id(row: &Row) -> String {
    let key: String = row.idempotency_key().chars().take(TRACE_KEY_CHARS).collect();
    format!("{}-{key}", row.index())
}

/// A match value in the form in which HubSpot compares it: email addresses without regard to case.
pub(crate) fn comparable(match_key: &str, value: &str) -> String {
    if match_key == "email" { value.trim().to_lowercase() } else { value.to_owned() }
}
