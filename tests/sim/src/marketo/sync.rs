//! Sync: what a call wants done with each record is decided when it comes in, and done when its time has come.
//!
//! Between the two another call may create the record that the first did not find. Marketo then has two, as its documentation warns.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{Reason, Refusal};
use super::store::Table;

const RECORDS_MAX: usize = 300;

/// What to do with records that are there, and with those that are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    CreateOnly,
    UpdateOnly,
    CreateOrUpdate,
    CreateDuplicate,
}

impl Action {
    pub(super) fn read(body: &Value) -> Result<Self, Refusal> {
        match body.get("action").and_then(Value::as_str) {
            None | Some("createOrUpdate") => Ok(Self::CreateOrUpdate),
            Some("createOnly") => Ok(Self::CreateOnly),
            Some("updateOnly") => Ok(Self::UpdateOnly),
            Some("createDuplicate") => Ok(Self::CreateDuplicate),
            Some(other) => Err(Refusal::new("1001", format!("Invalid value '{other}'. Required of type 'action'"))),
        }
    }
}

/// A call's records, and what is known of each.
pub(super) struct Plan {
    action: Action,
    rows: Vec<Row>,
}

type Row = Result<Wanted, Reason>;

#[derive(Clone)]
struct Wanted {
    values: BTreeMap<String, Value>,
    key: Vec<(String, Value)>,
    found: Option<usize>,
}

/// The records of a body.
pub(super) fn input(body: &Value) -> Result<&Vec<Value>, Refusal> {
    let input = body.get("input").and_then(Value::as_array);
    let input = input.filter(|input| !input.is_empty()).ok_or_else(|| Refusal::new("702", "No data found: input"))?;
    if input.len() > RECORDS_MAX {
        return Err(Refusal::new("1003", format!("Too many records: {} of at most {RECORDS_MAX}", input.len())));
    }
    Ok(input)
}

impl Plan {
    /// Looks every record up by these fields.
    pub(super) fn new(table: &Table, action: Action, keys: &[String], input: &[Value]) -> Self {
        let rows = input.iter().map(|record| wanted(table, action, keys, record)).collect();
        Self { action, rows }
    }

    /// Does it, and answers for each record in the order of the input.
    pub(super) fn apply(self, table: &mut Table) -> Vec<Value> {
        let mut made: Vec<(Vec<(String, Value)>, usize)> = Vec::new();
        let mut results = Vec::new();
        for row in self.rows {
            let wanted = match row {
                Ok(wanted) => wanted,
                Err(reason) => {
                    results.push(json!({"status": "skipped", "reasons": reason.json()}));
                    continue;
                }
            };
            // The call knows what it made itself.
            let own = made.iter().find(|(key, _)| *key == wanted.key && !key.is_empty()).map(|(_, place)| *place);
            let found = wanted.found.or(own).filter(|_| self.action != Action::CreateDuplicate);
            let (place, status) = match found {
                Some(place) => {
                    table.update(place, wanted.values);
                    (place, "updated")
                }
                None => {
                    let place = table.insert(wanted.values);
                    made.push((wanted.key, place));
                    (place, "created")
                }
            };
            let id = table.at(place).map(|record| table.id_value(record)).unwrap_or_default();
            results.push(json!({table.id_field: id, "status": status}));
        }
        results
    }
}

fn wanted(table: &Table, action: Action, keys: &[String], record: &Value) -> Row {
    let record = record.as_object().ok_or_else(|| Reason::new("1001", "Invalid value. Required of type 'object'"))?;
    let values = values(table, keys, record)?;
    let mut key = Vec::new();
    for name in keys {
        let value = record.get(name).cloned().unwrap_or_default();
        if value.is_null() || value == "" {
            return Err(Reason::new("1002", format!("Missing value for required parameter '{name}'")));
        }
        key.push((name.clone(), value));
    }
    let wanted: Vec<(&str, Value)> = key.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let found = table.find(&wanted);
    let what = if table.name == "leads" { "Lead" } else { "Object" };
    match (action, found.as_slice()) {
        (Action::CreateDuplicate, _) => Ok(Wanted { values, key, found: None }),
        (_, [_, _, ..]) => Err(Reason::new("1007", format!("Multiple {} match lookup criteria", what.to_lowercase()))),
        (Action::CreateOnly, [_]) => Err(Reason::new("1005", format!("{what} already exists"))),
        (Action::UpdateOnly, []) => Err(Reason::new("1004", format!("{what} not found"))),
        // Marketo gives ids itself.
        (_, []) if keys.iter().any(|key| key == table.id_field) => {
            Err(Reason::new("1004", format!("{what} not found")))
        }
        (_, found) => Ok(Wanted { values, key: lower(key), found: found.first().copied() }),
    }
}

fn lower(key: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let lower = |value: Value| value.as_str().map_or_else(|| value.clone(), |text| json!(text.trim().to_lowercase()));
    key.into_iter().map(|(name, value)| (name, lower(value))).collect()
}

/// The values of a record, each in its field's type.
pub(super) fn values(
    table: &Table,
    keys: &[String],
    record: &Map<String, Value>,
) -> Result<BTreeMap<String, Value>, Reason> {
    let mut values = BTreeMap::new();
    for (name, value) in record {
        let field = table.field(name).ok_or_else(|| Reason::new("1006", format!("Field '{name}' not found")))?;
        match field.read_only {
            true if keys.contains(name) => {}
            true => return Err(Reason::new("1011", format!("Field '{name}' is not supported"))),
            false => drop(values.insert(name.clone(), field.take(value)?)),
        }
    }
    Ok(values)
}
