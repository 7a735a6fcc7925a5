//! Is every row accounted for, and does the destination have what the run says?

use std::collections::BTreeMap;

use serde_json::Value;

use crate::project::{Project, Said};

/// Properties of a record.
pub(crate) type Properties = BTreeMap<String, String>;

/// The record of the only run.
pub(crate) fn run_of(said: &Said) -> Value {
    said.json()["runs"][0].clone()
}

/// One of a run's counts.
pub(crate) fn count(run: &Value, name: &str) -> u64 {
    run["counts"][name].as_u64().unwrap_or_else(|| panic!("{name} of {run}"))
}

/// What is wrong with a run's sums.
pub(crate) fn sums(run: &Value) -> Option<String> {
    let sum = |names: &[&str]| names.iter().map(|name| count(run, name)).sum::<u64>();
    let read = sum(&["unchanged", "added", "changed", "invalid"]);
    let (to_do, done) =
        (sum(&["added", "changed", "removed"]), sum(&["delivered", "rejected", "pending", "kept", "held"]));
    let holds = read == count(run, "source_rows") && to_do == done;
    (!holds).then(|| format!("the sums of {} do not hold", run["counts"]))
}

impl Project {
    /// Contacts that are not archived, by their address.
    pub(crate) fn contacts(&self) -> BTreeMap<String, Properties> {
        let records = self.simulator.records("contacts").into_iter().filter(|record| !record.archived);
        records.map(|record| (record.properties["email"].clone(), record.properties)).collect()
    }

    /// The audit's lines about requests.
    pub(crate) fn audit(&self) -> String {
        std::fs::read_to_string(self.path("state/audit/hubspot.jsonl")).unwrap_or_default()
    }
}
