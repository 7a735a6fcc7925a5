//! `offtake completions`.

use clap::CommandFactory;

use crate::args::Args;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn completions(shell: clap_complete::Shell, output: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "offtake", &mut script);
    output.print(&String::from_utf8(script)?)?;
    Ok(Exit::Success)
}
