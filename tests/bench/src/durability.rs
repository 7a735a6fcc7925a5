//! Requests a second with and without fsync.

use std::sync::Arc;
use std::time::Duration;

use offtake_core::choose::Selection;
use offtake_core::guard::Guards;
use offtake_core::mode::{Mode, OnDelete};
use offtake_core::policy::Policies;
use offtake_engine::{Ports, Stop, SyncSpec, run};
use offtake_state::{Durability, StateDirectory};

use crate::Outcome;
use crate::vendor::{People, Silent, SystemClock, Vendor};

/// Each figure is the best of so many: the disk of a shared machine has bad moments.
const TIMES: u32 = 3;

/// Destinations of different speed: one that costs nothing, and what a vendor's API takes at least.
const ANSWERS_AFTER: [(Duration, i64); 2] = [(Duration::ZERO, 300_000), (Duration::from_millis(20), 100_000)];

#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
pub(crate) async fn measure() -> Outcome<()> {
    println!("requests/s at 100 rows a batch, 8 calls at once:");
    for (answers_after, rows) in ANSWERS_AFTER {
        let unsynced = best(Durability::Unsynced, answers_after, rows).await?;
        let synced = best(Durability::Synced, answers_after, rows).await?;
        println!(
            "  answers after {:>2} ms: without fsync {unsynced:>6.0}, with fsync {synced:>6.0}: {:.1} % lost",
            answers_after.as_millis(),
            100.0 * (1.0 - synced / unsynced)
        );
    }
    Ok(())
}

async fn best(durability: Durability, answers_after: Duration, rows: i64) -> Outcome<f64> {
    let mut best = 0.0_f64;
    for _ in 0..TIMES {
        best = best.max(once(durability, answers_after, rows).await?);
    }
    Ok(best)
}

async fn once(durability: Durability, answers_after: Duration, rows: i64) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let state = StateDirectory::open_with(folder.path(), durability)?;
    let ports = Ports {
        model: Arc::new(People(rows)),
        destination: Arc::new(Vendor::new(answers_after)),
        state: Arc::new(state.sync(&"bench".parse()?)?),
        clock: Arc::new(SystemClock),
    };
    let record = run(&spec(), &ports, &Silent, &Stop::default()).await;
    if record.counts.delivered != rows.unsigned_abs() {
        return Err(format!("{:?}", record.error).into());
    }
    Ok(record.requests as f64 * 1_000.0 / record.timings.send_ms as f64)
}

pub(crate) fn spec() -> SyncSpec {
    SyncSpec {
        name: "bench".to_owned(),
        target: "bench".to_owned(),
        object: "contacts".to_owned(),
        mode: Mode::Upsert,
        on_delete: OnDelete::Ignore,
        match_keys: vec!["email".to_owned()],
        policies: Policies::new(),
        partition: Vec::new(),
        // As many as the vendor of these figures takes.
        batch_rows: Some(100),
        concurrency: None,
        guards: Guards::default(),
        selection: Selection::All,
        approved: Vec::new(),
    }
}
