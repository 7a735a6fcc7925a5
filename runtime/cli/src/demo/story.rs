//! The demo's story: first run, a change in the lake, a plan, a second run.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use offtake_core::Fault;
use offtake_core::ports::StateStore;
use offtake_core::run::{Reject, RunRecord};
use offtake_engine::Stop;
use offtake_sim::hubspot::{Limits, Options, Simulator};
use offtake_source::sample::{self, State};
use offtake_state::StateDirectory;

use super::{TOKEN, connector};
use crate::commands::{Request, Template, once, plan_text, rejects_text, write_project};
use crate::output::Output;
use crate::progress::{Bars, Progress};
use crate::wire::{Freshness, Workspace, prepare};

/// The demo's only sync.
const SYNC: &str = "customers-to-hubspot";

/// Rejected rows that are shown.
const REJECTS_SHOWN: usize = 10;

pub(super) async fn tell(folder: &Path, output: &Output) -> anyhow::Result<Vec<RunRecord>> {
    let options = Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, ..Options::default() };
    let simulator = Simulator::start(options).await.context("cannot start the simulated HubSpot on loopback")?;
    output.note(&format!("a HubSpot that behaves like HubSpot listens on {}", simulator.base_url()));
    write_project(folder, Template::Demo { simulator: &simulator.base_url(), token: TOKEN })?;
    connector::provide(folder, output)?;
    let lake = folder.join("lake").join("customers");
    sample::write_customers(&lake, State::First).await.map_err(Fault::from)?;
    output.note(&format!("wrote an Iceberg table of {} customers to {}", sample::CUSTOMERS, lake.display()));

    output.note("\nfirst run: everything is new");
    let first = run(folder, output).await?;
    sample::write_customers(&lake, State::Second).await.map_err(Fault::from)?;
    output.note("\na day later 1 % of the customers have changed and a few are gone; the plan, which sends nothing:\n");
    plan(folder, output).await?;
    output.note("\nsecond run: only what changed");
    let second = run(folder, output).await?;
    rejects(folder, output).await?;
    simulator.shutdown().await;
    Ok(vec![first, second])
}

async fn run(folder: &Path, output: &Output) -> anyhow::Result<RunRecord> {
    let workspace = Workspace::open(folder)?;
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let sync = workspace.sync(SYNC)?;
    let progress = Progress::new(output, SYNC, &Bars::default());
    let record = once(&workspace, &state, sync, &Request::default(), &progress, &Stop::default()).await?;
    drop(progress);
    let counts = record.counts;
    output.note(&format!(
        "  {} rows read: {} added, {} changed, {} removed, {} unchanged, {} invalid → {} delivered, {} rejected, {} requests, {:.1} s",
        counts.source_rows,
        counts.added,
        counts.changed,
        counts.removed,
        counts.unchanged,
        counts.invalid,
        counts.delivered,
        counts.rejected,
        record.requests,
        record.seconds()
    ));
    if let Some(error) = &record.error {
        return Err(Fault::new("OFT-X002", format!("the demo's run failed: {} {}", error.code, error.message)).into());
    }
    Ok(record)
}

async fn plan(folder: &Path, output: &Output) -> anyhow::Result<()> {
    let workspace = Workspace::open(folder)?;
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let sync = workspace.sync(SYNC)?;
    let prepared = prepare(&workspace, sync, Freshness::Asked).await?;
    let store = Arc::new(state.sync(&sync.name).map_err(Fault::from)?);
    if let Some((spec, ports)) = prepared.ports(store) {
        let plan = offtake_engine::plan(&spec, &ports, &Progress::new(output, SYNC, &Bars::default())).await?;
        output.note(&plan_text(&spec, &plan, output));
    }
    Ok(())
}

async fn rejects(folder: &Path, output: &Output) -> anyhow::Result<()> {
    let workspace = Workspace::open(folder)?;
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let sync = workspace.sync(SYNC)?;
    let listed = state.sync(&sync.name).map_err(Fault::from)?.rejects().await?;
    output.note("\nrows that are not at HubSpot with their current value, in HubSpot's own words:\n");
    let listed: Vec<Reject> = listed.into_iter().map(|listed| listed.reject).collect();
    output.note(&rejects_text(SYNC, &listed, REJECTS_SHOWN, output));
    Ok(())
}
