//! Writes of one record: insert, update, upsert and delete, with the locks that they take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::draft::Draft;
use super::field::Field;
use super::object::Object;
use super::org::Org;
use super::refusal::DmlError;
use super::{id, value};

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
