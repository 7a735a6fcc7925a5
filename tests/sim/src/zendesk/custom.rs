//! Custom objects and their records, whose ids are texts.

use serde_json::{Map, Value, json};

use super::details::Details;
use super::field::Field;
use super::table::Record;
use super::work::Outcome;
use crate::clock;

/// The actions of a custom object's jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    UpsertByExternalId,
    UpsertByName,
    Delete,
    DeleteByExternalId,
}

impl Action {
    pub(super) fn called(name: &str) -> Option<Self> {
        Some(match name {
            "create" => Self::Create,
            "update" => Self::Update,
            "create_or_update_by_external_id" => Self::UpsertByExternalId,
            "create_or_update_by_name" => Self::UpsertByName,
            "delete" => Self::Delete,
            "delete_by_external_id" => Self::DeleteByExternalId,
            _ => return None,
        })
    }

    /// Whether its items are texts, and not records.
    pub(super) fn takes_keys(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteByExternalId)
    }
}

pub(super) struct CustomObject {
    pub(super) key: String,
    title: String,
    title_pluralized: String,
    pub(super) fields: Vec<Field>,
    records: Vec<Record>,
    created: u64,
}

impl CustomObject {
    pub(super) fn new(key: &str, title: &str, title_pluralized: &str) -> Self {
        let (key, title, title_pluralized) = (key.to_owned(), title.to_owned(), title_pluralized.to_owned());
        Self { key, title, title_pluralized, fields: Vec::new(), records: Vec::new(), created: 0 }
    }

    pub(super) fn add_field(&mut self, id: u64, given: &Map<String, Value>) -> Result<(), Details> {
        let field = Field::read(id, self.fields.len(), given)?;
        if field.key.is_empty() || self.fields.iter().any(|known| known.key == field.key) {
            return Err(Details::one("key", "has already been taken", Some("DuplicateValue")));
        }
        self.fields.push(field);
        Ok(())
    }

    pub(super) fn show(&self, origin: &str) -> Value {
        json!({
            "url": format!("{origin}/api/v2/custom_objects/{}.json", self.key),
            "key": self.key,
            "title": self.title,
            "title_pluralized": self.title_pluralized,
            "raw_title": self.title,
            "raw_title_pluralized": self.title_pluralized,
            "description": "",
            "raw_description": "",
            "include_in_list_view": true,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "created_by_user_id": "2",
            "updated_by_user_id": "2",
        })
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.records.clone()
    }

    pub(super) fn show_record(&self, record: &Record, origin: &str) -> Value {
        let mut shown = record.values.clone();
        let (key, id) = (&self.key, &record.id);
        shown.insert("id".to_owned(), json!(id));
        shown.insert("url".to_owned(), json!(format!("{origin}/api/v2/custom_objects/{key}/records/{id}.json")));
        Value::Object(shown)
    }

    fn find(&self, name: &str, value: &str) -> Option<usize> {
        let same = |record: &Record| {
            let known = if name == "id" { Some(record.id.as_str()) } else { record.text(name) };
            known.is_some_and(|known| known == value || (name == "external_id" && known.eq_ignore_ascii_case(value)))
        };
        self.records.iter().position(same)
    }

    /// Writes a record, or a new one where there is no index.
    fn write(&mut self, index: Option<usize>, given: &Map<String, Value>) -> Result<usize, Details> {
        let mut details = Details::default();
        let now = json!(clock::seconds(clock::now()));
        let mut values = match index.and_then(|index| self.records.get(index)) {
            Some(record) => record.values.clone(),
            None => {
                let new = json!({
                    "custom_object_key": self.key, "name": null, "external_id": null, "photo": null,
                    "custom_object_fields": {}, "created_at": now, "created_by_user_id": "2", "updated_by_user_id": "2"
                });
                new.as_object().cloned().unwrap_or_default()
            }
        };
        match given.get("name") {
            None if index.is_some() => {}
            Some(Value::String(name)) if !name.is_empty() => drop(values.insert("name".to_owned(), json!(name))),
            _ => details.add("name", "cannot be blank", Some("BlankValue")),
        }
        if let Some(external_id) = given.get("external_id") {
            let clash = external_id.as_str().and_then(|id| self.find("external_id", id));
            if clash.is_some() && clash != index {
                details.add("external_id", "has already been taken", Some("DuplicateValue"));
            }
            values.insert("external_id".to_owned(), external_id.clone());
        }
        let mut kept = values.get("custom_object_fields").and_then(Value::as_object).cloned().unwrap_or_default();
        let fields = given.get("custom_object_fields").and_then(Value::as_object);
        for field in &self.fields {
            match fields.and_then(|fields| fields.get(&field.key)) {
                None => drop(kept.entry(field.key.clone()).or_insert_with(|| field.empty())),
                Some(value) => match field.keep(value, false) {
                    Some(value) => drop(kept.insert(field.key.clone(), value)),
                    None => details.add(&field.key, "is invalid", Some("InvalidValue")),
                },
            }
        }
        values.insert("custom_object_fields".to_owned(), Value::Object(kept));
        values.insert("updated_at".to_owned(), now);
        if !details.is_empty() {
            return Err(details);
        }
        match index.and_then(|index| Some((index, self.records.get_mut(index)?))) {
            Some((index, record)) => {
                record.values = values;
                Ok(index)
            }
            None => {
                self.created += 1;
                let id = format!("01HZENDESKRECORD{:010}", self.created * 7);
                self.records.push(Record { id, active: true, values });
                Ok(self.records.len() - 1)
            }
        }
    }

    /// Does the work of a job. Results are whole records: the published schema says so.
    pub(super) fn run(&mut self, action: Action, items: &[Value]) -> Outcome {
        let mut outcome = Outcome::default();
        for (index, item) in items.iter().enumerate() {
            if action.takes_keys() {
                let key = if action == Action::Delete { "id" } else { "external_id" };
                match item.as_str().and_then(|value| self.find(key, value)) {
                    Some(found) => {
                        let record = self.records.remove(found);
                        outcome.good(json!({ "id": record.id, "status": "Deleted", "success": true }));
                    }
                    None => outcome.bad(index, "RecordNotFound", "Record not found", None),
                }
                continue;
            }
            let empty = Map::new();
            let given = item.as_object().unwrap_or(&empty);
            let text = |name: &str| given.get(name).and_then(Value::as_str);
            let by = |name: &str| text(name).and_then(|value| self.find(name, value));
            let target = match action {
                Action::Create => Ok(None),
                Action::Update => by("id").map(Some).ok_or(("RecordNotFound", "Record not found")),
                Action::UpsertByName => Ok(by("name")),
                _ if text("external_id").is_none() => Err(("RecordInvalid", "External: cannot be blank")),
                _ => Ok(by("external_id")),
            };
            let written = match target {
                Ok(target) => self.write(target, given).map(|at| (at, target.is_none())),
                Err((error, details)) => {
                    outcome.bad(index, error, details, None);
                    continue;
                }
            };
            match written {
                Ok((at, new)) => {
                    let mut shown = self.records.get(at).map(|record| self.show_record(record, "")).unwrap_or_default();
                    if let Some(shown) = shown.as_object_mut() {
                        shown.remove("url");
                        shown.insert("status".to_owned(), json!(if new { "Created" } else { "Updated" }));
                    }
                    outcome.good(shown);
                }
                Err(details) => outcome.bad(index, "RecordInvalid", &details.text(), None),
            }
        }
        outcome
    }
}
