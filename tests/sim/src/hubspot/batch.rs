//! `batch/create`, `batch/update`, `batch/upsert` and `batch/archive`.
//!
//! A batch is stored whole or refused whole, unless each of its inputs carries an `objectWriteTraceId` of its
//! own: then the good ones are stored and the reply, of status 207, lists the bad ones by that id.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::store::{Table, Values, fold};
use super::write::{Plan, Planner, Target};
use super::{HubSpot, request, view};
use crate::{clock, ident, lock};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Upsert,
}

/// One input of a batch, read but not yet checked against the portal.
struct Input<'a> {
    /// The id or the value of the id property; empty when creating.
    id: &'a str,
    id_property: Option<&'a str>,
    trace: Option<&'a str>,
    properties: Values,
}

type Body = Result<Response, Refusal>;

pub(super) async fn create(shared: State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Body {
    write(&shared, &object, Verb::Create, &body)
}

pub(super) async fn update(shared: State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Body {
    write(&shared, &object, Verb::Update, &body)
}

pub(super) async fn upsert(shared: State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Body {
    write(&shared, &object, Verb::Upsert, &body)
}

/// Archives what is there; ids that are not make no difference.
pub(super) async fn archive(shared: State<Arc<HubSpot>>, object: Path<String>, body: Bytes) -> Body {
    let body = request::object(&body)?;
    let inputs = request::inputs(&body)?;
    let ids = inputs.iter().map(|input| request::text(input, "id"));
    let ids = ids.collect::<Result<Vec<&str>, Refusal>>()?;
    let mut portal = lock(&shared.portal);
    let table = portal.table_mut(&object)?;
    for id in ids.iter().filter_map(|id| id.parse().ok()) {
        table.archive(id);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn write(shared: &HubSpot, called: &str, verb: Verb, body: &Bytes) -> Body {
    let started = clock::now();
    let body = request::object(body)?;
    let inputs = request::inputs(&body)?;
    let inputs = inputs.into_iter().map(|input| Input::read(verb, input)).collect::<Result<Vec<_>, _>>()?;
    refuse_duplicates(&inputs)?;
    let mut portal = lock(&shared.portal);
    let portal_id = portal.id;
    let table = portal.table_mut(called)?;
    let Planned { plans, mut errors, missing } = plan(table, portal_id, verb, &inputs)?;
    let mut results = Vec::with_capacity(plans.len());
    for (input, plan) in &plans {
        let id = plan.commit(table);
        results.push((id, show(table, verb, id, input, plan)));
    }
    errors.extend(not_found(table, &missing));
    Ok(reply(verb, started, results, errors))
}

impl<'a> Input<'a> {
    fn read(verb: Verb, input: &'a Map<String, Value>) -> Result<Self, Refusal> {
        Ok(Self {
            id: if verb == Verb::Create { "" } else { request::text(input, "id")? },
            id_property: request::text_if(input, "idProperty").filter(|_| verb != Verb::Create),
            trace: request::text_if(input, "objectWriteTraceId"),
            properties: request::properties(input)?,
        })
    }
}

/// The same record twice in a batch is refused whole, with or without trace ids.
fn refuse_duplicates(inputs: &[Input<'_>]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let named = inputs.iter().filter(|input| !input.id.is_empty());
    let again = named.filter(|input| !seen.insert((input.id_property, fold(input.id))));
    let again: Vec<&str> = again.map(|input| input.id).collect();
    if again.is_empty() {
        return Ok(());
    }
    let message = format!("Duplicate IDs found in batch input: [{}]. IDs must be unique", again.join(", "));
    Err(Refusal::validation(message).with_context("ids", &again))
}

/// What a batch would do.
struct Planned<'i> {
    plans: Vec<(&'i Input<'i>, Plan)>,
    errors: Vec<Value>,
    /// Inputs for records that do not exist.
    missing: Vec<&'i Input<'i>>,
}

fn plan<'i>(table: &Table, portal: u64, verb: Verb, inputs: &'i [Input<'i>]) -> Result<Planned<'i>, Refusal> {
    let traces: HashSet<&str> = inputs.iter().filter_map(|input| input.trace).collect();
    let in_part = traces.len() == inputs.len();
    let mut planner = Planner::new(table, portal);
    let mut planned = Planned { plans: Vec::new(), errors: Vec::new(), missing: Vec::new() };
    for input in inputs {
        let Some(target) = target(table, verb, input)? else {
            planned.missing.push(input);
            continue;
        };
        let mut values = input.properties.clone();
        if let Some(property) = input.id_property.filter(|_| target == Target::New) {
            values.entry(property.to_owned()).or_insert_with(|| input.id.to_owned());
        }
        match planner.plan(target, &values) {
            Ok(plan) => planned.plans.push((input, plan)),
            Err(refusal) if in_part => planned.errors.push(refusal.into_item(input.trace)),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(planned)
}

/// The record that an input is for; none when it names one that does not exist and may not be created.
fn target(table: &Table, verb: Verb, input: &Input<'_>) -> Result<Option<Target>, Refusal> {
    if verb == Verb::Create {
        return Ok(Some(Target::New));
    }
    check_id_property(table, input.id_property)?;
    let by_value = input.id_property.is_some_and(|property| property != "hs_object_id");
    match table.find(input.id_property, input.id) {
        Some(id) => Ok(Some(Target::Existing(id))),
        None if verb == Verb::Upsert && by_value => Ok(Some(Target::New)),
        None => Ok(None),
    }
}

/// Only a unique property can stand in for the id.
pub(super) fn check_id_property(table: &Table, id_property: Option<&str>) -> Result<(), Refusal> {
    match id_property {
        Some(name) if name != "hs_object_id" && !table.object.is_unique(name) => {
            Err(Refusal::validation(format!("Property '{name}' is not a unique identifier of {}", table.object.name)))
        }
        _ => Ok(()),
    }
}

fn show(table: &Table, verb: Verb, id: u64, input: &Input<'_>, plan: &Plan) -> Value {
    let Some(record) = table.get(id) else {
        return Value::Null;
    };
    let new = plan.target == Target::New;
    let mut shown = if new {
        view::created(record)
    } else {
        let mut written = plan.values.clone();
        written.extend(input.id_property.map(|property| (property.to_owned(), String::new())));
        view::updated(&table.object, record, &written)
    };
    if verb == Verb::Upsert {
        shown.insert("new".to_owned(), json!(new));
    }
    if let Some(trace) = input.trace {
        shown.insert("objectWriteTraceId".to_owned(), json!(trace));
    }
    Value::Object(shown)
}

fn not_found(table: &Table, missing: &[&Input<'_>]) -> Option<Value> {
    let ids: Vec<&str> = missing.iter().map(|input| input.id).collect();
    let traces: Vec<&str> = missing.iter().filter_map(|input| input.trace).collect();
    let refusal = objects_not_found(table, &ids)?;
    let refusal = if traces.is_empty() { refusal } else { refusal.with_context("objectWriteTraceId", &traces) };
    Some(refusal.into_item(None))
}

/// One error for all the ids of a batch that lead nowhere.
pub(super) fn objects_not_found(table: &Table, ids: &[&str]) -> Option<Refusal> {
    if ids.is_empty() {
        return None;
    }
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        table.object.name
    );
    Some(Refusal::not_found(message).with_context("ids", ids))
}

fn reply(verb: Verb, started: Timestamp, results: Vec<(u64, Value)>, errors: Vec<Value>) -> Response {
    let whole = if verb == Verb::Create { StatusCode::CREATED } else { StatusCode::OK };
    finish(whole, started, results, errors)
}

/// The envelope of every batch reply.
pub(super) fn finish(
    whole: StatusCode,
    started: Timestamp,
    mut results: Vec<(u64, Value)>,
    errors: Vec<Value>,
) -> Response {
    ident::shuffle(&mut results, |(id, _)| *id);
    let results: Vec<Value> = results.into_iter().map(|(_, shown)| shown).collect();
    let mut body = json!({
        "status": "COMPLETE",
        "results": results,
        "startedAt": clock::text(started),
        "completedAt": clock::text(clock::now()),
    });
    let status = if errors.is_empty() { whole } else { StatusCode::MULTI_STATUS };
    if let (false, Some(body)) = (errors.is_empty(), body.as_object_mut()) {
        body.insert("numErrors".to_owned(), json!(errors.len()));
        body.insert("errors".to_owned(), Value::Array(errors));
    }
    (status, Json(body)).into_response()
}
