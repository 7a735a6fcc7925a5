//! `offtake plugin`: one file for each verb.

mod build;
mod diff;
mod fetch;
mod inspect;
mod install;
mod keygen;
mod list;
mod new;
mod pull;
mod push;
mod rollback;
mod sign;
mod test;
mod verify;

use std::path::Path;

use crate::args::Plugin;
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn plugin(folder: &Path, plugin: Plugin, output: &Output) -> anyhow::Result<Exit> {
    match plugin {
        Plugin::New { name, folder: within, lang } => new::new(&name, lang, &folder.join(within), output),
        Plugin::Build { folder: connector, out } => build::build(&folder.join(connector), out, output),
        Plugin::Inspect { file } => inspect::inspect(folder, &file, output),
        Plugin::Test(test) => test::test(folder, test, output).await,
        Plugin::List => list::list(folder, output),
        Plugin::Keygen { out, no_password } => keygen::keygen(&folder.join(out), no_password, output),
        Plugin::Sign { file, key } => sign::sign(&folder.join(file), &folder.join(key), output),
        Plugin::Verify { place, key, registry } => {
            verify::verify(folder, &place, key.as_deref(), &registry, output).await
        }
        Plugin::Push { file, reference, registry } => push::push(folder, &file, &reference, &registry, output).await,
        Plugin::Pull { reference, out, registry } => {
            pull::pull(folder, &reference, out.as_deref(), &registry, output).await
        }
        Plugin::Install { place: Some(place), file, approve, registry } => {
            let wanted = install::Wanted { place: &place, file, approve };
            install::install(folder, wanted, &registry, output).await
        }
        Plugin::Install { place: None, registry, .. } => install::restore(folder, &registry, output).await,
        Plugin::Diff { place, registry } => diff::diff(folder, &place, &registry, output).await,
        Plugin::Rollback { id } => rollback::rollback(folder, &id, output),
    }
}
