//! `offtake runs show`.

use std::path::Path;

use offtake_config::{Problem, Problems};
use offtake_core::Fault;
use offtake_core::run::RunRecord;
use serde_json::json;

use super::runs::when;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(super) fn show(folder: &Path, id: &str, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let wanted = id.to_uppercase();
    let mut found = Vec::new();
    for sync in project.syncs.keys() {
        let records = offtake_state::runs(&project.state, sync, usize::MAX).map_err(Fault::from)?;
        found.extend(records.into_iter().filter(|run| run.id.starts_with(&wanted)));
    }
    let [run] = found.as_slice() else {
        let message = match found.len() {
            0 => format!("there is no run `{id}`"),
            several => format!("{several} runs begin with `{id}`"),
        };
        let mut problems = Problems::default();
        problems.push(Problem::general("OFT-C023", message).with_help("`offtake runs` lists them"));
        return Err(problems.into());
    };
    output.result(&json!({"schema": "offtake.runs/1", "runs": [run]}), || text(run, output))?;
    Ok(Exit::Success)
}

fn text(run: &RunRecord, output: &Output) -> String {
    let counts = &run.counts;
    let seconds = |ms: u64| format!("{}.{:03} s", ms / 1_000, ms % 1_000);
    let mut table = output.facts();
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("Run", run.id.clone());
    row("Sync", run.sync.clone());
    row("Status", run.status.as_str().to_owned());
    row("Started", format!("{} UTC", when(run.started_ms)));
    row("Took", format!("{:.1} s", run.seconds()));
    row("  reading and comparing", seconds(run.timings.read_ms));
    row("  sending", seconds(run.timings.send_ms));
    row("  writing state meanwhile", seconds(run.timings.commit_ms));
    row("Snapshot", run.snapshot.clone().unwrap_or_else(|| "(the source has no versions)".to_owned()));
    row("Connector", format!("{} sha256:{}", run.connector, run.connector_digest));
    row("Requests", format!("{}, {} calls repeated", run.requests, run.retries));
    row(
        "Rows read",
        format!(
            "{} = {} unchanged + {} added + {} changed + {} invalid",
            counts.source_rows, counts.unchanged, counts.added, counts.changed, counts.invalid
        ),
    );
    row("Rows to act on", format!("{} added + {} changed + {} removed", counts.added, counts.changed, counts.removed));
    row("  delivered", counts.delivered.to_string());
    row("  rejected", counts.rejected.to_string());
    row("  pending", counts.pending.to_string());
    row("  left as they are", counts.kept.to_string());
    row("  not tried", counts.held.to_string());
    if let Some(left) = &run.recovered {
        row("Recovered", format!("run {}: {} rows of unknown outcome", left.run, left.rows));
    }
    if let Some(approval) = &run.approval {
        let reasons = approval.objections.iter().map(|objection| format!("{} {}", objection.code, objection.message));
        row("Waits for approval", format!("plan {}\n{}", approval.plan, reasons.collect::<Vec<_>>().join("\n")));
    }
    if let Some(at) = run.resume_at_ms {
        row("Destination takes rows at", format!("{} UTC", when(at)));
    }
    if let Some(error) = &run.error {
        row("Error", format!("{} {}\n{}", error.code, error.message, error.help.as_deref().unwrap_or_default()));
    }
    table.to_string()
}
