//! `composite/sobjects`: up to 200 records a request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::dml::{self, Saved, Way};
use super::draft::Draft;
use super::org::Org;
use super::refusal::{DmlError, Refusal};

const RECORDS_MAX: usize = 200;
/// Runs of records of one object in a request of several.
const CHUNKS_MAX: usize = 10;

type Locks = BTreeSet<String>;

/// Insert and update: each record says of which object it is.
pub(super) fn save(org: &mut Org, body: &Value, way: Way<'_>, mine: &mut Locks) -> Result<Value, Refusal> {
    let records = records(body)?;
    let mut objects = Vec::new();
    for record in &records {
        let kind = record.get("attributes").and_then(|attributes| attributes["type"].as_str());
        let kind =
            kind.ok_or_else(|| Refusal::new(400, "INVALID_TYPE", "The value for type is missing in attributes"))?;
        objects.push(org.object(kind).cloned().ok_or_else(|| Refusal::no_object(kind))?);
    }
    let chunks = 1 + objects.windows(2).filter(|pair| matches!(pair, [left, right] if left.name != right.name)).count();
    if chunks > CHUNKS_MAX {
        let message =
            "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.";
        return Err(Refusal::new(400, "LIMIT_EXCEEDED", message));
    }
    let drafts: Vec<Draft> = records
        .iter()
        .zip(&objects)
        .map(|(record, object)| Draft::from_json(org, object, record))
        .collect::<Result<_, _>>()?;
    let all = all_or_none(body);
    run(org, all, drafts.into_iter().zip(objects), |org, (draft, object)| {
        dml::save(org, &object, draft, way, mine).map(|saved| element(&saved, false))
    })
}

/// Upsert: one object and its external id field, in the path.
pub(super) fn upsert(org: &mut Org, object: &str, key: &str, body: &Value, mine: &mut Locks) -> Result<Value, Refusal> {
    let object = org.object_at(object)?;
    let records = records(body)?;
    let key = object.field(key).filter(|field| field.is_key() && field.name != "Id").cloned().ok_or_else(|| {
        Refusal::new(404, "NOT_FOUND", format!("Provided external ID field does not exist or is not accessible: {key}"))
    })?;
    let mut drafts = Vec::new();
    for record in &records {
        let kind = record.get("attributes").and_then(|attributes| attributes["type"].as_str());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(&object.name)) {
            return Err(Refusal::new(400, "INVALID_TYPE", "The value for type in attributes is not that of the URI"));
        }
        let draft = Draft::from_json(org, &object, record)?;
        if draft.id.is_some() {
            return Err(Refusal::new(
                400,
                "INVALID_FIELD",
                "The Id field should not be specified in the sobject data.",
            ));
        }
        drafts.push(draft);
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for key in drafts.iter().filter_map(|draft| draft.key(&key)) {
        *times.entry(dml::text(key).to_lowercase()).or_default() += 1;
    }
    let all = all_or_none(body);
    run(org, all, drafts.into_iter(), |org, draft| {
        if let Some(value) = draft.key(&key).map(dml::text)
            && times.get(&value.to_lowercase()).is_some_and(|times| *times > 1)
        {
            return Err(
                DmlError::new("DUPLICATE_VALUE", format!("Duplicate external id specified: {value}")).on(&key.name)
            );
        }
        dml::save(org, &object, draft, Way::Upsert(&key), mine).map(|saved| element(&saved, true))
    })
}

/// Delete by ids in the query.
pub(super) fn delete(org: &mut Org, ids: &str, all: bool, mine: &mut Locks) -> Result<Value, Refusal> {
    let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(Refusal::new(400, "MISSING_ARGUMENT", "The ids parameter is required"));
    }
    within(ids.len())?;
    run(org, all, ids.into_iter(), |org, id| {
        dml::delete(org, id, mine).map(|id| json!({"id": id, "success": true, "errors": []}))
    })
}

fn element(saved: &Saved, upsert: bool) -> Value {
    let mut element = json!({"id": saved.id, "success": true, "errors": []});
    if let (true, Some(element)) = (upsert, element.as_object_mut()) {
        element.insert("created".to_owned(), json!(saved.created));
    }
    element
}

/// Does one after the other, and undoes all where one failed and the request wants all or none.
fn run<T>(
    org: &mut Org,
    all: bool,
    items: impl Iterator<Item = T>,
    mut work: impl FnMut(&mut Org, T) -> Result<Value, DmlError>,
) -> Result<Value, Refusal> {
    let before = all.then(|| org.snapshot());
    let mut failed = false;
    let mut results = Vec::new();
    for item in items {
        results.push(work(org, item).unwrap_or_else(|error| {
            failed = true;
            json!({"success": false, "errors": [error.json()]})
        }));
    }
    if let (true, Some(before)) = (failed, before) {
        org.restore(before);
        let message =
            "Record rolled back because not all records were valid and the request was using AllOrNone header";
        let undone = DmlError::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", message).json();
        for result in results.iter_mut().filter(|result| result["success"] == true) {
            *result = json!({"success": false, "errors": [undone]});
        }
    }
    Ok(Value::Array(results))
}

fn records(body: &Value) -> Result<Vec<Map<String, Value>>, Refusal> {
    let Some(records) = body.get("records") else {
        return Err(Refusal::parser("The request must have the member records at [line:1, column:1]"));
    };
    let records = records.as_array().ok_or_else(|| Refusal::parser("records must be a list at [line:1, column:1]"))?;
    within(records.len())?;
    let object = |record: &Value| record.as_object().cloned();
    let objects: Option<Vec<_>> = records.iter().map(object).collect();
    objects.ok_or_else(|| Refusal::parser("a record must be an object at [line:1, column:1]"))
}

fn within(count: usize) -> Result<(), Refusal> {
    if count <= RECORDS_MAX {
        return Ok(());
    }
    Err(Refusal::new(400, "LIMIT_EXCEEDED", "record limit reached. cannot submit more than 200 records into this call"))
}

fn all_or_none(body: &Value) -> bool {
    body["allOrNone"] == true
}
