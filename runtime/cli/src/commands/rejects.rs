//! `offtake rejects`.

use std::path::Path;

use offtake_core::Fault;
use offtake_core::ports::StateStore;
use offtake_core::run::{Reject, cut, shown_key};
use offtake_state::StateDirectory;
use serde_json::json;

use crate::args::Rejects;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

/// Longer keys and messages make a table unreadable; JSON has them whole.
const KEY_SHOWN: usize = 60;

pub(crate) async fn rejects(folder: &Path, rejects: &Rejects, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let selected = Workspace::select_in(&project, &rejects.select.syncs)?;
    let state = StateDirectory::open(&project.state).map_err(Fault::from)?;
    let mut listed = Vec::new();
    for sync in selected {
        let all = state.sync(&sync.name).map_err(Fault::from)?.rejects().await?;
        listed.push((sync.name.to_string(), all));
    }
    let syncs: Vec<serde_json::Value> = listed
        .iter()
        .map(|(sync, all)| {
            let shown: Vec<&Reject> = all.iter().take(rejects.limit).collect();
            json!({"sync": sync, "total": all.len(), "rejects": shown})
        })
        .collect();
    output.result(&json!({"schema": "offtake.rejects/1", "syncs": syncs}), || {
        let texts = listed.iter().map(|(sync, all)| text(sync, all, rejects.limit, output));
        texts.collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Success)
}

/// The reject list of one sync as text.
pub(crate) fn text(sync: &str, all: &[Reject], limit: usize, output: &Output) -> String {
    if all.is_empty() {
        return format!("{sync}: no rejects");
    }
    let mut table = output.table(&["Row", "Code", "Reason", "Field", "Runs"]);
    for reject in all.iter().take(limit) {
        let reason = match reject.http_status {
            Some(status) => format!("{} (HTTP {status})", reject.message),
            None => reject.message.clone(),
        };
        table.add_row([
            cut(&shown_key(&reject.key), KEY_SHOWN).to_owned(),
            reject.code.clone(),
            reason,
            reject.field.clone().unwrap_or_default(),
            reject.runs.to_string(),
        ]);
    }
    let more = all.len().saturating_sub(limit);
    let rest = if more > 0 { format!("\n… and {more} more: --limit {}", all.len()) } else { String::new() };
    format!("{sync}: {} rejects, retried on every run\n{table}{rest}", all.len())
}
