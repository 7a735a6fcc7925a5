//! The HubSpot connector's component: built once from the sources that come with this binary.

use std::path::{Path, PathBuf};

use offtake_build::{BuildOptions, build, unpack_bundled};

use crate::output::Output;
use crate::wire::cache_folder;

/// Puts the component into the project.
pub(super) fn provide(project: &Path, output: &Output) -> anyhow::Result<PathBuf> {
    let target = project.join("plugins").join("hubspot.wasm");
    let work = cache_folder().unwrap_or_else(|| project.join(".offtake"));
    let sources = unpack_bundled("hubspot", &work.join("connectors"))?;
    output.note("building the HubSpot connector for the sandbox (the first time takes a minute)");
    let options = BuildOptions { out: Some(target.clone()), target_dir: Some(work.join("plugin-target")) };
    let built = build(&sources, &options, &mut |line| tracing::debug!("{line}"))?;
    output.note(&format!("  {} bytes, sha256 {}, {}", built.size_bytes, built.sha256, built.toolchain));
    Ok(target)
}
