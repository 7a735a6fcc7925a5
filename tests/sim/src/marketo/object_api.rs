//! Companies, opportunities, salespersons and custom objects.

use serde_json::{Value, json};

use super::answer::{Answer, Reason, Refusal};
use super::store::{Store, Table};
use super::sync;

/// By which fields a body finds records: `dedupeBy` or `deleteBy`.
pub(super) fn keys(table: &Table, body: &Value, member: &str) -> Result<Vec<String>, Refusal> {
    match body.get(member).and_then(Value::as_str) {
        None | Some("dedupeFields") => Ok(table.dedupe.clone()),
        Some("idField") => Ok(vec![table.id_field.to_owned()]),
        Some(other) => Err(Refusal::new("1003", format!("Invalid value '{other}' for '{member}'"))),
    }
}

/// Two records of one key in a call are refused: 1036.
pub(super) fn no_duplicates(keys: &[String], input: &[Value]) -> Result<(), Refusal> {
    let key = |record: &Value| keys.iter().map(|key| record.get(key).cloned().unwrap_or_default()).collect::<Vec<_>>();
    for (place, record) in input.iter().enumerate() {
        let own = key(record);
        let known = own.iter().any(|value| !value.is_null());
        if known && input.iter().take(place).any(|other| key(other) == own) {
            return Err(Refusal::new("1036", "Duplicate object found in input"));
        }
    }
    Ok(())
}

/// Results of these objects have their place.
pub(super) fn numbered(mut results: Vec<Value>) -> Value {
    for (place, result) in results.iter_mut().enumerate() {
        if let Some(result) = result.as_object_mut() {
            result.insert("seq".to_owned(), json!(place));
        }
    }
    json!({"result": results})
}

pub(super) fn delete(table: &mut Table, body: &Value) -> Answer {
    let keys = keys(table, body, "deleteBy")?;
    let input = sync::input(body)?.clone();
    let mut results = Vec::new();
    for record in &input {
        let wanted: Vec<(&str, Value)> =
            keys.iter().map(|key| (key.as_str(), record.get(key).cloned().unwrap_or_default())).collect();
        match table.find(&wanted).first() {
            Some(place) => {
                let id = table.at(*place).map(|record| table.id_value(record)).unwrap_or_default();
                table.delete(*place);
                results.push(json!({table.id_field: id, "status": "deleted"}));
            }
            None => {
                let reason = Reason::new("1013", "Object not found");
                results.push(json!({"status": "skipped", "reasons": reason.json()}));
            }
        }
    }
    Ok(numbered(results))
}

pub(super) fn describe(table: &Table) -> Answer {
    let mut described = summary(table);
    let fields: Vec<Value> = table.fields.iter().map(super::field::Field::describe).collect();
    if let Some(described) = described.as_object_mut() {
        described.insert("fields".to_owned(), json!(fields));
    }
    Ok(json!({"result": [described]}))
}

/// `customobjects.json`.
pub(super) fn list(store: &Store) -> Answer {
    let custom = store.tables.iter().filter(|table| table.name.ends_with("_c"));
    Ok(json!({"result": custom.map(summary).collect::<Vec<_>>()}))
}

fn summary(table: &Table) -> Value {
    let at = "2026-01-01T00:00:00Z";
    let searchable: Vec<Value> = vec![json!(table.dedupe), json!([table.id_field])];
    json!({
        "name": table.name, "displayName": table.label, "description": "", "createdAt": at, "updatedAt": at,
        "idField": table.id_field, "dedupeFields": table.dedupe, "searchableFields": searchable, "relationships": [],
    })
}
