//! Associations: which record belongs to which, under a label or without one.
//!
//! A row names both records by a field each, `from.email` and `to.domain` say, and the label by its name.

mod answer;
mod label;

use std::collections::BTreeMap;

use offtake_sdk::{Batch, CallFailure, Context, Detail, Field, FieldType, Operation, Report, Row, text};
use serde::Serialize;

use self::answer::Answer;
pub(crate) use self::label::Label;
use crate::config::Config;
use crate::request::RECORD_ID;
use crate::write::one_row_or_all;
use crate::{client, read, schema};

/// "Batch create associations: up to 2,000 inputs", HubSpot API reference, Associations.
pub(crate) const INPUTS_MAX: u32 = 2_000;

const LABEL: &str = "label";
const FROM: &str = "from.";
const TO: &str = "to.";
/// Removes every association of a pair.
const ARCHIVE: &str = "batch/archive";

/// A pair of records, and how they belong together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) from: String,
    pub(crate) to: String,
    label: Option<String>,
}

#[derive(Debug, Serialize)]
struct Inputs<'a> {
    inputs: Vec<Input<'a>>,
}

#[derive(Debug, Serialize)]
struct Input<'a> {
    from: Id<'a>,
    to: Ends<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<[&'a Label; 1]>,
}

#[derive(Debug, Serialize)]
struct Id<'a> {
    id: &'a str,
}

/// Removing every association of a pair takes a list, all else one record.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Ends<'a> {
    One(Id<'a>),
    List([Id<'a>; 1]),
}

/// The fields of associations: the records' ids and unique properties, and the label.
pub(crate) fn fields(cx: &Context<Config>, from: &str, to: &str) -> Result<Vec<Field>, CallFailure> {
    let mut fields = Vec::new();
    for (object, end) in [(from, FROM), (to, TO)] {
        let keys = schema::fields(cx, object)?.into_iter().filter(|field| field.unique);
        fields.extend(keys.map(|key| Field {
            name: format!("{end}{}", key.name),
            label: format!("{object}: {}", key.label),
            read_only: false,
            unique: false,
            required: false,
            ..key
        }));
    }
    let labels = label::all(cx, from, to)?;
    let options = labels.into_iter().filter_map(|label| label.choice()).collect();
    fields.push(Field { options, ..Field::new(LABEL, FieldType::Enumeration).label("Label") });
    Ok(fields)
}

/// Creates or removes the rows' associations by one call, and by one more where some have a label and some have none.
pub(crate) fn write(cx: &Context<Config>, batch: &Batch, from: &str, to: &str) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    let labels =
        if batch.rows().iter().any(|row| label_of(row).is_some()) { label::all(cx, from, to)? } else { Vec::new() };
    let pairs = pairs(cx, batch, (from, to), &mut report)?;
    let mut labelled: BTreeMap<&Pair, Vec<&Row>> = BTreeMap::new();
    let mut plain: BTreeMap<&Pair, Vec<&Row>> = BTreeMap::new();
    for (row, pair) in &pairs {
        let group = if pair.label.is_some() { &mut labelled } else { &mut plain };
        group.entry(pair).or_default().push(row);
    }
    let is_removal = batch.operation() == Operation::Delete;
    for (group, call) in [
        (labelled, if is_removal { "batch/labels/archive" } else { "batch/create" }),
        (plain, if is_removal { ARCHIVE } else { "batch/associate/default" }),
    ] {
        send(cx, Sending { from, to, call, is_removal, labels: &labels }, group, &mut report)?;
    }
    Ok(report)
}

#[derive(Clone, Copy)]
struct Sending<'a> {
    from: &'a str,
    to: &'a str,
    call: &'a str,
    is_removal: bool,
    labels: &'a [Label],
}

