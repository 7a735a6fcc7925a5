//! `offtake runs`.

use std::path::Path;

use jiff::Timestamp;
use offtake_core::Fault;
use offtake_core::run::RunRecord;
use serde_json::json;

use super::show::show;
use crate::args::{Runs, RunsCommand, RunsList};
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) fn runs(folder: &Path, runs: &Runs, output: &Output) -> anyhow::Result<Exit> {
    match &runs.command {
        Some(RunsCommand::Show { run }) => show(folder, run, output),
        Some(RunsCommand::List(list)) => self::list(folder, list, output),
        None => list(folder, &runs.list, output),
    }
}

fn list(folder: &Path, runs: &RunsList, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let mut records = Vec::new();
    for sync in Workspace::select_in(&project, &runs.select.syncs)? {
        records.extend(offtake_state::runs(&project.state, &sync.name, runs.limit).map_err(Fault::from)?);
    }
    records.sort_by(|left: &RunRecord, right| right.id.cmp(&left.id));
    output.result(&json!({"schema": "offtake.runs/1", "runs": records}), || table(&records, output))?;
    Ok(Exit::Success)
}

/// Runs as a table.
pub(super) fn table(records: &[RunRecord], output: &Output) -> String {
    let header = [
        "Run", "Sync", "Started", "Read", "Added", "Changed", "Removed", "Invalid", "Rejected", "Requests", "Seconds",
        "Status",
    ];
    let mut table = output.table(&header);
    for run in records {
        let counts = &run.counts;
        table.add_row([
            run.id.clone(),
            run.sync.clone(),
            when(run.started_ms),
            counts.source_rows.to_string(),
            counts.added.to_string(),
            counts.changed.to_string(),
            counts.removed.to_string(),
            counts.invalid.to_string(),
            counts.rejected.to_string(),
            run.requests.to_string(),
            format!("{:.1}", run.seconds()),
            run.status.as_str().to_owned(),
        ]);
    }
    table.to_string()
}

/// A moment for people, in UTC.
pub(super) fn when(unix_ms: u64) -> String {
    let at = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// How long ago, in the largest unit.
pub(super) fn ago(unix_ms: u64) -> String {
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
    match now.saturating_sub(unix_ms) / 1_000 {
        seconds @ 0..60 => format!("{seconds} s ago"),
        seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}
