//! `offtake run`: all chosen syncs side by side, each with its own state and its own end.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use offtake_config::SyncConfig;
use offtake_core::Fault;
use offtake_core::choose::Selection;
use offtake_core::run::{RunRecord, Status};
use offtake_core::typed_key;
use offtake_engine::Stop;
use offtake_state::StateDirectory;
use serde_json::json;

use super::runs::{table, when};
use crate::args::Run;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::{Bars, Progress};
use crate::signals::Signals;
use crate::wire::{Freshness, Workspace, prepare, reload};

/// Syncs that run at once. Each holds the differences of one table in memory, and a slow destination its place.
const SYNCS_AT_ONCE: usize = 16;

/// What is asked of every run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Plans that a person has approved.
    pub(crate) approved: Vec<String>,
    /// Which rows.
    pub(crate) rows: Rows,
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub(crate) enum Rows {
    /// All.
    #[default]
    All,
    /// What earlier runs left.
    Left,
    /// Those with these typed keys.
    Keys(Vec<String>),
}

pub(crate) async fn run(folder: &Path, run: &Run, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let selected = match &run.model {
        Some(model) => workspace.of_model(model)?,
        None => workspace.select(&run.select.syncs)?,
    };
    let request = Request { approved: run.approve.clone(), rows: Rows::All };
    run_all(&workspace, selected, &request, output).await
}

/// Runs syncs side by side: a slow or broken destination holds none of the others up.
pub(super) async fn run_all(
    workspace: &Workspace,
    selected: Vec<&SyncConfig>,
    request: &Request,
    output: &Output,
) -> anyhow::Result<Exit> {
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let (signals, bars) = (Signals::watch(output), Bars::default());
    let (state, stop, bars) = (&state, signals.stop(), &bars);
    let running = selected.into_iter().enumerate().map(|(place, sync)| async move {
        let progress = Progress::new(output, sync.name.as_str(), bars);
        (place, once(workspace, state, sync, request, &progress, stop).await)
    });
    // Whichever ends makes room for the next: a slow one takes one place, not the queue.
    let mut ended: Vec<(usize, anyhow::Result<RunRecord>)> = tokio::select! {
        ended = futures::stream::iter(running).buffer_unordered(SYNCS_AT_ONCE).collect() => ended,
        () = signals.second() => return Ok(signals.exit().unwrap_or(Exit::Interrupted)),
        never = reload(workspace) => match never {},
    };
    ended.sort_by_key(|(place, _)| *place);
    let (mut records, mut errors, mut exit) = (Vec::new(), Vec::new(), Exit::Success);
    for (_, result) in ended {
        match result {
            Ok(record) => {
                exit = exit.worse(exit_of(&record));
                records.push(record);
            }
            // One sync's wrong mapping does not keep the others from running.
            Err(error) => {
                let (shown, own) = output.explain(&error);
                errors.extend(shown);
                exit = exit.worse(own);
            }
        }
    }
    // One document, whatever failed.
    output.result(&json!({"schema": "offtake.run/1", "runs": records, "errors": errors}), || {
        summary(&records, request, output)
    })?;
    Ok(signals.exit().unwrap_or(exit))
}

/// Runs one sync.
pub(crate) async fn once(
    workspace: &Workspace,
    state: &StateDirectory,
    sync: &SyncConfig,
    request: &Request,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<RunRecord> {
    let prepared = prepare(workspace, sync, Freshness::Asked).await?;
    let store = Arc::new(state.sync(&sync.name).map_err(Fault::from)?);
    let (mut spec, ports) = prepared.ports(store).ok_or_else(|| anyhow::anyhow!("the destination was not asked"))?;
    spec.selection = match &request.rows {
        Rows::All => Selection::All,
        Rows::Left => Selection::Left,
        Rows::Keys(typed) => {
            let seed = ports.state.known().await?.seed();
            let digests = typed.iter().flat_map(|key| typed_key::digests(seed, &spec.match_keys, key));
            Selection::Keys(digests.collect())
        }
    };
    for plan in &request.approved {
        spec.approved.push(plan.clone());
    }
    Ok(offtake_engine::run(&spec, &ports, progress, stop).await)
}

fn exit_of(record: &RunRecord) -> Exit {
    match (record.status, &record.error) {
        (Status::Completed | Status::CompletedWithRejects | Status::Interrupted, _) => Exit::Success,
        (Status::NeedsApproval, _) => Exit::NeedsApproval,
        (Status::Incomplete, _) | (Status::Failed | Status::Paused, None) => Exit::Failed,
        (Status::Failed | Status::Paused, Some(error)) => Exit::of(&error.code),
    }
}

fn summary(records: &[RunRecord], request: &Request, output: &Output) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut text = table(records, output);
    for run in records {
        text.push_str(&remarks(run, request));
    }
    text
}

/// What a person has to know or do after a run.
fn remarks(run: &RunRecord, request: &Request) -> String {
    let mut text = String::new();
    let sync = &run.sync;
    if let Some(left) = &run.recovered {
        text.push_str(&format!(
            "\n{sync}: recovered run {} of which {} rows had an unknown outcome",
            left.run, left.rows
        ));
    }
    if let Some(error) = &run.error {
        text.push_str(&format!("\n{sync}: {} {}", error.code, error.message));
        if let Some(help) = &error.help {
            text.push_str(&format!("\n  {help}"));
        }
    }
    if let Some(at) = run.resume_at_ms {
        text.push_str(&format!("\n{sync}: the destination takes rows again at {} UTC", when(at)));
    }
    if let Some(approval) = &run.approval {
        let changed = if request.approved.is_empty() { "" } else { " (this is another plan than the approved one)" };
        text.push_str(&format!("\n{sync}: nothing was sent{changed}"));
        for objection in &approval.objections {
            text.push_str(&format!("\n  {} {} (guards.{})", objection.code, objection.message, objection.guard));
        }
        text.push_str(&format!(
            "\n  look: offtake plan {sync}\n  if it is meant: offtake run {sync} --approve {}",
            approval.plan
        ));
    }
    let apart = run.counts.rejected + run.counts.invalid;
    if apart > 0 {
        text.push_str(&format!("\n{sync}: {apart} rows set apart → offtake rejects {sync}"));
    }
    if run.counts.pending > 0 {
        text.push_str(&format!("\n{sync}: {} rows pending → offtake run {sync}", run.counts.pending));
    }
    text
}
