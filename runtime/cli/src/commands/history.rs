//! `offtake history`.

use std::path::Path;

use offtake_core::Fault;
use offtake_core::ports::StateStore;
use offtake_core::typed_key;
use offtake_state::{HistoryEntry, HistoryOutcome, StateDirectory, history as read};
use serde_json::json;

use super::runs::when;
use crate::args::History;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) async fn history(folder: &Path, history: &History, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let sync = Workspace::one_in(&project, &history.sync)?;
    let state = StateDirectory::open(&project.state).map_err(Fault::from)?;
    let seed = state.sync(&sync.name).map_err(Fault::from)?.known().await?.seed();
    let keys = typed_key::digests(seed, &sync.match_keys, &history.key);
    let entries = read(&project.state, &sync.name, &keys).map_err(Fault::from)?;
    let shown: Vec<serde_json::Value> = entries.iter().map(document).collect();
    let whole = json!({"schema": "offtake.history/1", "sync": sync.name, "key": history.key, "entries": shown});
    output.result(&whole, || text(&history.key, &entries, output))?;
    Ok(Exit::Success)
}

fn document(entry: &HistoryEntry) -> serde_json::Value {
    json!({
        "at_ms": entry.at_ms,
        "run": entry.run.to_string(),
        "operation": entry.operation.map(|operation| operation.as_str()),
        "outcome": outcome(entry),
        "code": entry.code,
        "values": values(entry),
    })
}

fn outcome(entry: &HistoryEntry) -> &'static str {
    match entry.outcome {
        HistoryOutcome::Done(kind) => kind.as_str(),
        HistoryOutcome::Rejected => "rejected",
        HistoryOutcome::Released => "released",
    }
}

/// The same digest is the same values; the values themselves are not kept.
fn values(entry: &HistoryEntry) -> Option<String> {
    entry.digest.map(|digest| format!("{:016x}", digest.0))
}

fn text(key: &str, entries: &[HistoryEntry], output: &Output) -> String {
    if entries.is_empty() {
        return format!("nothing was done with {key} in the last two weeks");
    }
    let mut table = output.table(&["At (UTC)", "Run", "Operation", "Outcome", "Values (digest)"]);
    for entry in entries {
        let outcome = match &entry.code {
            Some(code) => format!("{} {code}", outcome(entry)),
            None => outcome(entry).to_owned(),
        };
        let operation = entry.operation.map_or("", |operation| operation.as_str());
        let row = [when(entry.at_ms), entry.run.to_string(), operation.to_owned(), outcome];
        table.add_row(row.into_iter().chain([values(entry).unwrap_or_default()]));
    }
    table.to_string()
}
