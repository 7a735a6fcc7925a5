//! Records of one object.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::kind::Kind;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Zendesk's id: digits, or 26 letters for a custom object.
    pub id: String,
    /// False for a deleted user.
    pub active: bool,
    /// Every attribute that replies show, without `id` and `url`.
    pub values: Map<String, Value>,
}

impl Record {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }
}

pub(super) struct Table {
    pub(super) kind: Kind,
    records: BTreeMap<u64, Record>,
    /// In lower case, as Zendesk looks them up; tickets may share one.
    external_ids: BTreeSet<(String, u64)>,
    next: u64,
}

impl Table {
    pub(super) fn new(kind: Kind, first: u64) -> Self {
        Self { kind, records: BTreeMap::new(), external_ids: BTreeSet::new(), next: first }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    pub(super) fn active(&self) -> impl Iterator<Item = (u64, &Record)> {
        self.records.iter().filter(|(_, record)| record.active).map(|(id, record)| (*id, record))
    }

    /// A record that is not deleted.
    pub(super) fn get(&self, id: u64) -> Option<&Record> {
        self.records.get(&id).filter(|record| record.active)
    }

    /// Without regard to case; the oldest, where several have it.
    pub(super) fn by_external_id(&self, external_id: &str) -> Option<u64> {
        let folded = external_id.to_ascii_lowercase();
        let (found, id) = self.external_ids.range((folded.clone(), 0)..).next()?;
        (*found == folded).then_some(*id)
    }

    pub(super) fn insert(&mut self, values: Map<String, Value>) -> u64 {
        let id = self.next;
        // Ids are far apart, so that none is taken for a position.
        self.next += 128;
        let record = Record { id: id.to_string(), active: true, values };
        self.external_ids.extend(external_id(id, &record));
        self.records.insert(id, record);
        id
    }

    pub(super) fn put(&mut self, id: u64, values: Map<String, Value>) {
        if let Some(record) = self.records.get_mut(&id) {
            external_id(id, record).map(|before| self.external_ids.remove(&before));
            record.values = values;
            self.external_ids.extend(external_id(id, record));
        }
    }

    /// Takes a record away; a user stays as an empty shell.
    pub(super) fn delete(&mut self, id: u64) -> Option<Record> {
        external_id(id, self.get(id)?).map(|before| self.external_ids.remove(&before));
        if self.kind != Kind::User {
            return self.records.remove(&id);
        }
        let record = self.records.get_mut(&id)?;
        record.active = false;
        for (name, value) in [("active", json!(false)), ("email", Value::Null), ("external_id", Value::Null)] {
            record.values.insert(name.to_owned(), value);
        }
        Some(record.clone())
    }

    /// As replies show it.
    pub(super) fn show(kind: Kind, record: &Record, origin: &str) -> Value {
        let mut shown = record.values.clone();
        let id = record.id.parse::<u64>().unwrap_or_default();
        shown.insert("id".to_owned(), json!(id));
        shown.insert("url".to_owned(), json!(format!("{origin}/api/v2/{}/{id}.json", kind.plural())));
        Value::Object(shown)
    }
}

fn external_id(id: u64, record: &Record) -> Option<(String, u64)> {
    record.text("external_id").map(|text| (text.to_ascii_lowercase(), id))
}
