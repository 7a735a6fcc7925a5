//! Reads a component's bytes: what it is, what it asks for, whether the sandbox grants it. Nothing runs, nothing compiles.

use std::fs::File;
use std::io::Read;
use std::panic::catch_unwind;
use std::path::Path;

use offtake_core::manifest::{self, Manifest};
use sha2::{Digest, Sha256};
use wasmparser::{Encoding, Parser, Payload, Validator};

use crate::Error;
use crate::features::FEATURES;

/// A Python connector is 18 MiB; what is larger was not stripped or means harm.
pub const COMPONENT_BYTES_MAX: u64 = 64 << 20;
/// Imports and exports of a component: an interpreter with all of WASI has 25.
const NAMES_MAX: usize = 1_000;
const MANIFEST_SECTION: &str = "offtake:manifest";
const WIT: &str = "offtake:destination@0.1.0";
const CONNECTOR: &str = "offtake:destination/connector@0.1.0";
/// What later versions add, and a connector may export.
const ADDITIONS: [&str; 1] = ["offtake:destination/jobs@0.1.1"];
/// Everything that a connector may do.
const INTERFACES: [&str; 5] = ["types", "log", "http", "clock", "entropy"];
/// WASI 0.2 is linked with nothing behind it, so these names are harmless. `wasi:http` is not among them: it
/// would be a second way out.
const DENY_ALL_WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// What is known of a component without running it.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// What it asks for.
    pub manifest: Manifest,
    /// Names of its imports.
    pub imports: Vec<String>,
    /// Names of its exports.
    pub exports: Vec<String>,
    /// SHA-256 in hex.
    pub digest: String,
    /// The component.
    pub bytes: Vec<u8>,
}

/// Reads and checks a component.
///
/// # Errors
/// OFT-P010 to OFT-P016.
pub fn inspect(path: &Path) -> Result<Inspected, Error> {
    inspect_bytes(path, read(path)?)
}

/// Checks the bytes of a component that came from `path`, which only messages name.
///
/// # Errors
/// OFT-P010 to OFT-P015.
pub fn inspect_bytes(path: &Path, bytes: Vec<u8>) -> Result<Inspected, Error> {
    if bytes.len() as u64 > COMPONENT_BYTES_MAX {
        let bytes = bytes.len() as u64;
        return Err(Error::TooLarge { path: path.to_owned(), bytes, max: COMPONENT_BYTES_MAX });
    }
    let not_a_component = |message: String| Error::NotAComponent { path: path.to_owned(), message };
    // The parser is not meant to panic; if it does, the file is refused and the host goes on.
    let surface =
        catch_unwind(|| Surface::read(&bytes)).map_err(|_| not_a_component("it breaks the parser".to_owned()))?;
    let surface = surface.map_err(not_a_component)?;
    surface.check(path)?;
    let manifest = surface.manifest(path)?;
    if !surface.exports.iter().any(|name| name == CONNECTOR) {
        return Err(Error::NotAConnector { path: path.to_owned(), missing: CONNECTOR });
    }
    Ok(Inspected {
        manifest,
        imports: surface.imports,
        exports: surface.exports,
        digest: hex(&Sha256::digest(&bytes)),
        bytes,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(COMPONENT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > COMPONENT_BYTES_MAX {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            bytes: path.metadata().map_or(0, |file| file.len()),
            max: COMPONENT_BYTES_MAX,
        });
    }
    Ok(bytes)
}

/// Names on a component's outside, and its manifest section.
#[derive(Debug, Default)]
struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
    manifests: Vec<Vec<u8>>,
}

impl Surface {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut surface = Self::default();
        // Sections of nested modules and components are not the component's own.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|error| at(&error))? {
                Payload::Version { encoding, .. } if depth == 0 && encoding != Encoding::Component => {
                    return Err("it is a core module".to_owned());
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        surface.imports.push(import.map_err(|error| at(&error))?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        surface.exports.push(export.map_err(|error| at(&error))?.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                    surface.manifests.push(section.data().to_vec());
                }
                _ => {}
            }
            if surface.imports.len() + surface.exports.len() > NAMES_MAX {
                return Err(format!("it has more than {NAMES_MAX} imports and exports"));
            }
        }
        let mut validator = Validator::new_with_features(FEATURES);
        validator.validate_all(bytes).map_err(|error| at(&error))?;
        Ok(surface)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let ours: Vec<String> = INTERFACES.iter().map(|name| format!("offtake:destination/{name}@0.1.0")).collect();
        let granted = |name: &String| {
            ours.contains(name) || DENY_ALL_WASI.iter().any(|wasi| name.starts_with(wasi) && name.contains("@0.2."))
        };
        let forbidden: Vec<String> = self.imports.iter().filter(|name| !granted(name)).cloned().collect();
        let exports = self.exports.iter().filter(|name| !ADDITIONS.contains(&name.as_str()));
        let other_version = forbidden
            .iter()
            .chain(exports)
            .find(|name| name.starts_with("offtake:destination/") && !name.ends_with("@0.1.0"));
        if let Some(name) = other_version {
            return Err(Error::Version { path: path.to_owned(), found: name.clone(), known: WIT });
        }
        if forbidden.is_empty() {
            return Ok(());
        }
        Err(Error::ForbiddenImport { path: path.to_owned(), imports: forbidden })
    }

    fn manifest(&self, path: &Path) -> Result<Manifest, Error> {
        let unusable = |message: String| Error::Manifest { path: path.to_owned(), message };
        let section = match self.manifests.as_slice() {
            [section] => section,
            [] => return Err(unusable(format!("section `{MANIFEST_SECTION}` is missing"))),
            several => return Err(unusable(format!("it has {} sections `{MANIFEST_SECTION}`", several.len()))),
        };
        let manifest: Manifest = serde_json::from_slice(section).map_err(|error| unusable(error.to_string()))?;
        if manifest.schema != manifest::SCHEMA {
            return Err(unusable(format!(
                "its schema is `{}`, this host reads `{}`",
                manifest.schema,
                manifest::SCHEMA
            )));
        }
        if manifest.wit != WIT {
            return Err(Error::Version { path: path.to_owned(), found: manifest.wit, known: WIT });
        }
        Ok(manifest)
    }
}

fn at(error: &wasmparser::BinaryReaderError) -> String {
    format!("{} (byte {})", error.message(), error.offset())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
