//! Kills the real binary while it delivers to a simulated HubSpot, at random moments and at named points, and compares what
//! is left with what was promised: no acknowledged row lost, no value that the source never had, rows that go twice were in
//! flight and carry the same key, and no restart needs a person.

//!
//! `cargo xtask faults [--kills N] [--seed S]` builds and starts it with named points in the binary.

#![expect(clippy::indexing_slicing, reason = "JSON of the binary and of the simulator is what a test looks into")]

#[path = "faults/kill.rs"]
mod kill;
#[path = "faults/oracle.rs"]
mod oracle;
#[path = "faults/project.rs"]
mod project;
#[path = "faults/source.rs"]
mod source;
#[path = "faults/story.rs"]
mod story;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Kills the real binary and looks what is left.
#[derive(Debug, Parser)]
struct Arguments {
    /// Another binary than the one that was built with this program.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_offtake"))]
    binary: PathBuf,
    /// How often it is killed.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Replays a run of this program; random when none is given.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    println!("seed={seed}");
    if !cfg!(feature = "failpoints") {
        println!("this binary has no named points: only moments are chosen (cargo xtask faults builds it with both)");
    }
    let told = story::tell(&arguments.binary, arguments.kills, seed).await?;
    for failure in &told.failures {
        println!("{failure}");
    }
    println!("{}", told.summary());
    Ok(if told.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
