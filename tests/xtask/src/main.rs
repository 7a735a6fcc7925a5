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
}

fn main() -> anyhow::Result<ExitCode> {
    let Task::Test { doc } = Arguments::parse().task;
    needs::meet()?;
    let root = runner::root()?;
    let report = runner::run(&root, &steps::all(&root, doc)?)?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
