//! `offtake plugin new`.

use std::path::{Path, PathBuf};

use offtake_build::scaffold;
use serde_json::json;

use crate::args::Language;
use crate::exit::Exit;
use crate::output::Output;

pub(super) fn new(name: &str, lang: Language, folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    // What is shown is typed again by people: without the dots of joined defaults.
    let folder: PathBuf = folder.components().collect();
    let language = match lang {
        Language::Rust => offtake_build::Language::Rust,
        Language::Python => offtake_build::Language::Python,
        Language::Js => offtake_build::Language::JavaScript,
    };
    let scaffolded = scaffold(name, language, &folder)?;
    let document = json!({"schema": "offtake.scaffold/1", "folder": scaffolded.dir, "next": scaffolded.next});
    output.result(&document, || {
        format!("wrote {}\n\nNext:\n  {}", scaffolded.dir.display(), scaffolded.next.join("\n  "))
    })?;
    Ok(Exit::Success)
}
