//! The current values that a plan shows.

use offtake_sdk::{CallFailure, Context, Found, Lookup};
use serde_json::{Map, Value};

use crate::config::Config;
use crate::find::{self, Found as One};
use crate::path::Path;
use crate::value;

/// The current values of the fields, in the JSON that Salesforce answers with.
///
/// A field behind a reference that leads to several types is left out: SOQL shows it by another clause for each type.
pub(crate) fn current(cx: &Context<Config>, query: &Lookup) -> Result<Found, CallFailure> {
    let key = query.match_key()?;
    let keys: Vec<Option<String>> = query
        .rows()
        .iter()
        .map(|row| row.get(key).and_then(|value| value::key_text(offtake_sdk::Cell::Value(value))))
        .collect();
    let wanted: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let shown: Vec<&str> = query.fields().iter().map(String::as_str).filter(|field| is_plain(field)).collect();
    if wanted.is_empty() {
        return Ok(vec![None; query.len()]);
    }
    let records = find::by_key(cx, query.object(), key, &wanted, &shown)?;
    let values = |record: &Map<String, Value>| -> Map<String, Value> {
        shown.iter().map(|field| ((*field).to_owned(), shown_value(record, field))).collect()
    };
    let one = |key: &Option<String>| match records.get(key.as_deref()?) {
        One::One(record) => Some(values(record)),
        One::None | One::Several | One::Unclear => None,
    };
    Ok(keys.iter().map(one).collect())
}

fn is_plain(field: &str) -> bool {
    !matches!(Path::of(field), Path::Related { kind: Some(_), .. })
}

fn shown_value(record: &Map<String, Value>, field: &str) -> Value {
    let value = match Path::of(field) {
        Path::Own(own) => record.get(own),
        Path::Related { relationship, key, .. } => record.get(relationship).and_then(|other| other.get(key)),
    };
    value.cloned().unwrap_or(Value::Null)
}
