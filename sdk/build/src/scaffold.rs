//! Writes the sources of a connector: a new one from the template, or one that comes along.

use std::path::{Path, PathBuf};

use crate::connector_toml::check_id;
use crate::embedded::{self, VENDORED_SDK};
use crate::error::Error;
use crate::language::Language;

/// What the template calls itself.
const TEMPLATE_ID: &str = "my-connector";
const TEMPLATE_NAME: &str = "My connector";
const TEMPLATE_SDK: &str = "path = \"../rust\"";
const PLUGIN_SDK: &str = "path = \"../../sdk/rust\"";

/// A connector that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffolded {
    /// Its folder.
    pub dir: PathBuf,
    /// The lines to type next, in order.
    pub next: Vec<String>,
}

/// Writes a new connector into `dir/NAME`. It builds and passes its tests as it is.
///
/// # Errors
/// A name that is no id, a folder that is there already, and a disk that takes no files.
pub fn scaffold(name: &str, language: Language, dir: &Path) -> Result<Scaffolded, Error> {
    check_id(name).map_err(|_| Error::Name { name: name.to_owned() })?;
    let connector = dir.join(name);
    if connector.exists() {
        return Err(Error::Exists { path: connector });
    }
    let title = title(name);
    embedded::unpack_template(&connector, language, &|text| {
        vendored(&text, TEMPLATE_SDK).replace(TEMPLATE_ID, name).replace(TEMPLATE_NAME, &title)
    })?;
    embedded::unpack_sdk(&connector, language)?;
    let own_tests = (language == Language::Rust).then(|| "cargo test".to_owned());
    let kit = ["offtake plugin build", "offtake plugin test"].map(str::to_owned);
    let next = [format!("cd {}", connector.display())].into_iter().chain(own_tests).chain(kit).collect();
    Ok(Scaffolded { dir: connector, next })
}

/// Writes the sources of a connector that comes along into `dir/NAME`, and returns that folder. What is there already
/// is brought up to date.
///
/// # Errors
/// A name that does not come along, and a disk that takes no files.
pub fn unpack_bundled(name: &str, dir: &Path) -> Result<PathBuf, Error> {
    let known = embedded::plugins();
    if !known.iter().any(|plugin| plugin == name) {
        return Err(Error::NotBundled { name: name.to_owned(), known: known.join(", ") });
    }
    let connector = dir.join(name);
    embedded::unpack_plugin(name, &connector, &|text| vendored(&text, PLUGIN_SDK))?;
    embedded::unpack_sdk(&connector, Language::of(&connector)?)?;
    Ok(connector)
}

/// The SDK lies inside the connector's folder, so that its place is the same relative to the connector everywhere.
fn vendored(text: &str, sdk: &str) -> String {
    text.replace(sdk, &format!("path = \"{VENDORED_SDK}\""))
}

/// `acme-crm` is `Acme crm` to people.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
