//! `offtake status`.

use std::path::Path;

use offtake_core::Fault;
use serde_json::json;

use super::runs::{ago, when};
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) fn status(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let mut rows = Vec::new();
    for sync in project.syncs.keys() {
        let last = offtake_state::runs(&project.state, sync, 1).map_err(Fault::from)?.into_iter().next();
        rows.push((sync, last));
    }
    let syncs: Vec<serde_json::Value> =
        rows.iter().map(|(sync, last)| json!({"sync": sync, "last_run": last})).collect();
    output.result(&json!({"schema": "offtake.status/1", "syncs": syncs}), || {
        let mut table =
            output.table(&["Sync", "Status", "Last run", "Rows", "Delivered", "Rejected", "Invalid", "Pending"]);
        for (sync, last) in &rows {
            match last {
                None => table.add_row([sync.as_str(), "never run"]),
                Some(run) => table.add_row([
                    sync.to_string(),
                    run.status.as_str().to_owned(),
                    format!("{} ({})", when(run.finished_ms), ago(run.finished_ms)),
                    run.counts.source_rows.to_string(),
                    run.counts.delivered.to_string(),
                    run.counts.rejected.to_string(),
                    run.counts.invalid.to_string(),
                    run.counts.pending.to_string(),
                ]),
            };
        }
        table.to_string()
    })?;
    Ok(Exit::Success)
}
