//! The sources that travel inside the binary: SDK, WIT, template and the connectors that come along.

use std::path::Path;

use rust_embed::RustEmbed;

use crate::error::Error;
use crate::language::Language;

/// Where a connector keeps the SDK that was written with it. The layout below is the repository's, because the SDK
/// finds the WIT by a relative path.
pub(crate) const VENDORED_SDK: &str = "vendor/offtake-sdk/sdk/rust";
pub(crate) const VENDORED_PYTHON: &str = "vendor/offtake-sdk/sdk/python";
pub(crate) const VENDORED_JS: &str = "vendor/offtake-sdk/sdk/js";
pub(crate) const VENDORED_WIT: &str = "vendor/offtake-sdk/wit";

#[derive(RustEmbed)]
#[folder = "../rust"]
#[exclude = "target/*"]
#[exclude = "Cargo.lock"]
#[exclude = ".gitignore"]
struct Sdk;

#[derive(RustEmbed)]
#[folder = "../../wit"]
#[include = "*.wit"]
struct Wit;

#[derive(RustEmbed)]
#[folder = "../python"]
#[exclude = "template/*"]
#[exclude = "*.pyc"]
struct Python;

#[derive(RustEmbed)]
#[folder = "../js"]
#[exclude = "template/*"]
#[exclude = "*/node_modules/*"]
struct JavaScript;

#[derive(RustEmbed)]
#[folder = "../template"]
#[exclude = "target/*"]
#[exclude = "Cargo.lock"]
struct Template;

#[derive(RustEmbed)]
#[folder = "../python/template"]
struct PythonTemplate;

#[derive(RustEmbed)]
#[folder = "../js/template"]
struct JavaScriptTemplate;

#[derive(RustEmbed)]
#[folder = "../../plugins"]
#[exclude = "*/target/*"]
#[exclude = "*.pyc"]
struct Plugins;

/// The folder of the WIT that this SDK speaks.
pub(crate) const WIT_VERSION: &str = "0.1.0";

/// Unpacks SDK and WIT into a connector's folder.
pub(crate) fn unpack_sdk(connector: &Path, language: Language) -> Result<(), Error> {
    match language {
        Language::Rust => unpack::<Sdk>("", &connector.join(VENDORED_SDK), &|text| text)?,
        Language::Python => unpack_python(&connector.join(VENDORED_PYTHON))?,
        Language::JavaScript => unpack_js(&connector.join(VENDORED_JS))?,
    }
    unpack_wit(&connector.join(VENDORED_WIT))
}

/// Unpacks the SDK for Python.
pub(crate) fn unpack_python(to: &Path) -> Result<(), Error> {
    unpack::<Python>("", to, &|text| text)
}

/// Unpacks the SDK for JavaScript.
pub(crate) fn unpack_js(to: &Path) -> Result<(), Error> {
    unpack::<JavaScript>("", to, &|text| text)
}

/// Unpacks the WIT, by version.
pub(crate) fn unpack_wit(to: &Path) -> Result<(), Error> {
    unpack::<Wit>("", to, &|text| text)
}

/// Copies what a connector was written with, or unpacks what came with this binary where it has nothing.
pub(crate) fn place_sdk(vendored: &Path, to: &Path, own: fn(&Path) -> Result<(), Error>) -> Result<(), Error> {
    if vendored.is_dir() { copy(vendored, to, 0) } else { own(to) }
}

/// Folders of an SDK are not deeper.
const DEPTH_MAX: usize = 10;

fn copy(from: &Path, to: &Path, depth: usize) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::writing(to))?;
    for entry in std::fs::read_dir(from).map_err(Error::reading(from))? {
        let entry = entry.map_err(Error::reading(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_file() {
            std::fs::copy(&source, &target).map_err(Error::writing(&target))?;
        } else if depth < DEPTH_MAX && source.is_dir() {
            copy(&source, &target, depth + 1)?;
        }
    }
    Ok(())
}

/// Unpacks the template, each text after `change`.
pub(crate) fn unpack_template(
    connector: &Path,
    language: Language,
    change: &dyn Fn(String) -> String,
) -> Result<(), Error> {
    match language {
        Language::Rust => unpack::<Template>("", connector, change),
        Language::Python => unpack::<PythonTemplate>("", connector, change),
        Language::JavaScript => unpack::<JavaScriptTemplate>("", connector, change),
    }
}

/// Unpacks a connector that comes along, each text after `change`.
pub(crate) fn unpack_plugin(name: &str, connector: &Path, change: &dyn Fn(String) -> String) -> Result<(), Error> {
    unpack::<Plugins>(&format!("{name}/"), connector, change)
}

/// The connectors that come along, in alphabetical order.
pub(crate) fn plugins() -> Vec<String> {
    let mut names: Vec<String> =
        Plugins::iter().filter_map(|path| path.strip_suffix("/connector.toml").map(str::to_owned)).collect();
    names.sort();
    names
}

fn unpack<E: RustEmbed>(prefix: &str, to: &Path, change: &dyn Fn(String) -> String) -> Result<(), Error> {
    for path in E::iter() {
        let Some(relative) = path.strip_prefix(prefix) else { continue };
        let Some(file) = E::get(&path) else { continue };
        let bytes = match String::from_utf8(file.data.into_owned()) {
            Ok(text) => change(text).into_bytes(),
            Err(error) => error.into_bytes(),
        };
        let target = to.join(relative);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
        }
        write_if_new(&target, &bytes)?;
    }
    Ok(())
}

/// Leaves a file alone that holds the same: cargo would build it again for its date.
pub(crate) fn write_if_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(path, bytes).map_err(Error::writing(path))
}
