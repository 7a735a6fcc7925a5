//! `batch/read`: records by what identifies them, and the current values that a plan shows.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Context, Detail, Found, Lookup, log};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::{CALLS_AT_ONCE_MAX, Config};
use crate::request::{INPUTS_MAX, RECORD_ID, comparable};
use crate::response::{BatchAnswer, Record};
use crate::{client, outcome};

/// A contact is found by each of its addresses, and shows the others in this property.
const ADDITIONAL_EMAILS: &str = "hs_additional_emails";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    inputs: Vec<Input<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_property: Option<&'a str>,
    properties: &'a BTreeSet<&'a str>,
    properties_with_history: [&'static str; 0],
}

#[derive(Debug, Serialize)]
struct Input<'a> {
    id: &'a str,
}

/// Records by the match key under which they were asked for.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    match_key: &'a str,
    by_key: BTreeMap<String, Record>,
    strangers: usize,
}

impl Records<'_> {
    /// The record that has this match key.
    pub(crate) fn get(&self, key: &str) -> Option<&Record> {
        self.by_key.get(&comparable(self.match_key, key))
    }

    /// Why there is no record with a key: one that was found and shows another may be it, and to call it gone would be a guess.
    pub(crate) fn absent(&self, not_found: &str) -> Detail {
        if self.strangers == 0 {
            return Detail::new(not_found, "HubSpot has no record with this value");
        }
        Detail::new("record_not_identified", "HubSpot found a record under another value of the match key")
    }

    /// Records that HubSpot found and that show none of the keys asked for.
    pub(crate) fn strangers(&self) -> usize {
        self.strangers
    }
}

/// The current values of the fields, as the texts that HubSpot keeps. An empty one and none at all are both null.
pub(crate) fn current(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
    let match_key = query.match_key()?;
    let keys: Vec<Option<String>> = query.match_texts().map(|key| key.filter(|key| !key.is_empty())).collect();
    let wanted: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let fields: Vec<&str> = query.fields().iter().map(String::as_str).collect();
    let records = by_key(cx, query.object(), match_key, &wanted, &fields)?;
    let values = |record: &Record| -> Map<String, Value> {
        let value = |field: &&str| match record.property(field) {
            _ if *field == RECORD_ID => Value::from(record.id.as_str()),
            Some(text) if !text.is_empty() => Value::from(text),
            _ => Value::Null,
        };
        fields.iter().map(|field| ((*field).to_owned(), value(field))).collect()
    };
    Ok(Some(keys.iter().map(|key| records.get(key.as_deref()?).map(values)).collect()))
}

/// Reads records by their match keys, which are matched by value: results come in an order of their own.
pub(crate) fn by_key<'a>(
    cx: &Context<Config>,
    object: &str,
    match_key: &'a str,
    keys: &[&str],
    fields: &[&str],
) -> Result<Records<'a>, CallFailure> {
    // Two inputs of one record would be refused.
    let asked: BTreeMap<String, &str> = keys.iter().map(|key| (comparable(match_key, key), *key)).collect();
    let inputs: Vec<&str> = asked.values().copied().collect();
    let properties = properties(match_key, fields);
    let requests = inputs.chunks(INPUTS_MAX as usize).map(|keys| {
        let question = Question {
            inputs: keys.iter().map(|id| Input { id }).collect(),
            id_property: (match_key != RECORD_ID).then_some(match_key),
            properties: &properties,
            properties_with_history: [],
        };
        client::batch(cx, object, "read").read_only().json(&question)
    });
    let answers = cx.http().send_all(requests.collect(), CALLS_AT_ONCE_MAX);

    let mut records = Records { match_key, by_key: BTreeMap::new(), strangers: 0 };
    for answer in answers {
        let answer: BatchAnswer = answer?.json()?;
        if let Some(error) = answer.errors.iter().find(|error| error.category != "OBJECT_NOT_FOUND") {
            return Err(outcome::failure(error).without_effect());
        }
        for record in answer.results {
            let shown: Vec<String> =
                values(&record, match_key).into_iter().filter(|key| asked.contains_key(key)).collect();
            records.strangers += usize::from(shown.is_empty());
            records.by_key.extend(shown.into_iter().map(|key| (key, record.clone())));
        }
    }
    if records.strangers > 0 {
        let strangers = records.strangers;
        log::warn(&format!("{strangers} records were found by {match_key} and do not show the value asked for"));
    }
    Ok(records)
}

/// What is to come back: the fields, and what shows under which key a record was found.
fn properties<'a>(match_key: &'a str, fields: &[&'a str]) -> BTreeSet<&'a str> {
    let mut properties: BTreeSet<&str> = fields.iter().copied().filter(|field| *field != RECORD_ID).collect();
    properties.extend((match_key != RECORD_ID).then_some(match_key));
    properties.extend((match_key == "email").then_some(ADDITIONAL_EMAILS));
    properties
}

fn values(record: &Record, match_key: &str) -> Vec<String> {
    if match_key == RECORD_ID {
        return vec![record.id.clone()];
    }
    let others = if match_key == "email" { record.property(ADDITIONAL_EMAILS).unwrap_or_default() } else { "" };
    let own = record.property(match_key).into_iter();
    own.chain(others.split(';')).filter(|value| !value.is_empty()).map(|value| comparable(match_key, value)).collect()
}
