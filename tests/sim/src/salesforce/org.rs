//! What an org holds: objects, records, jobs, and the locks of requests that are under way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::bulk::Job;
use super::field::Field;
use super::object::{Object, standard};
use super::refusal::Refusal;
use super::{id, value};
use crate::clock;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Eighteen characters.
    pub id: String,
    /// The name of its object.
    pub object: String,
    /// The fields that were written and are not null.
    pub values: BTreeMap<String, Value>,
    /// In the recycle bin.
    pub deleted: bool,
    #[serde(skip)]
    made: Timestamp,
    #[serde(skip)]
    changed: Timestamp,
}

pub(super) struct Org {
    pub(super) objects: Vec<Object>,
    records: Vec<Record>,
    places: BTreeMap<String, usize>,
    /// Records by the lower-case value of each of their key fields.
    keys: BTreeMap<(String, String, String), BTreeSet<usize>>,
    pub(super) jobs: Vec<Job>,
    /// Ids that requests under way have locked.
    pub(super) locked: BTreeSet<String>,
    /// Pages of queries that are still to be fetched.
    pub(super) cursors: BTreeMap<String, Vec<Value>>,
    pub(super) user: String,
    pub(super) organization: String,
}

impl Org {
    pub(super) fn new() -> Self {
        let mut org = Self {
            objects: standard(),
            records: Vec::new(),
            places: BTreeMap::new(),
            keys: BTreeMap::new(),
            jobs: Vec::new(),
            locked: BTreeSet::new(),
            cursors: BTreeMap::new(),
            user: String::new(),
            organization: String::new(),
        };
        let seed = |fields: Value| fields.as_object().cloned().unwrap_or_default().into_iter().collect();
        let user =
            json!({"Username": "ada@example.com", "LastName": "Ada", "Email": "ada@example.com", "IsActive": true});
        org.user = org.insert("User", seed(user));
        let organization = json!({"Name": "Simulated", "OrganizationType": "Developer Edition", "InstanceName": "SIM1",
                                  "IsSandbox": false});
        org.organization = org.insert("Organization", seed(organization));
        org
    }

