//! From a core module to a component that a host takes, with its manifest.

use std::borrow::Cow;

use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::ComponentEncoder;

use crate::error::Error;

/// What a connector may import besides a WASI of these packages (docs/spec/connector.md, Imports).
const HOST_PACKAGE: &str = "offtake:destination/";
const HOST_INTERFACES: [&str; 5] = ["types", "log", "http", "clock", "entropy"];
const WASI_PACKAGES: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// Makes a component of a core module; a component stays as it is.
pub(crate) fn from_module(module: &[u8]) -> Result<Vec<u8>, Error> {
    let component = if Parser::is_component(module) { module.to_vec() } else { encode(module)? };
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(&component)
        .map_err(|error| Error::NotAComponent { reason: error.to_string() })?;
    Ok(component)
}

fn encode(module: &[u8]) -> Result<Vec<u8>, Error> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(false).encode())
        .map_err(|error| Error::NotAComponent { reason: format!("{error:#}") })
}

/// Checks what the component imports and exports, and returns the WIT package that it was built against.
pub(crate) fn wit_package(component: &[u8]) -> Result<String, Error> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(not_a_component)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(not_a_component)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(not_a_component)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    let forbidden: Vec<String> = imports.into_iter().filter(|name| !is_allowed(name)).collect();
    if !forbidden.is_empty() {
        return Err(Error::ForbiddenImports { imports: forbidden });
    }
    let version = exports.iter().find_map(|name| name.strip_prefix(HOST_PACKAGE)?.strip_prefix("connector@"));
    match version {
        Some(version) => Ok(format!("offtake:destination@{version}")),
        None => Err(Error::NotAComponent { reason: "it does not export offtake:destination/connector".to_owned() }),
    }
}

fn is_allowed(import: &str) -> bool {
    let ours = import.strip_prefix(HOST_PACKAGE).and_then(|rest| rest.split('@').next());
    match ours {
        Some(interface) => HOST_INTERFACES.contains(&interface),
        None => WASI_PACKAGES.iter().any(|package| import.starts_with(package)),
    }
}

fn not_a_component(error: wasmparser::BinaryReaderError) -> Error {
    Error::NotAComponent { reason: error.to_string() }
}

/// Appends the manifest as a custom section.
pub(crate) fn stamp(mut component: Vec<u8>, manifest_json: &str) -> Vec<u8> {
    let section = CustomSection { name: crate::MANIFEST_SECTION.into(), data: Cow::Borrowed(manifest_json.as_bytes()) };
    component.push(section.id());
    section.encode(&mut component);
    component
}
