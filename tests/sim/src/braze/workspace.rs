//! Everything that a workspace holds, and what is accepted and not yet applied.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::catalog::{Catalog, Change};
use super::object::Array;
use super::profile::{Profile, alias};
use super::profiles::Profiles;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The external id of a user, or Braze's own where there is none; the id of an item; the number of an event.
    pub id: String,
    /// As an export shows it, or as it was sent.
    pub values: Map<String, Value>,
}

/// Work that was accepted.
pub(super) enum Work {
    Track(Array, Value),
    /// Identities in the form of a track's object.
    Delete(Vec<Map<String, Value>>),
    Alias(Vec<Map<String, Value>>),
    Identify(Vec<Map<String, Value>>),
    Items(String, Change, Vec<Map<String, Value>>),
}

pub(super) struct Workspace {
    pub(super) profiles: Profiles,
    events: Vec<Value>,
    purchases: Vec<Value>,
    pub(super) catalogs: Vec<Catalog>,
    queue: VecDeque<(Instant, Work)>,
    lag: Duration,
}

impl Workspace {
    pub(super) fn new(lag: Duration) -> Self {
        Self {
            profiles: Profiles::default(),
            events: Vec::new(),
            purchases: Vec::new(),
            catalogs: Vec::new(),
            queue: VecDeque::new(),
            lag,
        }
    }

    pub(super) fn accept(&mut self, work: Work) {
        let now = Instant::now();
        self.queue.push_back((now + self.lag, work));
        self.settle(now);
    }

    /// Applies what is due, in the order in which it was accepted.
    pub(super) fn settle(&mut self, now: Instant) {
        while self.queue.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, work)) = self.queue.pop_front() {
                self.apply(work);
            }
        }
    }

    fn apply(&mut self, work: Work) {
        match work {
            Work::Track(array, object) => {
                let given = object.as_object().cloned().unwrap_or_default();
                // "When using a user_alias, Update Only defaults to true."
                let by_alias = given.contains_key("user_alias");
                let existing_only = given.get("_update_existing_only").map_or(by_alias, |only| *only == json!(true));
                let profile = if existing_only {
                    self.profiles.find_mut(&given)
                } else {
                    Some(self.profiles.find_or_make(&given))
                };
                if let Some(profile) = profile {
                    match array {
                        Array::Attributes => profile.write(&given),
                        Array::Events => self.events.push(object),
                        Array::Purchases => {
                            let price = given.get("price").and_then(Value::as_f64).unwrap_or_default();
                            let quantity = given.get("quantity").and_then(Value::as_f64).unwrap_or(1.0);
                            profile.revenue += price * quantity;
                            self.purchases.push(object);
                        }
                    }
                }
            }
            Work::Delete(identities) => {
                identities.iter().for_each(|identity| self.profiles.remove(identity));
            }
            Work::Alias(aliases) => {
                for given in aliases {
                    let alias = alias(&Value::Object(given.clone()));
                    let by_id = given.get("external_id").map(|id| json!({ "external_id": id }));
                    let identity = by_id.unwrap_or_else(|| json!({ "user_alias": alias }));
                    let identity = identity.as_object().cloned().unwrap_or_default();
                    let profile = self.profiles.find_or_make(&identity);
                    if !profile.aliases.contains(&alias) {
                        profile.aliases.push(alias);
                    }
                }
            }
            Work::Identify(pairs) => pairs.iter().for_each(|pair| self.identify(pair)),
            Work::Items(name, change, items) => {
                if let Some(catalog) = self.catalogs.iter_mut().find(|catalog| catalog.name == name) {
                    catalog.apply(change, items);
                }
            }
        }
    }

    /// Gives a user that has an alias alone an external id, where no other user has it.
    fn identify(&mut self, pair: &Map<String, Value>) {
        let Some(id) = pair.get("external_id").and_then(Value::as_str) else { return };
        let by_alias = json!({ "user_alias": pair.get("user_alias") });
        let by_alias = by_alias.as_object().cloned().unwrap_or_default();
        self.profiles.identify(&by_alias, id);
    }

    pub(super) fn add_catalog(&mut self, catalog: Catalog) -> bool {
        let new = !self.catalogs.iter().any(|known| known.name == catalog.name);
        if new {
            self.catalogs.push(catalog);
        }
        new
    }

    /// The names and types of the custom attributes that users have, in alphabetical order.
    pub(super) fn custom_attributes(&self) -> Vec<(String, &'static str)> {
        let all = self.profiles.iter().flat_map(|profile| &profile.custom);
        let mut named: Vec<(String, &'static str)> =
            all.map(|(name, value)| (name.clone(), data_type(value))).collect();
        named.sort();
        named.dedup_by(|left, right| left.0 == right.0);
        named
    }

    pub(super) fn records(&self, object: &str) -> Vec<Record> {
        let numbered = |list: &[Value]| -> Vec<Record> {
            let record = |(nth, value): (usize, &Value)| Record { id: nth.to_string(), values: map(value) };
            list.iter().enumerate().map(record).collect()
        };
        match object {
            "users" => {
                let id = |profile: &Profile| profile.external_id.clone().unwrap_or_else(|| profile.braze_id.clone());
                let record = |profile: &Profile| Record { id: id(profile), values: map(&profile.show()) };
                self.profiles.iter().map(record).collect()
            }
            "events" => numbered(&self.events),
            "purchases" => numbered(&self.purchases),
            name => {
                let catalog = self.catalogs.iter().find(|catalog| catalog.name == name);
                catalog.map(Catalog::records).unwrap_or_default()
            }
        }
    }
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn data_type(value: &Value) -> &'static str {
    match value {
        Value::Number(_) => "Number",
        Value::Bool(_) => "Boolean",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => "Date",
        Value::String(_) | Value::Null => "String",
    }
}
