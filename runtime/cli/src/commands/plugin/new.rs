//! `offtake plugin new`.

use std::path::{Path, PathBuf};

use offtake_build::scaffold;
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;

pub(super) fn new(name: &str, folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    // What is shown is typed again by people: without the dots of joined defaults.
    let folder: PathBuf = folder.components().collect();
    let scaffolded = scaffold(name, &folder)?;
    let document = json!({"schema": "offtake.scaffold/1", "folder": scaffolded.dir, "next": scaffolded.next});
    output.result(&document, || {
        format!("wrote {}\n\nNext:\n  {}", scaffolded.dir.display(), scaffolded.next.join("\n  "))
    })?;
    Ok(Exit::Success)
}