    /// An object by its name, in whatever case.
    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.name.eq_ignore_ascii_case(name))
    }

    /// The object of a path.
    pub(super) fn object_at(&self, name: &str) -> Result<Object, Refusal> {
        self.object(name).cloned().ok_or_else(Refusal::not_found)
    }

    /// Adds an object with this name.
    pub(super) fn add_object(&mut self, name: &str) -> bool {
        if self.object(name).is_some() || !name.ends_with("__c") {
            return false;
        }
        let prefix = format!("a{:02}", self.objects.len());
        self.objects.push(Object::custom(name, &prefix));
        true
    }

    /// Adds a field to an object.
    pub(super) fn add_field(&mut self, object: &str, field: Field) -> bool {
        let object = self.objects.iter_mut().find(|own| own.name.eq_ignore_ascii_case(object));
        match object {
            Some(object) if object.field(&field.name).is_none() => {
                object.fields.push(field);
                true
            }
            _ => false,
        }
    }

    pub(super) fn insert(&mut self, object: &str, values: BTreeMap<String, Value>) -> String {
        let prefix = self.object(object).map_or_else(|| "000".to_owned(), |object| object.prefix.clone());
        let id = id::of(&prefix, 1_000_000 + self.records.len() as u64);
        let now = clock::now();
        let place = self.records.len();
        let record =
            Record { id: id.clone(), object: object.to_owned(), values, deleted: false, made: now, changed: now };
        self.records.push(record);
        self.places.insert(id.clone(), place);
        self.index(place, true);
        id
    }

    pub(super) fn update(&mut self, id: &str, changes: BTreeMap<String, Value>) {
        let Some(place) = self.places.get(id).copied() else { return };
        self.index(place, false);
        if let Some(record) = self.records.get_mut(place) {
            record.values.extend(changes);
            record.values.retain(|_, value| !value.is_null());
            record.changed = clock::now();
        }
        self.index(place, true);
    }

    pub(super) fn delete(&mut self, id: &str) {
        let Some(place) = self.places.get(id).copied() else { return };
        self.index(place, false);
        if let Some(record) = self.records.get_mut(place) {
            record.deleted = true;
        }
    }

    /// Puts everything back that a request did, where it wants all or nothing.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot { records: self.records.clone(), places: self.places.clone(), keys: self.keys.clone() }
    }

    pub(super) fn restore(&mut self, snapshot: Snapshot) {
        (self.records, self.places, self.keys) = (snapshot.records, snapshot.places, snapshot.keys);
    }

    fn index(&mut self, place: usize, add: bool) {
        let Some(record) = self.records.get(place).filter(|record| !record.deleted) else { return };
        let Some(object) = self.objects.iter().find(|object| object.name == record.object) else { return };
        for field in object.fields.iter().filter(|field| field.is_key() || field.unique) {
            let Some(text) = record.values.get(&field.name).and_then(key_text) else { continue };
            let places = self.keys.entry((object.name.clone(), field.name.clone(), text)).or_default();
            if add {
                places.insert(place);
            } else {
                places.remove(&place);
            }
        }
    }

    /// A record by its id, of fifteen or eighteen characters, deleted or not.
    pub(super) fn record(&self, id: &str) -> Option<&Record> {
        self.places.get(&id::long(id)?).and_then(|place| self.records.get(*place))
    }

    /// The records of an object whose key field has this value.
    pub(super) fn with_key(&self, object: &str, field: &str, value: &Value) -> Vec<&Record> {
        let Some(text) = key_text(value) else { return Vec::new() };
        let places = self.keys.get(&(object.to_owned(), field.to_owned(), text));
        places.into_iter().flatten().filter_map(|place| self.records.get(*place)).collect()
    }

    /// The records of an object in order of creation, deleted ones too.
    pub(super) fn all<'a>(&'a self, object: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.object.eq_ignore_ascii_case(object))
    }

    /// Every field of a record, as a read shows them.
    pub(super) fn show(&self, record: &Record, object: &Object, base: &str) -> Map<String, Value> {
        let url = format!("{base}/sobjects/{}/{}", object.name, record.id);
        let mut shown = Map::from_iter([("attributes".to_owned(), json!({"type": object.name, "url": url}))]);
        for field in &object.fields {
            shown.insert(field.name.clone(), self.cell(record, object, field));
        }
        shown
    }

    /// What a read shows of one field.
    pub(super) fn cell(&self, record: &Record, object: &Object, field: &Field) -> Value {
        if let Some(value) = record.values.get(&field.name) {
            return value.clone();
        }
        let part = |name: &str| record.values.get(name).and_then(Value::as_str);
        match field.name.as_str() {
            "Id" => json!(record.id),
            "IsDeleted" => json!(record.deleted),
            "CreatedDate" => json!(value::shown(record.made)),
            "LastModifiedDate" | "SystemModstamp" | "LastViewedDate" | "LastReferencedDate" => {
                json!(value::shown(record.changed))
            }
            "OwnerId" | "CreatedById" | "LastModifiedById" => json!(self.user),
            "PhotoUrl" => json!(format!("/services/images/photo/{}", record.id)),
            "CleanStatus" => json!("Pending"),
            "Status" if object.name == "Lead" => json!("Open - Not Contacted"),
            "IsUnreadByOwner" => json!(true),
            "Name" => {
                let names: Vec<&str> = ["FirstName", "LastName"].into_iter().filter_map(part).collect();
                if names.is_empty() { Value::Null } else { json!(names.join(" ")) }
            }
            _ if field.kind == "address" => address(record, object, &field.name),
            _ if field.kind == "boolean" => json!(false),
            _ => Value::Null,
        }
    }
}

/// The parts of a compound address, or null when it has none.
fn address(record: &Record, object: &Object, name: &str) -> Value {
    let prefix = name.trim_end_matches("Address");
    let parts = object.fields.iter().filter(|field| field.compound.as_deref() == Some(name));
    let mut any = false;
    let mut part = |field: &Field| {
        let value = record.values.get(&field.name).cloned().unwrap_or_default();
        any |= !value.is_null();
        let plain = field.name.strip_prefix(prefix).unwrap_or(&field.name);
        let mut letters = plain.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        (first.into_iter().chain(letters).collect::<String>(), value)
    };
    let shown: Map<String, Value> = parts.map(&mut part).collect();
    if any { Value::Object(shown) } else { Value::Null }
}

/// What an org looked like.
pub(super) struct Snapshot {
    records: Vec<Record>,
    places: BTreeMap<String, usize>,
    keys: BTreeMap<(String, String, String), BTreeSet<usize>>,
}

/// Key values are compared without regard to case.
fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.to_lowercase()),
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        _ => None,
    }
}
