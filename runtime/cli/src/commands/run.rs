//! `offtake run`.

use std::path::Path;
use std::sync::Arc;

use offtake_config::SyncConfig;
use offtake_core::Fault;
use offtake_core::run::{RunRecord, Status};
use offtake_state::StateDirectory;
use serde_json::json;

use super::runs::table;
use crate::args::Select;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::wire::{Freshness, Workspace, prepare};

pub(crate) async fn run(folder: &Path, select: &Select, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let selected = workspace.select(&select.syncs)?;
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let mut records = Vec::new();
    let mut errors = Vec::new();
    let mut exit = Exit::Success;
    for sync in selected {
        match once(&workspace, &state, sync, output).await {
            Ok(record) => {
                exit = worse(exit, exit_of(&record));
                records.push(record);
            }
            // One sync's wrong mapping does not keep the others from running.
            Err(error) => {
                let (shown, own) = output.explain(&error);
                errors.extend(shown);
                exit = worse(exit, own);
            }
        }
    }
    // One document, whatever failed.
    output
        .result(&json!({"schema": "offtake.run/1", "runs": records, "errors": errors}), || summary(&records, output))?;
    Ok(exit)
}

/// Runs one sync.
pub(crate) async fn once(
    workspace: &Workspace,
    state: &StateDirectory,
    sync: &SyncConfig,
    output: &Output,
) -> anyhow::Result<RunRecord> {
    let prepared = prepare(workspace, sync, Freshness::Asked).await?;
    let store = Arc::new(state.sync(&sync.name).map_err(Fault::from)?);
    let (spec, ports) = prepared.ports(store).ok_or_else(|| anyhow::anyhow!("the destination was not asked"))?;
    let progress = Progress::new(output, &spec.name);
    Ok(offtake_engine::run(&spec, &ports, &progress).await?)
}

fn exit_of(record: &RunRecord) -> Exit {
    match (record.status, &record.error) {
        (Status::Completed | Status::CompletedWithRejects, _) => Exit::Success,
        (Status::Incomplete, _) | (Status::Failed, None) => Exit::Failed,
        (Status::Failed, Some(error)) => Exit::of(&error.code),
    }
}

/// What has to be acted on first: damage, then a lock, then the destination, then files, then rows.
fn worse(left: Exit, right: Exit) -> Exit {
    let urgency = |exit: Exit| match exit {
        Exit::Success => 0,
        Exit::Failed => 1,
        Exit::Usage => 2,
        Exit::Unreachable => 3,
        Exit::Locked => 4,
        Exit::Damaged => 5,
    };
    if urgency(right) > urgency(left) { right } else { left }
}

fn summary(records: &[RunRecord], output: &Output) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut text = table(records, output);
    for run in records {
        if let Some(error) = &run.error {
            text.push_str(&format!("\n{}: {} {}", run.sync, error.code, error.message));
            if let Some(help) = &error.help {
                text.push_str(&format!("\n  {help}"));
            }
        }
        let apart = run.counts.rejected + run.counts.invalid;
        if apart > 0 {
            text.push_str(&format!("\n{}: {apart} rows set apart → offtake rejects {}", run.sync, run.sync));
        }
        if run.counts.pending > 0 {
            text.push_str(&format!("\n{}: {} rows pending → offtake run {}", run.sync, run.counts.pending, run.sync));
        }
    }
    text
}
