//! The current values that a plan shows.

use offtake_sdk::{CallFailure, Context, Found, Lookup, Operation};
use serde_json::{Map, Value};

use crate::config::Config;
use crate::find;
use crate::object::{Key, Kind};
use crate::record;

/// Reads records by their match key; none where Zendesk cannot find records by it.
pub(crate) fn current(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
    let kind = Kind::called(query.object())?;
    // What an update can be found by can be read by it.
    let Ok(key) = kind.key(query.match_key()?, Operation::Update) else { return Ok(None) };
    let keys: Vec<Option<String>> = query.match_texts().map(|value| value.filter(|value| !value.is_empty())).collect();
    let wanted: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let records = if wanted.is_empty() { find::Records::default() } else { find::by_key(cx, &kind, key, &wanted)? };
    let values = |found: &Map<String, Value>| -> Map<String, Value> {
        query.fields().iter().map(|name| (name.clone(), shown(&kind, found, name))).collect()
    };
    Ok(Some(keys.iter().map(|value| records.get(&key.comparable(value.as_deref()?)).map(values)).collect()))
}

/// As in a row, where ids are texts.
fn shown(kind: &Kind, found: &Map<String, Value>, name: &str) -> Value {
    let value = record::shown(kind, found, name);
    if name == Key::Id.name() {
        Value::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    } else {
        value
    }
}
