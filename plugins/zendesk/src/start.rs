//! Insert, update, upsert and delete: one bulk call, whose job is waited for.

use std::collections::BTreeSet;

use offtake_sdk::http::{Request, encode};
use offtake_sdk::{Batch, CallFailure, Context, Detail, Operation, Progress, Report, Row, log, text};
use serde_json::{Map, Value, json};

use crate::answer::JobEnvelope;
use crate::config::{Config, RECORDS_MAX};
use crate::job::{Job, Settled};
use crate::object::{Key, Kind};
use crate::{client, find, record, single};

/// Names attributes that Zendesk has left out; recorded.
const DROPPED: &str = "x-zendesk-api-warn";

/// Hands the rows to a job.
pub(crate) fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
    let kind = Kind::called(batch.object())?;
    kind.allows(batch.operation())?;
    if batch.is_empty() {
        return Ok(Progress::Done(Report::new(batch)));
    }
    if single::is_meant(&kind, batch.operation()) {
        return single::upsert(cx, &kind, batch).map(Progress::Done);
    }
    if batch.len() > RECORDS_MAX as usize {
        let message = format!("a call takes {RECORDS_MAX} rows, and {} came", batch.len());
        return Err(offtake_sdk::Failure::TooLarge(Detail::new("too_many_rows", message)).without_effect());
    }
    let key = match batch.operation() {
        Operation::Insert => None,
        operation => Some(kind.key(batch.match_key()?, operation)?),
    };
    let mut settled = Settled::default();
    let named = name(cx, &kind, batch, key, &mut settled)?;
    let deletes = batch.operation() == Operation::Delete;
    let (mut sent, mut records) = (Vec::new(), Vec::new());
    for (row, id) in &named {
        let record =
            if deletes { Ok(Map::new()) } else { record::of(&kind, batch.operation(), row, key, id.as_deref()) };
        match record {
            Ok(record) => {
                sent.push((row.index(), id.clone()));
                records.push(Value::Object(record));
            }
            Err(detail) => settled.reject(row, detail),
        }
    }
    if sent.is_empty() {
        return Ok(Progress::Done(settled.report(batch)));
    }
    let request =
        if deletes { delete(cx, &kind, key, &named) } else { write(cx, &kind, batch.operation(), key, records) };
    let answer = request.send()?;
    if answer.header(DROPPED).is_some() {
        log::warn("Zendesk takes some of the mapped fields from nobody and has left them out");
    }
    let answer: JobEnvelope = answer.json()?;
    if answer.job_status.id.is_empty() {
        return Err(CallFailure::unreadable("the answer names no job"));
    }
    Job::new(answer.job_status.id, sent, settled).pending()
}

/// Rows with what their record goes by: Zendesk's id, where the request names records by it.
type Named<'a> = Vec<(&'a Row, Option<String>)>;

/// Says of each row by what its record goes, after Zendesk's id was looked for where that is needed.
fn name<'a>(
    cx: &Context<Config>,
    kind: &Kind,
    batch: &'a Batch,
    key: Option<Key>,
    settled: &mut Settled,
) -> Result<Named<'a>, CallFailure> {
    let Some(key) = key else { return Ok(batch.into_iter().map(|row| (row, None)).collect()) };
    let needs_id = needs_id(kind, batch.operation(), key);
    let (mut named, mut wanted, mut keys) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in batch {
        let value = row.match_text().filter(|value| !value.is_empty());
        // Two rows of one record in one job race: the second stays without an answer and goes with the next.
        if value.is_some_and(|value| !keys.insert(key.comparable(value))) {
            continue;
        }
        let listed = batch.operation() != Operation::Upsert;
        if let Some(detail) = value.filter(|_| listed).and_then(|value| unlistable(kind, key, value)) {
            settled.reject(row, detail);
            continue;
        }
        match (value, row.remote_id()) {
            (None, _) => {
                let message = format!("a row needs a value of {}", key.name());
                settled.reject(row, Detail::new("match_value_missing", message).with_field(key.name()));
            }
            (Some(value), _) if key == Key::Id => named.push((row, Some(value.to_owned()))),
            (_, Some(id)) if needs_id => named.push((row, Some(id.to_owned()))),
            _ if needs_id => wanted.push(row),
            _ => named.push((row, None)),
        }
    }
    if wanted.is_empty() {
        return Ok(named);
    }
    let values: Vec<&str> = wanted.iter().filter_map(|row| row.match_text()).collect();
    let records = find::by_key(cx, kind, key, &values)?;
    for row in wanted {
        let value = key.comparable(row.match_text().unwrap_or_default());
        if records.is_shared(&value) {
            let message = format!("several records have this {}", key.name());
            settled.reject(row, Detail::new("record_ambiguous", message).with_field(key.name()));
            continue;
        }
        match records.get(&value).and_then(|record| record.get(Key::Id.name())).and_then(text) {
            Some(id) => named.push((row, Some(id))),
            None if batch.operation() == Operation::Delete => settled.gone(row),
            None => {
                let message = format!("there is no record with this {}", key.name());
                settled.reject(row, Detail::new("record_not_found", message).with_field(key.name()));
            }
        }
    }
    named.sort_by_key(|(row, _)| row.index());
    Ok(named)
}

