//! How records are shown in replies.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::object::Object;
use super::store::{Record, Values};
use crate::clock;

/// A record with these properties.
fn shown(record: &Record, properties: Map<String, Value>) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(record.id));
    shown.insert("properties".to_owned(), Value::Object(properties));
    shown.insert("createdAt".to_owned(), json!(clock::text(record.created_at)));
    shown.insert("updatedAt".to_owned(), json!(clock::text(record.updated_at)));
    shown.insert("archived".to_owned(), json!(record.archived));
    if let Some(at) = record.archived_at {
        shown.insert("archivedAt".to_owned(), json!(clock::text(at)));
    }
    shown
}

/// As a read shows it: a property that was asked for and has no value is null, an unknown one is left out.
pub(super) fn read(object: &Object, record: &Record, asked: &[String]) -> Value {
    let mut names: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.extend(object.shown_by_default());
    }
    names.extend(["hs_object_id", object.created_property(), object.modified_property()]);
    let known = names.into_iter().filter(|name| object.property(name).is_some());
    let properties = known.map(|name| (name.to_owned(), json!(record.properties.get(name)))).collect();
    Value::Object(shown(record, properties))
}

/// As the reply to its creation shows it: with everything that it holds.
pub(super) fn created(record: &Record) -> Map<String, Value> {
    let all = record.properties.iter().map(|(name, value)| (name.clone(), json!(value)));
    shown(record, all.collect())
}

/// As the reply to a change shows it: what was written, with what HubSpot wrote along with it.
///
/// The recorded replies for contacts leave out the time of creation and the id that the others have.
pub(super) fn updated(object: &Object, record: &Record, written: &Values) -> Map<String, Value> {
    let mut names: BTreeSet<&str> = written.keys().map(String::as_str).collect();
    names.insert(object.modified_property());
    if object.is_contact() {
        if names.contains("email") {
            names.insert("hs_email_domain");
        }
    } else {
        names.extend(["hs_object_id", object.created_property()]);
    }
    let value = |name: &str| record.properties.get(name).map_or("", String::as_str).to_owned();
    shown(record, names.into_iter().map(|name| (name.to_owned(), json!(value(name)))).collect())
}
