//! One file for each verb.

mod completions;
mod history;
mod init;
mod ls;
mod plan;
mod plugin;
mod rejects;
mod retry;
mod run;
mod runs;
mod schema;
mod secret;
mod show;
mod simulate;
mod state;
mod status;
mod validate;

pub(crate) use init::{Template, write_project};
pub(crate) use plan::text as plan_text;
pub(crate) use rejects::text as rejects_text;
pub(crate) use run::{Request, once};

use crate::args::{Args, Command};
use crate::demo;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn dispatch(args: Args, output: &Output) -> anyhow::Result<Exit> {
    let folder = args.global.project_dir.as_path();
    match args.command {
        Command::Init(init) => init::init(&folder.join(init.folder), output),
        Command::Validate(validate) => validate::validate(folder, &validate, output).await,
        Command::Plan(plan) => plan::plan(folder, &plan, output).await,
        Command::Run(run) => run::run(folder, &run, output).await,
        Command::Retry(retry) => retry::retry(folder, &retry, output).await,
        Command::Status => status::status(folder, output),
        Command::Runs(runs) => runs::runs(folder, &runs, output),
        Command::Rejects(rejects) => rejects::rejects(folder, rejects, output).await,
        Command::History(history) => history::history(folder, &history, output).await,
        Command::State(state) => state::state(folder, state, output),
        Command::Ls => ls::ls(folder, output),
        Command::Plugin(plugin) => plugin::plugin(folder, plugin, output).await,
        Command::Secret(secret) => secret::secret(folder, &secret, output),
        Command::Schema(schema) => schema::schema(&schema, output),
        Command::Completions { shell } => completions::completions(shell, output),
        Command::Demo(demo) => demo::demo(&folder.join(demo.folder), output).await,
        Command::Simulate(simulate) => simulate::simulate(&simulate, output).await,
        // `main` has done it.
        Command::CompileComponent => Ok(Exit::Success),
    }
}