impl<'a> Sending<'a> {
    fn input(&self, pair: &'a Pair) -> Input<'a> {
        let types = pair.label.as_ref().and_then(|name| label::find(self.labels, name)).map(|label| [label]);
        let to = Id { id: &pair.to };
        let to = if self.call == ARCHIVE { Ends::List([to]) } else { Ends::One(to) };
        Input { from: Id { id: &pair.from }, to, types }
    }
}

fn send(
    cx: &Context<Config>,
    sending: Sending<'_>,
    mut group: BTreeMap<&Pair, Vec<&Row>>,
    report: &mut Report,
) -> Result<(), CallFailure> {
    group.retain(|pair, rows| {
        let is_known = pair.label.as_ref().is_none_or(|name| label::find(sending.labels, name).is_some());
        if !is_known {
            let detail = Detail::new("unknown_label", "the account has no association label of this name");
            rows.iter().for_each(|row| report.rejected(row, detail.clone().with_field(LABEL)));
        }
        is_known
    });
    if group.is_empty() {
        return Ok(());
    }
    let inputs = Inputs { inputs: group.keys().map(|pair| sending.input(pair)).collect() };
    let answer = client::associations(cx, sending.from, sending.to, sending.call).json(&inputs).send();
    match answer {
        Ok(response) => {
            let answer = if response.body().is_empty() { Answer::default() } else { response.json()? };
            answer.settle(&group, sending.is_removal, response.status() == 204, report);
            Ok(())
        }
        Err(failure) => one_row_or_all(failure, group.values().flatten().copied(), report),
    }
}

/// The rows with the ids of their records; those whose records are not there are answered for.
fn pairs<'a>(
    cx: &Context<Config>,
    batch: &'a Batch,
    (from, to): (&str, &str),
    report: &mut Report,
) -> Result<Vec<(&'a Row, Pair)>, CallFailure> {
    let (from_key, to_key) = (property(batch, FROM)?, property(batch, TO)?);
    let from_ids = ids(cx, batch, from, (FROM, from_key))?;
    let to_ids = ids(cx, batch, to, (TO, to_key))?;
    let mut pairs = Vec::new();
    for row in batch {
        let (from, to) = (from_ids.of(row), to_ids.of(row));
        match (from, to) {
            (Ok(from), Ok(to)) => pairs.push((row, Pair { from, to, label: label_of(row) })),
            // What is gone has no associations.
            (Err(detail), _) | (_, Err(detail))
                if batch.operation() == Operation::Delete && detail.code == NOT_FOUND =>
            {
                report.deleted(row);
            }
            (Err(detail), _) | (_, Err(detail)) => report.rejected(row, detail),
        }
    }
    Ok(pairs)
}

const NOT_FOUND: &str = "record_not_found";

/// How the rows of a batch name the records at one end.
struct Ids<'a> {
    /// The whole name of the field.
    field: String,
    /// None where the field holds the id itself.
    records: Option<read::Records<'a>>,
}

impl Ids<'_> {
    fn of(&self, row: &Row) -> Result<String, Detail> {
        let key = row.fields().get(&self.field).and_then(text).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Detail::new("match_key_empty", format!("{} is empty", self.field)));
        let key = key.map_err(|detail| detail.with_field(&self.field))?;
        match &self.records {
            None => Ok(key),
            Some(records) => records
                .get(&key)
                .map(|record| record.id.clone())
                .ok_or_else(|| records.absent(NOT_FOUND).with_field(&self.field)),
        }
    }
}

/// The property by which rows name the records at one end.
fn property<'a>(batch: &'a Batch, end: &str) -> Result<&'a str, CallFailure> {
    let named = batch.match_keys().iter().filter_map(|field| field.strip_prefix(end)).collect::<Vec<_>>();
    match named.as_slice() {
        [property] => Ok(property),
        _ => {
            let message = format!("`match` needs one field that begins with `{end}`, such as `{end}{RECORD_ID}`");
            Err(CallFailure::misconfigured("match_key_missing", message))
        }
    }
}

fn ids<'a>(
    cx: &Context<Config>,
    batch: &Batch,
    object: &str,
    (end, property): (&str, &'a str),
) -> Result<Ids<'a>, CallFailure> {
    let field = format!("{end}{property}");
    if property == RECORD_ID {
        return Ok(Ids { field, records: None });
    }
    let keys: Vec<String> = batch.rows().iter().filter_map(|row| row.fields().get(&field).and_then(text)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
    let records = read::by_key(cx, object, property, &keys, &[])?;
    Ok(Ids { field, records: Some(records) })
}

fn label_of(row: &Row) -> Option<String> {
    row.fields().get(LABEL).and_then(text).filter(|label| !label.is_empty())
}
