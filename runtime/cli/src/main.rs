//! `offtake`: arguments, wiring, output. Everything else is in the crates below.

mod args;
mod commands;
mod demo;
mod discovery;
mod exit;
#[cfg(feature = "failpoints")]
mod failpoints;
mod output;
mod progress;
mod secrets;
mod signals;
mod wire;

use std::process::ExitCode;

use clap::Parser;
use offtake_plugin::CompileLimits;

use crate::args::{Args, Command};
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    // Before anything is opened: it closes what it finds open.
    if matches!(args.command, Command::CompileComponent) {
        return offtake_plugin::compile_child(CompileLimits::default());
    }
    let output = Output::new(&args.global);
    output.init_logging(&args.global);
    #[cfg(feature = "failpoints")]
    failpoints::arm();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(commands::dispatch(args, &output)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => output.error(&error).into(),
    }
}
