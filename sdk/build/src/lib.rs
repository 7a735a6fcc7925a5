//! Turns a connector's sources into a component, and writes the sources of a new one.
//!
//! One direction: `connector.toml` → manifest, sources → core module → component, both → one stamped file.

mod cargo;
mod component;
mod connector_toml;
mod embedded;
mod error;
mod interpreted;
mod language;
mod make;
mod manifest;
mod scaffold;
mod staging;
mod toolchain;

pub use connector_toml::Problem;
pub use error::Error;
pub use language::Language;
pub use make::{BuildOptions, Built, build};
pub use manifest::{Credential, CredentialKind, Endpoint, Limits, Manifest};
pub use scaffold::{Scaffolded, scaffold, unpack_bundled};
pub use toolchain::{Toolchain, ToolchainKind, ToolchainReport, check_toolchain};

/// The custom section that holds the manifest.
pub const MANIFEST_SECTION: &str = "offtake:manifest";
