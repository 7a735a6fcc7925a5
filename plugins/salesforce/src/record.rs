//! A row as a record of an sObject Collections call.

use std::collections::BTreeSet;

use offtake_sdk::{Batch, Detail};
use serde_json::{Map, Value, json};

use crate::path::{Path, reference_of};
use crate::prepare::{Item, RECORD_ID};
use crate::value;

/// The record. The id is the call's affair, so a field `Id` is not written.
pub(crate) fn record(batch: &Batch, item: &Item<'_>) -> Result<Value, Detail> {
    let mut record = Map::new();
    record.insert("attributes".to_owned(), json!({"type": batch.object()}));
    if let Some(id) = &item.id {
        record.insert("id".to_owned(), Value::from(id.as_str()));
    }
    for (name, value) in item.row.fields() {
        let sent = value::to_json(name, value)?;
        match Path::of(name) {
            Path::Own(RECORD_ID) => {}
            Path::Own(own) => drop(record.insert(own.to_owned(), sent)),
            // There is no record without a key: what is cleared is the reference itself.
            Path::Related { relationship, .. } if sent.is_null() => {
                record.insert(reference_of(relationship), Value::Null);
            }
            Path::Related { kind, relationship, key } => {
                let mut other = Map::from_iter([(key.to_owned(), sent)]);
                if let Some(kind) = kind {
                    other.insert("attributes".to_owned(), json!({"type": kind}));
                }
                record.insert(relationship.to_owned(), Value::Object(other));
            }
        }
    }
    Ok(Value::Object(record))
}

/// Makes the booleans texts, but for those of checkboxes, whose names are in small letters. Says whether there were any.
pub(crate) fn booleans_as_texts(record: &mut Value, checkboxes: &BTreeSet<String>) -> bool {
    let fields = record.as_object_mut().into_iter().flatten();
    let mut any = false;
    for (name, value) in fields {
        match value {
            Value::Bool(is) if !checkboxes.contains(&name.to_lowercase()) => *value = Value::from(is.to_string()),
            // A key of another record is never a checkbox.
            Value::Object(other) => {
                let Some(key) = other.values_mut().find(|value| value.is_boolean()) else { continue };
                *key = Value::from(key.to_string());
            }
            _ => continue,
        }
        any = true;
    }
    any
}
