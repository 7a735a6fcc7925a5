//! `offtake plugin`: one file for each verb.

mod build;
mod inspect;
mod list;
mod new;
mod test;

use std::path::Path;

use crate::args::Plugin;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn plugin(folder: &Path, plugin: Plugin, output: &Output) -> anyhow::Result<Exit> {
    match plugin {
        Plugin::New { name, folder: within, lang } => new::new(&name, lang, &folder.join(within), output),
        Plugin::Build { folder: connector, out } => build::build(&folder.join(connector), out, output),
        Plugin::Inspect { file } => inspect::inspect(&folder.join(file), output),
        Plugin::Test(test) => test::test(folder, test, output).await,
        Plugin::List => list::list(folder, output),
    }
}
