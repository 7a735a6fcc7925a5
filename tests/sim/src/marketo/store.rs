//! What an instance holds: leads, companies and the like, custom objects, static lists, imports.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::field::Field;
use super::import::Import;
use crate::{clock, ident};

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// A number, or a GUID.
    pub id: String,
    /// The fields that were written and are not null.
    pub values: BTreeMap<String, Value>,
    /// Deleted, and no more to be found.
    pub deleted: bool,
    #[serde(skip)]
    made: Timestamp,
    #[serde(skip)]
    changed: Timestamp,
}

/// An object with its records.
pub(super) struct Table {
    /// `leads`, `companies` or the name of a custom object.
    pub(super) name: String,
    pub(super) label: String,
    /// `id` or `marketoGUID`.
    pub(super) id_field: &'static str,
    /// What identifies a record, together.
    pub(super) dedupe: Vec<String>,
    pub(super) fields: Vec<Field>,
    records: Vec<Record>,
    /// Places of records by the lower-case value of each field.
    index: BTreeMap<(String, String), BTreeSet<usize>>,
    first_id: u64,
}

/// A static list.
pub(super) struct List {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) folder: Value,
    pub(super) made: Timestamp,
    pub(super) members: BTreeSet<String>,
}

pub(super) struct Store {
    pub(super) tables: Vec<Table>,
    pub(super) lists: Vec<List>,
    pub(super) imports: Vec<Import>,
}

impl Store {
    pub(super) fn new() -> Self {
        let text = |name: &str, label: &str| Field::new(name, label, "string", false);
        let leads = vec![
            text("company", "Company Name"),
            text("firstName", "First Name"),
            text("lastName", "Last Name"),
            text("title", "Job Title"),
            Field::new("email", "Email Address", "email", false),
            Field::new("phone", "Phone Number", "phone", false),
            Field::new("unsubscribed", "Unsubscribed", "boolean", false),
            Field::new("annualRevenue", "Annual Revenue", "currency", false),
            Field::new("numberOfEmployees", "Num Employees", "integer", false),
            Field::new("dateOfBirth", "Date of Birth", "date", false),
            Field::new("leadScore", "Lead Score", "score", false),
            text("externalCompanyId", "External Company Id"),
        ];
        let company = vec![
            text("externalCompanyId", "External Company Id"),
            text("company", "Company Name"),
            text("industry", "Industry"),
        ];
        let opportunity = vec![
            text("externalOpportunityId", "External Opportunity Id"),
            text("name", "Name"),
            Field::new("amount", "Amount", "currency", false),
        ];
        let person = vec![text("externalSalesPersonId", "External Sales Person Id"), text("email", "Email Address")];
        let tables = vec![
            Table::new("leads", "id", &["email"], leads, 7_149),
            Table::new("companies", "id", &["externalCompanyId"], company, 1_232),
            Table::new("opportunities", "marketoGUID", &["externalOpportunityId"], opportunity, 1),
            Table::new("salespersons", "id", &["externalSalesPersonId"], person, 2_000),
        ];
        Self { tables, lists: Vec::new(), imports: Vec::new() }
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.name == name)
    }

    /// Adds a custom object; its dedupe fields are among its fields.
    pub(super) fn add_object(&mut self, name: &str, dedupe: &[&str], fields: Vec<Field>) -> bool {
        let fits = dedupe.iter().all(|key| fields.iter().any(|field| field.name == *key));
        if self.table(name).is_some() || !name.ends_with("_c") || dedupe.is_empty() || !fits {
            return false;
        }
        self.tables.push(Table::new(name, "marketoGUID", dedupe, fields, 1));
        true
    }

    /// Adds a static list and returns its id.
    pub(super) fn add_list(&mut self, name: &str, folder: Value) -> u64 {
        let id = 1_159 + self.lists.len() as u64;
        let list = List { id, name: name.to_owned(), folder, made: clock::now(), members: BTreeSet::new() };
        self.lists.push(list);
        id
    }

    pub(super) fn list_mut(&mut self, id: &str) -> Option<&mut List> {
        self.lists.iter_mut().find(|list| list.id.to_string() == id)
    }
}

