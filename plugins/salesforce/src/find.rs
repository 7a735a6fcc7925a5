//! Records by the value of a field, by SOQL.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::http::encode;
use offtake_sdk::{CallFailure, Context, Failure};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client;
use crate::config::{Config, IN_FLIGHT_MAX};
use crate::prepare::{RECORD_ID, comparable, comparable_id};
use crate::soql::{self, Literals};

/// Of the encoded keys of one query: "URIs up to 16,384 bytes" less the rest of the query.
const KEY_BYTES_MAX: usize = 12_000;

/// Of one query, so that its answer is one page (2,000 records) even where some keys have several.
const KEYS_MAX: usize = 500;

/// Of a key and its quotes and comma, when it is percent-encoded.
const BYTES_AROUND_KEY: usize = 9;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    records: Vec<Map<String, Value>>,
    next_records_url: Option<String>,
}

/// What was found, by the key under which it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Records {
    by_key: BTreeMap<String, Vec<Map<String, Value>>>,
    /// Records that show none of the keys asked for.
    strangers: usize,
}

/// What there is under one key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'a> {
    One(&'a Map<String, Value>),
    None,
    /// Several records have it.
    Several,
    /// Salesforce found records by values that are not the ones asked for, and one of them may be this.
    Unclear,
}

impl Records {
    pub(crate) fn get(&self, key: &str) -> Found<'_> {
        let as_text = self.by_key.get(&comparable(key));
        let records = as_text.or_else(|| number(key).and_then(|number| self.by_key.get(&number)));
        match records.map(Vec::as_slice) {
            Some([record]) => Found::One(record),
            Some([_, ..]) => Found::Several,
            _ if self.strangers > 0 => Found::Unclear,
            _ => Found::None,
        }
    }
}

/// Reads the `fields` of the records whose `key` has one of the `values`.
pub(crate) fn by_key(
    cx: &Context<Config>,
    object: &str,
    key: &str,
    values: &[&str],
    fields: &[&str],
) -> Result<Records, CallFailure> {
    match search(cx, object, key, values, fields, Literals::Quoted) {
        // A number field says that it takes no quotes, and nothing else tells which kind the field is.
        Err(failure) if wants_numbers(&failure) => {
            let numbers: Vec<&str> = values.iter().copied().filter(|value| soql::is_number(value)).collect();
            search(cx, object, key, &numbers, fields, Literals::Plain)
        }
        other => other,
    }
}

fn wants_numbers(failure: &CallFailure) -> bool {
    let detail = failure.failure.detail();
    detail.code == "invalid_field" && detail.message.contains("should not be enclosed in quotes")
}

fn search(
    cx: &Context<Config>,
    object: &str,
    key: &str,
    values: &[&str],
    fields: &[&str],
    literals: Literals,
) -> Result<Records, CallFailure> {
    let fields: Vec<&str> =
        fields.iter().copied().chain([RECORD_ID, key]).collect::<BTreeSet<_>>().into_iter().collect();
    let mut requests = Vec::new();
    for values in pages(values) {
        requests.push(client::query(cx, &soql::by_key(object, &fields, key, &values, literals)?));
    }
    let asked: BTreeSet<String> = values.iter().map(|value| comparable(value)).collect();
    let mut records = Records::default();
    for answer in cx.http().send_all(requests, IN_FLIGHT_MAX) {
        let mut page: Page = answer?.json()?;
        loop {
            page.records.into_iter().for_each(|record| records.add(record, key, &asked));
            let Some(next) = page.next_records_url else { break };
            page = client::next_page(cx, &next)?.send()?.json()?;
        }
    }
    Ok(records)
}

impl Records {
    fn add(&mut self, record: Map<String, Value>, key: &str, asked: &BTreeSet<String>) {
        let shown = match record.get(key) {
            // An id of fifteen characters is answered with eighteen.
            Some(Value::String(id)) if key == RECORD_ID => {
                [id.as_str(), &comparable_id(id)].into_iter().map(comparable).find(|id| asked.contains(id))
            }
            Some(Value::String(text)) => Some(comparable(text)).filter(|shown| asked.contains(shown)),
            Some(Value::Number(value)) => number(&value.to_string()),
            _ => None,
        };
        match shown {
            Some(shown) => self.by_key.entry(shown).or_default().push(record),
            None => self.strangers += 1,
        }
    }
}

/// One form for `12`, `12.0` and `12.00`, which is no text that a key of a text field has.
fn number(text: &str) -> Option<String> {
    let value: f64 = soql::is_number(text).then(|| text.parse().ok())??;
    Some(format!("={value}"))
}

/// Keys in queries that a URI holds.
fn pages<'a>(values: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut pages: Vec<Vec<&str>> = Vec::new();
    let mut bytes = 0;
    for value in values {
        let own = encode(value).len() + BYTES_AROUND_KEY;
        match pages.last_mut() {
            Some(page) if page.len() < KEYS_MAX && bytes + own <= KEY_BYTES_MAX => {
                page.push(value);
                bytes += own;
            }
            _ => {
                pages.push(vec![value]);
                bytes = own;
            }
        }
    }
    pages
}

/// What cannot be read is no reason to write: a refusal of the question is the mapping's fault.
pub(crate) fn of_the_question(failure: CallFailure) -> CallFailure {
    match failure.failure {
        Failure::Unattributed(detail) => Failure::SchemaChanged(detail).without_effect(),
        kind => kind.without_effect(),
    }
}
