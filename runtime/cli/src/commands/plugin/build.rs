//! `offtake plugin build`.

use std::path::{Path, PathBuf};

use offtake_build::BuildOptions;
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;
use crate::wire::cache_folder;

pub(super) fn build(connector: &Path, out: Option<PathBuf>, output: &Output) -> anyhow::Result<Exit> {
    let options = BuildOptions { out, target_dir: cache_folder().map(|cache| cache.join("plugin-target")) };
    let built = offtake_build::build(connector, &options, &mut |line| output.note(line))?;
    let document = json!({
        "schema": "offtake.build/1",
        "path": built.path,
        "bytes": built.size_bytes,
        "sha256": built.sha256,
        "toolchain": built.toolchain,
    });
    output.result(&document, || {
        format!(
            "{}\n{} bytes, sha256 {}\nbuilt with {}",
            built.path.display(),
            built.size_bytes,
            built.sha256,
            built.toolchain
        )
    })?;
    Ok(Exit::Success)
}
