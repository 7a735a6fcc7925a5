//! What was promised, checked against what the simulator has and was asked.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sim::hubspot::{Entry, Simulator};
use serde_json::Value;

use crate::source::{Source, Values};

/// One attempt to write a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attempt {
    values: Values,
    /// The part of the idempotency key that HubSpot gets to see.
    key: String,
}

/// What is known of the rows' attempts.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// The last attempt of each row in the present episode: since the last run that nobody killed.
    last: BTreeMap<String, Attempt>,
    pub(crate) lost: u64,
    pub(crate) wrong: u64,
    pub(crate) strangers: u64,
    pub(crate) findings: Vec<String>,
}

impl Oracle {
    /// Takes note of the requests of one run. Returns how many rows it sent that an earlier run had sent with the same values.
    pub(crate) fn read(&mut self, journal: &[Entry], simulator: &Simulator, source: &Source) -> u64 {
        let mut repeated = BTreeSet::new();
        let emails = emails(simulator);
        let mut before = self.last.clone();
        for entry in journal {
            let inputs = entry.body.as_ref().and_then(|body| body["inputs"].as_array()).into_iter().flatten();
            if entry.path.ends_with("/batch/archive") {
                // A row that was removed and came back is sent anew.
                for email in inputs.filter_map(|input| emails.get(input["id"].as_str()?)) {
                    before.remove(email);
                    self.last.remove(email);
                }
                continue;
            }
            for input in inputs.filter(|_| entry.path.ends_with("/batch/upsert")) {
                let (email, attempt) = attempt(input);
                if !source.ever_had(&email, &attempt.values) {
                    self.wrong += 1;
                    self.findings.push(format!("{email} was sent as {:?}, which the source never had", attempt.values));
                }
                if let Some(earlier) = before.get(&email)
                    && earlier.values == attempt.values
                {
                    repeated.insert(email.clone());
                    if earlier.key != attempt.key {
                        self.strangers += 1;
                        self.findings.push(format!("{email} went again under another key"));
                    }
                }
                self.last.insert(email, attempt);
            }
        }
        repeated.len() as u64
    }

    /// These rows have other values from now on. When they return to those that were sent last, that is another change: a run
    /// may have sent the values in between.
    pub(crate) fn edited(&mut self, emails: &BTreeSet<String>) {
        self.last.retain(|email, _| !emails.contains(email));
    }

    /// After a run that nobody killed: the destination has what the source has.
    pub(crate) fn compare(&mut self, simulator: &Simulator, source: &Source) {
        let records = simulator.records("contacts");
        let live: BTreeMap<String, Values> = records
            .into_iter()
            .filter(|record| !record.archived)
            .filter_map(|record| {
                let of = |name: &str| record.properties.get(name).cloned().unwrap_or_default();
                Some((record.properties.get("email")?.clone(), (of("firstname"), of("annualrevenue"))))
            })
            .collect();
        for (email, values) in source.rows() {
            if live.get(email) != Some(values) {
                self.lost += 1;
                self.findings.push(format!("{email} should be {values:?} and is {:?}", live.get(email)));
            }
        }
        for email in live.keys().filter(|email| !source.rows().contains_key(*email)) {
            self.wrong += 1;
            self.findings.push(format!("{email} left the source and is still there"));
        }
        self.last.clear();
    }
}

/// The record ids that the simulator has given, with their rows.
fn emails(simulator: &Simulator) -> BTreeMap<String, String> {
    let records = simulator.records("contacts").into_iter();
    records.filter_map(|record| Some((record.id, record.properties.get("email")?.clone()))).collect()
}

fn attempt(input: &Value) -> (String, Attempt) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let properties = &input["properties"];
    let email = if input["id"].is_string() { text(&input["id"]) } else { text(&properties["email"]) };
    let trace = text(&input["objectWriteTraceId"]);
    let key = trace.split_once('-').map_or_else(String::new, |(_, key)| key.to_owned());
    (email, Attempt { values: (text(&properties["firstname"]), text(&properties["annualrevenue"])), key })
}