/// Why a value cannot stand in a list that is parted by commas: it would name other records.
fn unlistable(kind: &Kind, key: Key, value: &str) -> Option<Detail> {
    if find::is_one_by_one(kind, key) {
        return None;
    }
    let custom = matches!(kind, Kind::Custom(_));
    match key {
        Key::Id if !custom && !value.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Detail::new("id_invalid", "an id of Zendesk's is a number").with_field(key.name()))
        }
        Key::ExternalId if value.contains(',') => {
            let message = "Zendesk takes external ids in a list parted by commas, and this one has a comma";
            Some(Detail::new("external_id_has_comma", message).with_field(key.name()))
        }
        _ => None,
    }
}

/// Whether a call names records by Zendesk's id although rows have something else: a job that updates custom records does, and
/// so do all that change users by address or tickets by external id.
fn needs_id(kind: &Kind, operation: Operation, key: Key) -> bool {
    match operation {
        Operation::Update => matches!(kind, Kind::Custom(_)) || find::is_one_by_one(kind, key),
        Operation::Delete => find::is_one_by_one(kind, key),
        _ => false,
    }
}

fn write<'a>(
    cx: &'a Context<Config>,
    kind: &Kind,
    operation: Operation,
    key: Option<Key>,
    records: Vec<Value>,
) -> Request<'a> {
    if let Kind::Custom(object) = kind {
        let action = match (operation, key) {
            (Operation::Insert, _) => "create",
            (Operation::Update, _) => "update",
            (_, Some(Key::Name)) => "create_or_update_by_name",
            _ => "create_or_update_by_external_id",
        };
        return custom_job(cx, object, action, records);
    }
    let (method, call) = match operation {
        Operation::Insert => ("POST", "create_many"),
        Operation::Update => ("PUT", "update_many"),
        _ => ("POST", "create_or_update_many"),
    };
    client::request(cx, method, &format!("{}/{call}", kind.wrapper())).json(&json!({ kind.wrapper(): records }))
}

fn delete<'a>(cx: &'a Context<Config>, kind: &Kind, key: Option<Key>, named: &Named<'_>) -> Request<'a> {
    let by_external_id = key == Some(Key::ExternalId) && *kind != Kind::Tickets;
    let keys = named.iter().filter_map(|(row, id)| match by_external_id {
        true => row.match_text().map(str::to_owned),
        false => id.clone(),
    });
    if let Kind::Custom(object) = kind {
        let action = if by_external_id { "delete_by_external_id" } else { "delete" };
        return custom_job(cx, object, action, keys.map(Value::from).collect());
    }
    let list = if by_external_id { "external_ids" } else { "ids" };
    let keys: Vec<String> = keys.map(|key| encode(&key)).collect();
    client::request(cx, "DELETE", &format!("{}/destroy_many?{list}={}", kind.wrapper(), keys.join(",")))
}

fn custom_job<'a>(cx: &'a Context<Config>, object: &str, action: &str, items: Vec<Value>) -> Request<'a> {
    let body = json!({ "job": { "action": action, "items": items } });
    client::request(cx, "POST", &format!("custom_objects/{}/jobs", encode(object))).json(&body)
}
