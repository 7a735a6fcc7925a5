//! `offtake demo`: the whole way once, on this machine, in a project folder to keep.

mod connector;
mod report;
mod story;

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::exit::Exit;
use crate::output::Output;

/// The simulated HubSpot's token. It opens nothing but the simulator.
pub(crate) const TOKEN: &str = "pat-na1-offtake-demo";

/// Writes the project, tells the story, says what to type next.
pub(crate) async fn demo(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    let folder = unused(folder);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let folder = folder.canonicalize()?;
    let records = story::tell(&folder, output).await?;
    report::show(&folder, &records, output)?;
    Ok(Exit::Success)
}

/// A project that somebody has worked in is never written over.
fn unused(folder: &Path) -> PathBuf {
    let mut candidate = folder.to_owned();
    let mut number = 2;
    while candidate.exists() && std::fs::read_dir(&candidate).is_ok_and(|mut entries| entries.next().is_some()) {
        candidate = PathBuf::from(format!("{}-{number}", folder.display()));
        number += 1;
    }
    candidate
}
