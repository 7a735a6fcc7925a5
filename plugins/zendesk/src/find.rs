//! Finds records by what identifies them.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Context, text};
use serde_json::{Map, Value};

use crate::client;
use crate::config::{Config, IN_FLIGHT_MAX, RECORDS_MAX};
use crate::object::{Key, Kind};

/// Records by the key under which they were asked for, in the form in which it is compared.
pub(crate) type Records = BTreeMap<String, Map<String, Value>>;

/// Reads the records that have these values of the key. Answers come in an order of their own and are matched by value.
pub(crate) fn by_key(cx: &Context<Config>, kind: &Kind, key: Key, values: &[&str]) -> Result<Records, CallFailure> {
    // In a list that is parted by commas such a value would be two.
    let listable = values.iter().filter(|value| key == Key::Email || !value.contains(','));
    let wanted: BTreeMap<String, &str> = listable.map(|value| (key.comparable(value), *value)).collect();
    let asked: Vec<&str> = wanted.values().copied().collect();
    let requests = match key {
        Key::Email => asked.iter().map(|email| client::search_user(cx, email)).collect(),
        _ => {
            let chunks = asked.chunks(RECORDS_MAX as usize);
            chunks.map(|values| client::show_many(cx, kind, key, values)).collect()
        }
    };
    let wanted: BTreeSet<String> = wanted.into_keys().collect();
    let mut records = Records::new();
    for answer in cx.http().send_all(requests, IN_FLIGHT_MAX) {
        let mut answer: Map<String, Value> = answer?.json()?;
        let Some(Value::Array(found)) = answer.remove(kind.wrapper()) else {
            return Err(CallFailure::unreadable(format!("an answer has no {}", kind.wrapper())));
        };
        for record in found {
            let Value::Object(record) = record else { continue };
            let shown = record.get(key.name()).and_then(text).map(|value| key.comparable(&value));
            // The search finds users by other things than their first address, too.
            if let Some(value) = shown.filter(|value| wanted.contains(value)) {
                records.entry(value).or_insert(record);
            }
        }
    }
    Ok(records)
}
