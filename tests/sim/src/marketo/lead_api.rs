//! Leads: questions, deletes, describes. Sync is in `sync`.

use serde_json::{Value, json};

use super::answer::{Answer, Reason, Refusal};
use super::ask::Ask;
use super::store::{Store, Table};
use super::sync;

const VALUES_MAX: usize = 300;
/// What a question shows when it does not say: as recorded.
const SHOWN: [&str; 6] = ["id", "firstName", "lastName", "email", "updatedAt", "createdAt"];

/// `GET leads.json?filterType=…&filterValues=…`, and the same of other objects.
pub(super) fn search(table: &Table, ask: &Ask) -> Answer {
    let filter = ask.parameter("filterType").ok_or_else(|| Refusal::new("701", "filterType cannot be blank"))?;
    let values = ask.parameter("filterValues").ok_or_else(|| Refusal::new("701", "filterValues cannot be blank"))?;
    let filter = if filter == "idField" { table.id_field.to_owned() } else { filter };
    if table.field(&filter).is_none() {
        return Err(Refusal::new("1003", format!("Invalid filterType '{filter}'")));
    }
    let values: Vec<&str> = values.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
    if values.len() > VALUES_MAX {
        return Err(Refusal::new("1003", format!("filterValues takes at most {VALUES_MAX} values")));
    }
    let mut places: Vec<usize> =
        values.iter().flat_map(|value| table.find(&[(filter.as_str(), json!(value))])).collect();
    places.sort_unstable();
    places.dedup();
    page(table, &places, ask)
}

/// A page of records, with a token for the next where there are more.
pub(super) fn page(table: &Table, places: &[usize], ask: &Ask) -> Answer {
    let size = ask.parameter("batchSize").and_then(|size| size.parse().ok()).unwrap_or(300).clamp(1, 300);
    let start = ask.parameter("nextPageToken").and_then(|token| token.strip_suffix("==")?.parse().ok()).unwrap_or(0);
    // A list, or a parameter of its own for each.
    let fields = Some(ask.parameters("fields").join(",")).filter(|fields| !fields.is_empty());
    let dedupe: Vec<&str> =
        table.dedupe.iter().map(String::as_str).chain([table.id_field, "createdAt", "updatedAt"]).collect();
    let fields: Vec<&str> = match &fields {
        Some(fields) => fields.split(',').map(str::trim).chain([table.id_field]).collect(),
        None if table.name == "leads" => SHOWN.to_vec(),
        None => dedupe,
    };
    if let Some(unknown) = fields.iter().find(|name| table.field(name).is_none()) {
        return Err(Refusal::new("1006", format!("Field '{unknown}' not found")));
    }
    let shown = places.iter().skip(start).take(size).filter_map(|place| table.at(*place));
    let shown: Vec<Value> = shown.map(|record| Value::Object(table.show(record, &fields))).collect();
    let mut answer = json!({"result": shown});
    if places.len() > start + size
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("nextPageToken".to_owned(), json!(format!("{}==", start + size)));
    }
    Ok(answer)
}

/// `GET lead/{id}.json`.
pub(super) fn one(store: &Store, id: &str, ask: &Ask) -> Answer {
    let table = leads(store)?;
    let places = table.find(&[("id", json!(id))]);
    if places.is_empty() {
        return Err(Refusal::new("1004", format!("Lead '{id}' not found")));
    }
    page(table, &places, ask)
}

/// Deletes by id.
pub(super) fn delete(store: &mut Store, body: &Value) -> Answer {
    let input = sync::input(body)?.clone();
    let table = store.table_mut("leads").ok_or_else(Refusal::not_found)?;
    let mut results = Vec::new();
    let mut gone = Vec::new();
    for lead in &input {
        let id = lead.get("id").cloned().unwrap_or_default();
        match table.find(&[("id", id.clone())]).first() {
            Some(place) => {
                table.delete(*place);
                gone.push(id.to_string());
                results.push(json!({"id": id, "status": "deleted"}));
            }
            None => results.push(skipped(&id, &Reason::new("1004", "Lead not found"))),
        }
    }
    for list in &mut store.lists {
        list.members.retain(|id| !gone.contains(id));
    }
    Ok(json!({"result": results}))
}

/// As recorded, of a lead that is not in a list: with the id that was given.
pub(super) fn skipped(id: &Value, reason: &Reason) -> Value {
    json!({"id": id, "status": "skipped", "reasons": reason.json()})
}

pub(super) fn leads(store: &Store) -> Result<&Table, Refusal> {
    store.table("leads").ok_or_else(Refusal::not_found)
}

/// `leads/describe.json`.
pub(super) fn describe(store: &Store) -> Answer {
    let fields = leads(store)?.fields.iter().enumerate();
    Ok(json!({"result": fields.map(|(place, field)| field.describe_lead(place + 2)).collect::<Vec<_>>()}))
}

/// `leads/describe2.json`.
pub(super) fn describe2(store: &Store) -> Answer {
    let table = leads(store)?;
    let keys = table.fields.iter().filter(|field| matches!(field.kind.as_str(), "string" | "email" | "integer"));
    let keys: Vec<Value> = keys.map(|field| json!([field.name])).collect();
    let fields: Vec<Value> = table.fields.iter().map(super::field::Field::describe).collect();
    Ok(json!({"result": [{"name": "API Lead", "searchableFields": keys, "fields": fields}]}))
}
