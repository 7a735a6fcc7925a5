//! Connectors of languages that bring their interpreter along: sources and SDK are laid out in a folder of their own, and a
//! pinned tool makes a component of them.
//!
//! The tool is installed once, by the language's own package manager, and checked by it against the hashes that come with
//! the SDK. It snapshots a running interpreter, so the same sources do not give the same bytes.

mod javascript;
mod python;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::embedded::write_if_new;
use crate::error::Error;
use crate::language::Language;

/// Folders of a connector that are no sources. Names that begin with a dot are none either.
const LEFT_OUT: [&str; 6] = ["target", "vendor", "node_modules", "tests", "test", "__pycache__"];
/// Deeper folders are links that lead back to themselves.
const DEPTH_MAX: usize = 40;
/// How many of a tool's last lines an error carries.
const OUTPUT_LINES_MAX: usize = 60;

/// A component without its manifest, and what made it.
pub(crate) struct Made {
    pub(crate) component: Vec<u8>,
    pub(crate) tool: String,
}

/// Makes a component of the connector in `dir`.
pub(crate) fn make(
    dir: &Path,
    language: Language,
    target_dir: Option<&Path>,
    progress: &mut dyn FnMut(&str),
) -> Result<Made, Error> {
    let target = target_dir.map_or_else(|| dir.join("target"), |given| dir.join(given));
    let stage = target.join("offtake-interpreted").join(short(dir.as_os_str().as_encoded_bytes()));
    let _lock = lock(&stage)?;
    // What is no longer among the sources must not be found either.
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(Error::writing(&stage))?;
    }
    let tool = match language {
        Language::Python => python::make(dir, &stage, &target, progress)?,
        Language::JavaScript | Language::Rust => javascript::make(dir, &stage, &target, progress)?,
    };
    let out = stage.join(OUT);
    let component = fs::read(&out).map_err(Error::reading(&out))?;
    Ok(Made { component, tool })
}

/// What a tool writes, in the stage.
const OUT: &str = "connector.wasm";

/// Copies the connector's own files.
fn copy_sources(from: &Path, to: &Path, depth: usize) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::writing(to))?;
    for entry in fs::read_dir(from).map_err(Error::reading(from))? {
        let name = entry.map_err(Error::reading(from))?.file_name();
        let shown = name.to_string_lossy();
        let (source, target) = (from.join(&name), to.join(&name));
        let Ok(found) = fs::metadata(&source) else { continue };
        if shown.starts_with('.') || (found.is_dir() && (LEFT_OUT.contains(&&*shown) || depth >= DEPTH_MAX)) {
            continue;
        }
        if found.is_dir() {
            copy_sources(&source, &target, depth + 1)?;
        } else if found.is_file() {
            fs::copy(&source, &target).map_err(Error::writing(&target))?;
        }
    }
    Ok(())
}

/// One build of a folder at a time.
fn lock(folder: &Path) -> Result<File, Error> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(Error::writing(parent))?;
    }
    let path = folder.with_extension("lock");
    let lock = File::create(&path).map_err(Error::writing(&path))?;
    lock.lock().map_err(Error::writing(&path))?;
    Ok(lock)
}

/// Installs a tool into a folder that is named after what is wanted, unless it is there.
fn install(
    target: &Path,
    name: &str,
    wanted: &[u8],
    with: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let home = target.join("offtake-tools").join(format!("{name}-{}", short(wanted)));
    let _lock = lock(&home)?;
    let stamp = home.with_extension("stamp");
    if !stamp.is_file() || !home.is_dir() {
        if home.exists() {
            fs::remove_dir_all(&home).map_err(Error::writing(&home))?;
        }
        fs::create_dir_all(&home).map_err(Error::writing(&home))?;
        with(&home)?;
        // Written last: an installation that was cut short is made again.
        write_if_new(&stamp, b"")?;
    }
    Ok(home)
}

/// Runs a tool; `failed` says what it is when it does not succeed.
fn run(command: &mut Command, failed: impl FnOnce(String) -> Error) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Error::Run { program, source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = format!("{}\n{}", text(&output.stdout), text(&output.stderr));
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(OUTPUT_LINES_MAX)..).unwrap_or_default();
    Err(failed(last.join("\n")))
}

fn short(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
