//! Project tasks: `cargo xtask test` does everything that CI does to a change.

mod count;
mod needs;
mod runner;
mod steps;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Offtake repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs what tests need, then checks format, lints and documentation, and runs every test.
    Test {
        /// Also build the documentation and fail on its warnings.
        #[arg(long)]
        doc: bool,
    },
    /// Runs the conformance kit on every connector of the repository and on the templates.
    Conform,
    /// Kills the binary while it delivers, and looks what is left.
    Faults {
        /// How often.
        #[arg(long, default_value_t = 200)]
        kills: u32,
        /// Replays an earlier run; random when none is given.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Measures what durability costs and how long recovery takes, in a release build.
    Bench,
}

fn main() -> anyhow::Result<ExitCode> {
    let task = Arguments::parse().task;
    needs::meet()?;
    let root = runner::root()?;
    let good = match task {
        Task::Test { doc } => runner::run(&root, &steps::all(&root, doc)?)?.is_good(),
        Task::Conform => runner::run_one(&root, &steps::conform())?,
        Task::Faults { kills, seed } => runner::run_one(&root, &steps::faults(kills, seed))?,
        Task::Bench => runner::run_one(&root, &steps::bench())?,
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
