//! Finds records by what identifies them.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Context, text};
use serde_json::{Map, Value};

use crate::client;
use crate::config::{Config, IN_FLIGHT_MAX, RECORDS_MAX};
use crate::object::{Key, Kind};

/// Records by the key under which they were asked for, in the form in which it is compared.
#[derive(Debug, Default)]
pub(crate) struct Records {
    by_key: BTreeMap<String, Map<String, Value>>,
    /// Keys of more than one record: Zendesk lets tickets share an external id.
    shared: BTreeSet<String>,
}

impl Records {
    /// The one record that has this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Map<String, Value>> {
        self.by_key.get(key).filter(|_| !self.is_shared(key))
    }

    /// Whether several records have this key.
    pub(crate) fn is_shared(&self, key: &str) -> bool {
        self.shared.contains(key)
    }

    fn add(&mut self, key: String, record: Map<String, Value>) {
        let other = self.by_key.get(&key).is_some_and(|known| known.get("id") != record.get("id"));
        if other {
            self.shared.insert(key.clone());
        }
        self.by_key.insert(key, record);
    }
}

/// Reads the records that have these values of the key. Answers come in an order of their own and are matched by value.
pub(crate) fn by_key(cx: &Context<Config>, kind: &Kind, key: Key, values: &[&str]) -> Result<Records, CallFailure> {
    // In a list that is parted by commas such a value would be two.
    let one_by_one = is_one_by_one(kind, key);
    let listable = values.iter().filter(|value| one_by_one || !value.contains(','));
    let wanted: BTreeMap<String, &str> = listable.map(|value| (key.comparable(value), *value)).collect();
    let asked: Vec<&str> = wanted.values().copied().collect();
    let requests = match (kind, key) {
        (_, Key::Email) => asked.iter().map(|email| client::search_user(cx, email)).collect(),
        (Kind::Tickets, Key::ExternalId) => asked.iter().map(|id| client::tickets_of(cx, id)).collect(),
        _ => {
            let chunks = asked.chunks(RECORDS_MAX as usize);
            chunks.map(|values| client::show_many(cx, kind, key, values)).collect()
        }
    };
    let wanted: BTreeSet<String> = wanted.into_keys().collect();
    let mut records = Records::default();
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
                records.add(value, record);
            }
        }
    }
    Ok(records)
}

/// Whether Zendesk finds records by this key with a request for each value alone.
pub(crate) fn is_one_by_one(kind: &Kind, key: Key) -> bool {
    key == Key::Email || (*kind == Kind::Tickets && key == Key::ExternalId)
}
