//! Catalogs and their items.

use serde_json::{Map, Value, json};

use super::reply::Refusal;
use super::workspace::Record;
use crate::clock;

/// The most items of a call, and the longest id of one.
const ITEMS_MAX: usize = 50;
const ID_CHARS_MAX: usize = 250;
/// The longest text of a field.
const TEXT_CHARS_MAX: usize = 5_000;

/// What a bulk call does with items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Replace,
    Edit,
    Remove,
}

pub(super) struct Catalog {
    pub(super) name: String,
    /// Names and types, without `id`.
    fields: Vec<(String, String)>,
    pub(super) items: Vec<Map<String, Value>>,
    updated_at: String,
}

impl Catalog {
    pub(super) fn new(name: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
        Self { name: name.to_owned(), fields, items: Vec::new(), updated_at: clock::text(clock::now()) }
    }

    pub(super) fn show(&self) -> Value {
        let field = |(name, kind): &(String, String)| json!({ "name": name, "type": kind });
        let id = json!({ "name": "id", "type": "string" });
        let fields: Vec<Value> = [id].into_iter().chain(self.fields.iter().map(field)).collect();
        json!({ "name": self.name, "description": "", "fields": fields, "num_items": self.items.len(),
            "updated_at": self.updated_at })
    }

    pub(super) fn records(&self) -> Vec<Record> {
        let record =
            |item: &Map<String, Value>| Record { id: id_of(item).unwrap_or_default().to_owned(), values: item.clone() };
        self.items.iter().map(record).collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<&Map<String, Value>> {
        self.items.iter().find(|item| id_of(item) == Some(id))
    }

    /// Judges the items of a call: one that is wrong refuses all.
    pub(super) fn judge(&self, change: Change, given: Option<&Value>) -> Result<Vec<Map<String, Value>>, Refusal> {
        let refuse = |id: &str, message: &str, values: &[String]| Refusal::catalog(400, id, message, "id", values);
        let list = given.and_then(Value::as_array);
        let items: Option<Vec<Map<String, Value>>> =
            list.and_then(|list| list.iter().map(|item| item.as_object().cloned()).collect());
        let items = items.ok_or_else(|| refuse("item-array-invalid", "'items' must be an array of objects", &[]))?;
        if items.len() > ITEMS_MAX {
            return Err(refuse("request-includes-too-many-items", "The item limit per request is 50", &[]));
        }
        let mut ids = Vec::new();
        for item in &items {
            let id = match item.get("id") {
                None => return Err(refuse("items-missing-ids", "There are items that do not have item IDs", &[])),
                Some(Value::String(id)) => id.clone(),
                Some(_) => return Err(refuse("ids-not-strings", "Item IDs must be of type string", &[])),
            };
            let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            let fault = match () {
                () if id.chars().count() > ID_CHARS_MAX => {
                    Some(("ids-too-large", "Item IDs can't be more than 250 characters"))
                }
                () if id.is_empty() || !id.chars().all(letters) => {
                    Some(("invalid-ids", "Item IDs can only include letters, numbers, hyphens, and underscores"))
                }
                () if ids.contains(&id) => Some(("ids-not-unique", "Item IDs must be unique in the request")),
                () if change == Change::Remove => None,
                () => self.fault(item),
            };
            if let Some((code, message)) = fault {
                return Err(refuse(code, message, &[id]));
            }
            ids.push(id);
        }
        let known: Vec<String> = ids.iter().filter(|id| self.find(id).is_some()).cloned().collect();
        if change == Change::Add && !known.is_empty() {
            return Err(refuse("item-already-exists", "The item already exists", &known));
        }
        Ok(items)
    }

    fn fault(&self, item: &Map<String, Value>) -> Option<(&'static str, &'static str)> {
        for (name, value) in item.iter().filter(|(name, _)| *name != "id") {
            let Some((_, kind)) = self.fields.iter().find(|(known, _)| known == name) else {
                return Some(("invalid-fields", "Some of the fields given do not exist in the catalog"));
            };
            let fits = match (kind.as_str(), value) {
                (_, Value::Null) => true,
                ("string", Value::String(text)) if text.chars().count() > TEXT_CHARS_MAX => {
                    return Some(("items-too-large", "Item values can't exceed 5,000 characters"));
                }
                ("string", Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
                ("number", Value::String(text)) => text.parse::<f64>().is_ok(),
                ("number", value) => value.is_number(),
                ("boolean", Value::String(text)) => matches!(text.as_str(), "true" | "false"),
                ("boolean", value) => value.is_boolean(),
                ("time", Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
                ("time", value) => value.is_number(),
                ("object", value) => value.is_object(),
                ("array", value) => value.is_array() || value.is_object(),
                _ => false,
            };
            if !fits {
                return Some(("unable-to-coerce-value", "Item types can't be converted"));
            }
        }
        None
    }

    /// Applies what was accepted. An edit of an item that is not there does nothing.
    pub(super) fn apply(&mut self, change: Change, items: Vec<Map<String, Value>>) {
        self.updated_at = clock::text(clock::now());
        for item in items {
            let Some(id) = id_of(&item).map(str::to_owned) else { continue };
            let known = self.items.iter_mut().find(|known| id_of(known) == Some(&id));
            match (change, known) {
                (Change::Remove, _) => self.items.retain(|known| id_of(known) != Some(&id)),
                (Change::Edit, Some(known)) => known.extend(item),
                (Change::Replace, Some(known)) => *known = item,
                (Change::Add | Change::Replace, None) => self.items.push(item),
                (Change::Add, Some(_)) | (Change::Edit, None) => {}
            }
        }
    }
}

pub(super) fn id_of(item: &Map<String, Value>) -> Option<&str> {
    item.get("id").and_then(Value::as_str)
}
