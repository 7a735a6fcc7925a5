//! Writes of one record: insert, update, upsert and delete, with the locks that they take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field::Field;
use super::object::Object;
use super::org::Org;
use super::refusal::{DmlError, Refusal};
use super::{id, value};

/// What a request wants written, after its names and types were found right.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    values: BTreeMap<String, Value>,
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Reference {
    field: Field,
    target: String,
    key: Field,
    value: Value,
}

/// What to do with a draft.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'a> {
    Insert,
    Update,
    /// By this external id field.
    Upsert(&'a Field),
}

#[derive(Debug)]
pub(super) struct Saved {
    pub(super) id: String,
    pub(super) created: bool,
}

impl Draft {
    /// Reads a record of a JSON body. What is wrong with its names and types refuses the whole request.
    pub(super) fn from_json(org: &Org, object: &Object, record: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut draft = Self::default();
        for (name, given) in record {
            match given {
                _ if name == "attributes" => {}
                _ if name.eq_ignore_ascii_case("id") => draft.id = given.as_str().map(str::to_owned),
                Value::Object(other) => {
                    let field = object.relationship(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
                    let kind = other.get("attributes").and_then(|attributes| attributes["type"].as_str());
                    let Some((key, value)) = other.iter().find(|(key, _)| *key != "attributes") else { continue };
                    draft.refer(org, field, kind, key, |key| value::from_json(key, value))?;
                }
                _ => {
                    let field = object.field(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
                    draft.values.insert(field.name.clone(), value::from_json(field, given)?);
                }
            }
        }
        Ok(draft)
    }

    /// Sets a cell of a CSV row: the column `Account.Ext__c` is a reference, `Contact:Who.Ext__c` one of several types.
    pub(super) fn set_text(&mut self, org: &Org, object: &Object, column: &str, text: &str) -> Result<(), DmlError> {
        let unknown = || DmlError::new("INVALID_FIELD", format!("Field name not found : {column}"));
        let value = |field: &Field| match text {
            "#N/A" => Ok(Value::Null),
            _ => value::from_text(field, text),
        };
        if let Some((left, key)) = column.split_once('.') {
            let (kind, relationship) = match left.split_once(':') {
                Some((kind, relationship)) => (Some(kind), relationship),
                None => (None, left),
            };
            let field = object.relationship(relationship).ok_or_else(unknown)?;
            if text == "#N/A" {
                self.values.insert(field.name.clone(), Value::Null);
                return Ok(());
            }
            let typed = |key: &Field| value::from_text(key, text).map_err(Refusal::from);
            return self.refer(org, field, kind, key, typed).map_err(|_| unknown());
        }
        if column.eq_ignore_ascii_case("id") {
            self.id = Some(text.to_owned());
            return Ok(());
        }
        let field = object.field(column).ok_or_else(unknown)?;
        self.values.insert(field.name.clone(), value(field)?);
        Ok(())
    }

    fn refer(
        &mut self,
        org: &Org,
        field: &Field,
        kind: Option<&str>,
        key: &str,
        value: impl FnOnce(&Field) -> Result<Value, Refusal>,
    ) -> Result<(), Refusal> {
        let target = match (kind, field.targets.as_slice()) {
            (Some(kind), targets) => targets.iter().find(|target| target.eq_ignore_ascii_case(kind)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let target = target.and_then(|target| org.object(target)).ok_or_else(|| {
            let message =
                format!("The external foreign key reference does not reference a valid entity: {}", field.name);
            Refusal::new(400, "INVALID_FIELD", message)
        })?;
        let key = target.field(key).filter(|key| key.is_key()).ok_or_else(|| {
            let message = format!("{key} is not an External ID or indexed field for {}", target.name);
            Refusal::new(400, "INVALID_FIELD", message)
        })?;
        let value = value(key)?;
        self.references.push(Reference { field: field.clone(), target: target.name.clone(), key: key.clone(), value });
        Ok(())
    }

    /// The value of the field by which an upsert finds its record.
    pub(super) fn key(&self, field: &Field) -> Option<&Value> {
        self.values.get(&field.name).filter(|value| !value.is_null() && *value != "")
    }

    pub(super) fn set(&mut self, field: &str, value: Value) {
        self.values.insert(field.to_owned(), value);
    }
}

/// Writes a draft. `mine` are the locks that this request has and gets.
pub(super) fn save(
    org: &mut Org,
    object: &Object,
    draft: Draft,
    way: Way<'_>,
    mine: &mut BTreeSet<String>,
) -> Result<Saved, DmlError> {
    let target = target(org, object, &draft, way)?;
    let mut values = draft.values;
    for reference in draft.references {
        let found: Vec<String> = org
            .with_key(&reference.target, &reference.key.name, &reference.value)
            .iter()
            .map(|record| record.id.clone())
            .collect();
        let id = match found.as_slice() {
            [id] => id.clone(),
            [] => {
                let shown = text(&reference.value);
                let message = format!(
                    "Foreign key external ID: {shown} not found for field {} in entity {}",
                    reference.key.name, reference.target
                );
                return Err(DmlError::new("INVALID_FIELD", message));
            }
            several => return Err(several_found(&reference.key, &reference.value, several)),
        };
        values.insert(reference.field.name, Value::from(id));
    }
    check(org, object, &mut values, target.as_deref())?;
    let locks: BTreeSet<String> = locks(object, &values).into_iter().chain(target.clone()).collect();
    take(org, &locks, mine)?;
    values = values.into_iter().map(|(name, value)| (name, if value == "" { Value::Null } else { value })).collect();
    match target {
        Some(id) => {
            org.update(&id, values);
            Ok(Saved { id, created: false })
        }
        None => {
            values.retain(|_, value| !value.is_null());
            let id = org.insert(&object.name, values);
            mine.insert(id.clone());
            org.locked.insert(id.clone());
            Ok(Saved { id, created: true })
        }
    }
}

/// The record to change, if there is to be one.
fn target(org: &Org, object: &Object, draft: &Draft, way: Way<'_>) -> Result<Option<String>, DmlError> {
    match way {
        Way::Insert if draft.id.as_deref().is_some_and(|id| !id.is_empty()) => {
            let message = "cannot specify Id in an insert call";
            Err(DmlError::new("INVALID_FIELD_FOR_INSERT_UPDATE", message).on("Id"))
        }
        Way::Insert => Ok(None),
        Way::Update => match &draft.id {
            Some(id) => existing(org, object, id).map(Some),
            None => Err(DmlError::new("MISSING_ARGUMENT", "Id not specified in an update call")),
        },
        Way::Upsert(field) => {
            let Some(key) = draft.key(field) else {
                let message = format!("{} not specified", field.name);
                return Err(DmlError::new("MISSING_ARGUMENT", message));
            };
            let found: Vec<String> =
                org.with_key(&object.name, &field.name, key).iter().map(|record| record.id.clone()).collect();
            match found.as_slice() {
                [] => Ok(None),
                [id] => Ok(Some(id.clone())),
                several => Err(several_found(field, key, several)),
            }
        }
    }
}

fn several_found(field: &Field, key: &Value, ids: &[String]) -> DmlError {
    let message = format!("{}: more than one record found for external id field: [{}]", text(key), ids.join(", "));
    DmlError::new("DUPLICATE_EXTERNAL_ID", message).on(&field.name)
}

/// The id of a record of this object that is there.
fn existing(org: &Org, object: &Object, given: &str) -> Result<String, DmlError> {
    let Some(long) = id::long(given) else {
        let message = format!("{} ID: id value of incorrect type: {given}", object.label);
        return Err(DmlError::new("MALFORMED_ID", message).on("Id"));
    };
    match org.record(&long) {
        Some(record) if record.deleted => Err(DmlError::new("ENTITY_IS_DELETED", "entity is deleted")),
        Some(record) if record.object == object.name => Ok(long),
        _ => Err(DmlError::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")),
    }
}

fn check(
    org: &Org,
    object: &Object,
    values: &mut BTreeMap<String, Value>,
    target: Option<&str>,
) -> Result<(), DmlError> {
    let creates = target.is_none();
    let mut closed = Vec::new();
    for name in values.keys() {
        let writable =
            object.field(name).is_some_and(|field| if creates { field.createable } else { field.updateable });
        if !writable {
            closed.push(name.clone());
        }
    }
    if !closed.is_empty() {
        let message = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
             read/write for your profile or permission set.",
            closed.join(", ")
        );
        return Err(DmlError { fields: closed, ..DmlError::new("INVALID_FIELD_FOR_INSERT_UPDATE", message) });
    }
    let is_empty = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || *value == "");
    let required = object.fields.iter().filter(|field| field.createable && !field.nillable && !field.defaulted);
    let missing: Vec<String> = required
        .filter(|field| {
            if creates {
                is_empty(values.get(&field.name))
            } else {
                values.contains_key(&field.name) && is_empty(values.get(&field.name))
            }
        })
        .map(|field| field.name.clone())
        .collect();
    if !missing.is_empty() {
        let message = format!("Required fields are missing: [{}]", missing.join(", "));
        return Err(DmlError { fields: missing, ..DmlError::new("REQUIRED_FIELD_MISSING", message) });
    }
    for field in &object.fields {
        let Some(value) = values.get(&field.name) else { continue };
        if is_empty(Some(value)) {
            continue;
        }
        value::check(field, value)?;
        if field.kind == "reference" {
            let there = value.as_str().and_then(|id| org.record(id));
            let fits = there.is_some_and(|record| !record.deleted && field.targets.contains(&record.object));
            if !fits {
                let message = "invalid cross reference id";
                return Err(DmlError::new("INVALID_CROSS_REFERENCE_KEY", message).on(&field.name));
            }
        }
        if field.unique {
            let taken = org
                .with_key(&object.name, &field.name, value)
                .into_iter()
                .find(|record| Some(record.id.as_str()) != target);
            if let Some(other) = taken {
                let message =
                    format!("duplicate value found: {} duplicates value on record with id: {}", field.name, other.id);
                return Err(DmlError::new("DUPLICATE_VALUE", message));
            }
        }
    }
    Ok(())
}

fn locks(object: &Object, values: &BTreeMap<String, Value>) -> Vec<String> {
    let locking = object.fields.iter().filter(|field| field.locks());
    locking.filter_map(|field| values.get(&field.name)?.as_str().and_then(id::long)).collect()
}

fn take(org: &mut Org, wanted: &BTreeSet<String>, mine: &mut BTreeSet<String>) -> Result<(), DmlError> {
    let held: Vec<&String> = wanted.iter().filter(|id| !mine.contains(*id) && org.locked.contains(*id)).collect();
    if let Some(first) = held.first() {
        let message = format!("unable to obtain exclusive access to this record or {} records: {first}", held.len());
        return Err(DmlError::new("UNABLE_TO_LOCK_ROW", message));
    }
    org.locked.extend(wanted.iter().cloned());
    mine.extend(wanted.iter().cloned());
    Ok(())
}

/// Deletes a record by its id.
pub(super) fn delete(org: &mut Org, id: &str, mine: &mut BTreeSet<String>) -> Result<String, DmlError> {
    let Some(long) = id::long(id) else {
        return Err(DmlError::new("MALFORMED_ID", format!("bad id {id}")));
    };
    let parents: BTreeSet<String> = match org.record(&long) {
        None => return Err(DmlError::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")),
        Some(record) if record.deleted => return Err(DmlError::new("ENTITY_IS_DELETED", "entity is deleted")),
        Some(record) => {
            let object = org.object(&record.object);
            object
                .map(|object| locks(object, &record.values))
                .unwrap_or_default()
                .into_iter()
                .chain([long.clone()])
                .collect()
        }
    };
    take(org, &parents, mine)?;
    org.delete(&long);
    Ok(long)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
