//! The sources that travel inside the binary: SDK, WIT, template and the connectors that come along.

use std::path::Path;

use rust_embed::RustEmbed;

use crate::error::Error;

/// Where a connector keeps the SDK that was written with it. The layout below is the repository's, because the SDK
/// finds the WIT by a relative path.
pub(crate) const VENDORED_SDK: &str = "vendor/offtake-sdk/sdk/rust";
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
#[folder = "../template"]
#[exclude = "target/*"]
#[exclude = "Cargo.lock"]
struct Template;

#[derive(RustEmbed)]
#[folder = "../../plugins"]
#[exclude = "*/target/*"]
struct Plugins;

/// Unpacks SDK and WIT into a connector's folder.
pub(crate) fn unpack_sdk(connector: &Path) -> Result<(), Error> {
    unpack::<Sdk>("", &connector.join(VENDORED_SDK), &|text| text)?;
    unpack::<Wit>("", &connector.join(VENDORED_WIT), &|text| text)
}

/// Unpacks the template, each text after `change`.
pub(crate) fn unpack_template(connector: &Path, change: &dyn Fn(String) -> String) -> Result<(), Error> {
    unpack::<Template>("", connector, change)
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