impl Table {
    fn new(name: &str, id_field: &'static str, dedupe: &[&str], own: Vec<Field>, first_id: u64) -> Self {
        let kind = if id_field == "id" { "integer" } else { "string" };
        let mut fields = vec![Field::new(id_field, id_field, kind, true)];
        fields.extend(own);
        fields.push(Field::new("createdAt", "Created At", "datetime", true));
        fields.push(Field::new("updatedAt", "Updated At", "datetime", true));
        Self {
            name: name.to_owned(),
            label: name.trim_end_matches("_c").to_owned(),
            id_field,
            dedupe: dedupe.iter().map(|key| (*key).to_owned()).collect(),
            fields,
            records: Vec::new(),
            index: BTreeMap::new(),
            first_id,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn record(&self, id: &str) -> Option<&Record> {
        self.find(&[(self.id_field, json!(id))]).first().and_then(|place| self.records.get(*place))
    }

    pub(super) fn at(&self, place: usize) -> Option<&Record> {
        self.records.get(place)
    }

    /// Places of the records that have all these values.
    pub(super) fn find(&self, wanted: &[(&str, Value)]) -> Vec<usize> {
        let places = |(field, value): &(&str, Value)| {
            key_text(value).and_then(|text| self.index.get(&((*field).to_owned(), text))).cloned().unwrap_or_default()
        };
        let mut sets = wanted.iter().map(places);
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |found, set| found.intersection(&set).copied().collect()).into_iter().collect()
    }

    pub(super) fn insert(&mut self, values: BTreeMap<String, Value>) -> usize {
        let place = self.records.len();
        let id = match self.id_field {
            "id" => (self.first_id + place as u64).to_string(),
            _ => ident::uuid(),
        };
        let now = clock::now();
        let values = values.into_iter().filter(|(_, value)| !value.is_null()).collect();
        self.records.push(Record { id, values, deleted: false, made: now, changed: now });
        self.mark(place, true);
        place
    }

    pub(super) fn update(&mut self, place: usize, changes: BTreeMap<String, Value>) {
        self.mark(place, false);
        if let Some(record) = self.records.get_mut(place) {
            record.values.extend(changes);
            record.values.retain(|_, value| !value.is_null());
            record.changed = clock::now();
        }
        self.mark(place, true);
    }

    pub(super) fn delete(&mut self, place: usize) {
        self.mark(place, false);
        if let Some(record) = self.records.get_mut(place) {
            record.deleted = true;
        }
    }

    fn mark(&mut self, place: usize, add: bool) {
        let Some(record) = self.records.get(place) else { return };
        let own = [(self.id_field.to_owned(), json!(record.id))];
        let entries = record.values.iter().map(|(name, value)| (name.clone(), value.clone())).chain(own);
        for (name, value) in entries.collect::<Vec<_>>() {
            let Some(text) = key_text(&value) else { continue };
            let places = self.index.entry((name, text)).or_default();
            if add {
                places.insert(place);
            } else {
                places.remove(&place);
            }
        }
    }

    /// The id as an answer has it.
    pub(super) fn id_value(&self, record: &Record) -> Value {
        match (self.id_field, record.id.parse::<u64>()) {
            ("id", Ok(number)) => json!(number),
            _ => json!(record.id),
        }
    }

    /// What a read shows of a record.
    pub(super) fn show(&self, record: &Record, fields: &[&str]) -> Map<String, Value> {
        let shown = |name: &str| match name {
            _ if name == self.id_field => self.id_value(record),
            "createdAt" => json!(clock::seconds(record.made)),
            "updatedAt" => json!(clock::seconds(record.changed)),
            _ => record.values.get(name).cloned().unwrap_or_default(),
        };
        fields.iter().map(|name| ((*name).to_owned(), shown(name))).collect()
    }
}

/// Values are compared without regard to case.
fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_lowercase()).filter(|text| !text.is_empty()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
