//! How long a state of a million rows takes to open after its process was killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use offtake_core::Name;
use offtake_core::destination::OutcomeKind;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::object::Operation;
use offtake_core::ports::{Intent, Settled, StateStore};
use offtake_core::run::{RunId, RunRecord, Status};
use offtake_state::StateDirectory;
use xxhash_rust::xxh3::xxh3_128;

use crate::Outcome;

const ROWS: u64 = 1_000_000;
/// Rows of one commit, as the engine groups them.
const GROUP: u64 = 1_000;

fn name() -> Outcome<Name> {
    Ok("bench".parse()?)
}

#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
pub(crate) async fn measure() -> Outcome<()> {
    println!("opening a state of {ROWS} rows, until every row is known:");
    let folder = tempfile::tempdir()?;
    kill_after_filling(folder.path(), false)?;
    println!("  killed at the end of the first run: {:.2} s", open(folder.path()).await?.as_secs_f64());
    println!("  killed just after that, nothing to mend: {:.2} s", open(folder.path()).await?.as_secs_f64());

    let folder = tempfile::tempdir()?;
    kill_after_filling(folder.path(), true)?;
    println!("  after a run that ended well: {:.2} s", open(folder.path()).await?.as_secs_f64());
    for entry in std::fs::read_dir(folder.path().join("syncs").join("bench"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("gen-") {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    println!("  after its whole index was lost: {:.2} s", open(folder.path()).await?.as_secs_f64());
    Ok(())
}

async fn open(folder: &Path) -> Outcome<Duration> {
    let started = Instant::now();
    let state = StateDirectory::open(folder)?;
    let store = state.sync(&name()?)?;
    let known = store.known().await?;
    if known.acknowledged() as u64 != ROWS {
        return Err(format!("{} rows are known", known.acknowledged()).into());
    }
    Ok(started.elapsed())
}

/// Another process fills the state, so that it can be killed.
fn kill_after_filling(folder: &Path, finish: bool) -> Outcome<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("fill").arg(folder).arg(ROWS.to_string()).args(finish.then_some("--finish"));
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    let out = child.stdout.take().ok_or("the other process has no output")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut said)?;
    child.kill()?;
    child.wait()?;
    if said.trim() != "filled" {
        return Err(said.into());
    }
    Ok(())
}

/// What a first run leaves; then waits to be killed.
#[expect(clippy::print_stdout, reason = "the other process waits for it")]
pub(crate) async fn fill(folder: &Path, rows: u64, finish: bool) -> Outcome<()> {
    let state = StateDirectory::open(folder)?;
    let store = state.sync(&name()?)?;
    store.bind("bench").await?;
    store.reserve(rows, false).await?;
    let run = RunId(ulid::Ulid::generate().0);
    let mut keys: Vec<KeyDigest> = (0..rows).map(|n| KeyDigest(xxh3_128(&n.to_le_bytes()))).collect();
    keys.sort_unstable();
    let mut before: &[KeyDigest] = &[];
    for group in keys.chunks(usize::try_from(GROUP)?).chain([&[][..]]) {
        let digest = RowDigest(7);
        let settled = before.iter().map(|key| Settled::Delivered {
            key: *key,
            digest,
            outcome: OutcomeKind::Created,
            kept: None,
        });
        let next = group.iter().map(|key| Intent { key: *key, operation: Operation::Upsert, digest, run, kept: None });
        store.commit(run, settled.collect(), next.collect()).await?;
        before = group;
    }
    if finish {
        store.finish(&RunRecord { status: Status::Completed, ..RunRecord::begun(run, "bench", 0) }).await?;
        drop(store);
    }
    println!("filled");
    tokio::time::sleep(Duration::from_secs(600)).await;
    Ok(())
}
