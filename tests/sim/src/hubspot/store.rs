//! The records of one object, with an index over every unique property.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::object::Object;
use crate::clock;

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its id, unique within its object.
    pub id: String,
    /// Its properties; one that was cleared is not there.
    pub properties: BTreeMap<String, String>,
    /// Whether it was archived, and so is hidden from every read that does not ask for such records.
    pub archived: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// When it was archived.
    pub archived_at: Option<Timestamp>,
}

/// An object type with its records.
pub(super) struct Table {
    pub(super) object: Object,
    records: BTreeMap<u64, Record>,
    unique: HashMap<String, HashMap<String, u64>>,
    next_id: u64,
}

/// Values for one record, by property: an empty one clears it.
pub(super) type Values = BTreeMap<String, String>;

impl Table {
    pub(super) fn new(object: Object, next_id: u64) -> Self {
        Self { object, records: BTreeMap::new(), unique: HashMap::new(), next_id }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// The records that are not archived, or those that are, from an id on.
    pub(super) fn starting_at(&self, first: u64, archived: bool) -> impl Iterator<Item = (u64, &Record)> {
        let wanted = move |(_, record): &(&u64, &Record)| record.archived == archived;
        self.records.range(first..).filter(wanted).map(|(id, record)| (*id, record))
    }

    pub(super) fn get(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }

    /// Finds a living record by id, or by the value of a unique property.
    pub(super) fn find(&self, id_property: Option<&str>, value: &str) -> Option<u64> {
        match id_property {
            None | Some("hs_object_id") => {
                let id = value.parse().ok()?;
                self.records.get(&id).filter(|record| !record.archived).map(|_| id)
            }
            Some(property) => self.holder(property, value),
        }
    }

    /// The living record that holds this value of a unique property.
    pub(super) fn holder(&self, property: &str, value: &str) -> Option<u64> {
        self.unique.get(property)?.get(&fold(value)).copied()
    }

    pub(super) fn create(&mut self, values: &Values) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let now = clock::now();
        let mut properties = BTreeMap::new();
        properties.insert("hs_object_id".to_owned(), id.to_string());
        properties.insert(self.object.created_property().to_owned(), clock::text(now));
        if self.object.is_contact() {
            for (name, value) in [
                ("hs_all_contact_vids", id.to_string().as_str()),
                ("hs_is_contact", "true"),
                ("hs_is_unworked", "true"),
                ("hs_pipeline", "contacts-lifecycle-pipeline"),
            ] {
                properties.insert(name.to_owned(), value.to_owned());
            }
        }
        let record = Record {
            id: id.to_string(),
            properties,
            archived: false,
            created_at: now,
            updated_at: now,
            archived_at: None,
        };
        self.records.insert(id, record);
        self.write(id, values, now);
        id
    }

    pub(super) fn update(&mut self, id: u64, values: &Values) {
        let written = self.records.get(&id).map_or(Timestamp::UNIX_EPOCH, |record| record.updated_at);
        // Two writes within one millisecond must still show in the time of the last change.
        let next = Timestamp::from_millisecond(written.as_millisecond() + 1).unwrap_or(written);
        self.write(id, values, clock::now().max(next));
    }

    pub(super) fn archive(&mut self, id: u64) {
        let Some(record) = self.records.get_mut(&id).filter(|record| !record.archived) else {
            return;
        };
        let now = clock::now();
        record.archived = true;
        record.archived_at = Some(now);
        record.updated_at = now;
        for (property, holders) in &mut self.unique {
            if let Some(value) = record.properties.get(property) {
                holders.remove(&fold(value));
            }
        }
    }

    fn write(&mut self, id: u64, values: &Values, now: Timestamp) {
        let Some(record) = self.records.get_mut(&id) else {
            return;
        };
        let known = |name: &str| record.properties.contains_key(name);
        let derived = derive(&self.object, values, known);
        for (name, value) in values.iter().chain(&derived) {
            let before = if value.is_empty() {
                record.properties.remove(name)
            } else {
                record.properties.insert(name.clone(), value.clone())
            };
            if !self.object.is_unique(name) {
                continue;
            }
            let holders = self.unique.entry(name.clone()).or_default();
            if let Some(before) = before {
                holders.remove(&fold(&before));
            }
            if !value.is_empty() {
                holders.insert(fold(value), id);
            }
        }
        record.properties.insert(self.object.modified_property().to_owned(), clock::text(now));
        record.updated_at = now;
    }
}

/// What HubSpot fills in by itself from what was written.
fn derive(object: &Object, values: &Values, known: impl Fn(&str) -> bool) -> Values {
    let mut derived = Values::new();
    if object.is_contact()
        && let Some(email) = values.get("email")
    {
        let domain = email.split_once('@').map(|(_, domain)| domain).unwrap_or_default();
        derived.insert("hs_email_domain".to_owned(), domain.to_owned());
    }
    let website_is_free = !values.contains_key("website") && !known("website");
    if object.type_id == "0-2"
        && website_is_free
        && let Some(domain) = values.get("domain")
    {
        derived.insert("website".to_owned(), domain.clone());
    }
    derived
}

/// Unique values are compared without regard to case.
pub(super) fn fold(value: &str) -> String {
    value.trim().to_lowercase()
}
