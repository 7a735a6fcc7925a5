//! The whole way: folder in, stamped component out.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::language::Language;
use crate::manifest::Manifest;
use crate::{cargo, component, connector_toml, interpreted, toolchain};

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Where the component goes; `DIR/target/offtake/ID.wasm` when none.
    pub out: Option<PathBuf>,
    /// Cargo's target folder, which several connectors may share; cargo's own choice when none.
    pub target_dir: Option<PathBuf>,
}

/// A component that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Where it lies.
    pub path: PathBuf,
    /// How large it is.
    pub size_bytes: u64,
    /// Of the whole file, in lowercase hexadecimal digits.
    pub sha256: String,
    /// What made it, for people.
    pub toolchain: String,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// Builds the connector in `dir`. `progress` is told what is done, line by line.
///
/// # Errors
/// A folder that is no connector, a wrong `connector.toml`, no toolchain, sources that do not compile, and a component
/// that is none or asks for more than a connector may.
pub fn build(dir: &Path, options: &BuildOptions, progress: &mut dyn FnMut(&str)) -> Result<Built, Error> {
    let language = Language::of(dir)?;
    // Cargo reports canonical paths, and the artifact is found by them.
    let dir = dir.canonicalize().map_err(Error::reading(dir))?;
    let mut manifest = connector_toml::read(&dir.join("connector.toml"), language.default_limits())?;
    let (made, toolchain) = match language {
        Language::Rust => {
            let toolchain = toolchain::find(&dir, progress)?;
            let path = cargo::compile(&dir, &toolchain, options.target_dir.as_deref(), progress)?;
            (std::fs::read(&path).map_err(Error::reading(&path))?, toolchain.to_string())
        }
        Language::Python | Language::JavaScript => {
            let made = interpreted::make(&dir, language, options.target_dir.as_deref(), progress)?;
            (made.component, made.tool)
        }
    };
    let bare = component::from_module(&made)?;
    manifest.wit = component::wit_package(&bare)?;
    let stamped = component::stamp(bare, &manifest.canonical_json());

    let default_path = || dir.join("target/offtake").join(format!("{}.wasm", manifest.id));
    let path = options.out.clone().unwrap_or_else(default_path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
    }
    std::fs::write(&path, &stamped).map_err(Error::writing(&path))?;
    Ok(Built { size_bytes: stamped.len() as u64, sha256: sha256_hex(&stamped), path, toolchain, manifest })
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
