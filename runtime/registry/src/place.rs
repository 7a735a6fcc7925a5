//! What a person names: a file, or a reference of a registry.

use std::path::{Path, PathBuf};

use oci_client::Reference;

use crate::Error;

/// Written before a reference where a file could be meant.
const SCHEME: &str = "oci://";

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// An artifact of a registry.
    Registry(Reference),
}

impl Place {
    /// A file where one is there, or the name says so; else a reference, whose registry has to be named.
    ///
    /// # Errors
    /// OFT-P046.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Error> {
        let path = folder.join(text);
        if !text.starts_with(SCHEME) && (path.is_file() || text.ends_with(".wasm")) {
            return Ok(Self::File(path));
        }
        Self::reference(text).map(Self::Registry)
    }

    /// A reference, whose registry has to be named.
    ///
    /// # Errors
    /// OFT-P046.
    pub fn reference(text: &str) -> Result<Reference, Error> {
        let wrong = || Error::Reference(text.to_owned());
        let bare = text.strip_prefix(SCHEME).unwrap_or(text);
        // Without a registry a reference would mean one that nobody named.
        let registry = bare.split_once('/').map(|(registry, _)| registry).ok_or_else(wrong)?;
        if !registry.contains(['.', ':']) && registry != "localhost" {
            return Err(wrong());
        }
        bare.parse().map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_references_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("odd"), "").unwrap();
        for (text, expected) in [
            ("odd", Some(true)),
            ("plugins/crm.wasm", Some(true)),
            ("ghcr.io/acme/crm:1.2.0", Some(false)),
            ("oci://localhost:5000/crm.wasm", Some(false)),
            (
                "127.0.0.1:5000/acme/crm@sha256:0123456789012345678901234567890123456789012345678901234567890123",
                Some(false),
            ),
            ("acme/crm:1.2.0", None),
            ("crm", None),
            ("", None),
            ("ghcr.io/UPPER/x", None),
        ] {
            let place = Place::parse(text, folder.path()).ok().map(|place| matches!(place, Place::File(_)));
            assert_eq!(place, expected, "{text}");
        }
    }
}
