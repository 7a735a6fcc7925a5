//! Records by the value of a field: the questions of leads and of other objects.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Context, text};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client;
use crate::config::{Config, INPUTS_MAX};
use crate::prepare::comparable;

/// Between the values of a question; a value that holds one cannot be asked for.
const SEPARATOR: char = ',';

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    result: Vec<Map<String, Value>>,
    next_page_token: Option<String>,
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
    Several,
    /// The key cannot be asked for, or records were found that show another.
    Unclear,
}

impl Records {
    pub(crate) fn get(&self, key: &str) -> Found<'_> {
        match self.by_key.get(&comparable(key)).map(Vec::as_slice) {
            Some([record]) => Found::One(record),
            Some([_, ..]) => Found::Several,
            _ if self.strangers > 0 || key.contains(SEPARATOR) => Found::Unclear,
            _ => Found::None,
        }
    }
}

/// Reads the `fields` of the records whose `key` has one of the `values`, 300 a question.
pub(crate) fn by_key(
    cx: &Context<Config>,
    object: &str,
    key: &str,
    values: &[&str],
    fields: &[&str],
) -> Result<Records, CallFailure> {
    let path = format!("{}.json", client::object_path(object));
    let fields: BTreeSet<&str> = fields.iter().copied().chain([key]).collect();
    let fields = fields.into_iter().collect::<Vec<_>>().join(",");
    let asked: BTreeSet<String> = values.iter().map(|value| comparable(value)).collect();
    let askable: Vec<&str> = values.iter().copied().filter(|value| !value.contains(SEPARATOR)).collect();
    let mut records = Records::default();
    for values in askable.chunks(INPUTS_MAX) {
        let values = values.join(",");
        let mut token: Option<String> = None;
        loop {
            let mut parameters =
                vec![("filterType", key), ("filterValues", values.as_str()), ("fields", fields.as_str())];
            parameters.extend(token.as_deref().map(|token| ("nextPageToken", token)));
            let page: Page = client::question(cx, &path, &parameters).send()?.json()?;
            let is_last = page.result.is_empty();
            page.result.into_iter().for_each(|record| records.add(record, key, &asked));
            match page.next_page_token {
                Some(next) if !is_last => token = Some(next),
                _ => break,
            }
        }
    }
    Ok(records)
}

impl Records {
    fn add(&mut self, record: Map<String, Value>, key: &str, asked: &BTreeSet<String>) {
        let shown = record.get(key).and_then(text).map(|text| comparable(&text)).filter(|shown| asked.contains(shown));
        match shown {
            Some(shown) => self.by_key.entry(shown).or_default().push(record),
            None => self.strangers += 1,
        }
    }
}
