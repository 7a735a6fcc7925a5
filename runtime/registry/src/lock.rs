//! `offtake.lock`: which bytes a project runs. It belongs into version control.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use offtake_core::grant::Ask;
use serde::{Deserialize, Serialize};

use crate::{Error, installed};

/// Version of the format.
const VERSION: u32 = 1;
const HEAD: &str = "# Written by `offtake plugin install`. It says which connectors this project runs: commit it.\n\n";
/// A lock has a few hundred bytes a connector.
const LOCK_BYTES_MAX: u64 = 4 << 20;
/// Versions before the current one that can be gone back to.
pub(crate) const PREVIOUS_MAX: usize = 3;

/// The pins of a project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    pins: BTreeMap<String, Pin>,
}

/// The bytes of one connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Id of its manifest.
    pub id: String,
    /// Version of its manifest.
    pub version: String,
    /// Its file, relative to the project folder.
    pub file: PathBuf,
    /// SHA-256 of the component, in hex.
    pub sha256: String,
    /// The interface that it was built for.
    pub wit: String,
    /// Where it came from.
    pub origin: Origin,
    /// The public key that signed it; none where that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What it asked for when a person approved it.
    pub approved: Ask,
    /// What ran before it, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Previous>,
}

/// Where a component came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// A registry, with the digest of the artifact's manifest.
    Registry(String),
}

/// A version that was replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Version of its manifest.
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub sha256: String,
    /// Where it came from.
    pub origin: Origin,
    /// The public key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What it asked for.
    pub approved: Ask,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    connector: Vec<Pin>,
}

impl Lock {
    /// Name of the file.
    pub const FILE: &'static str = "offtake.lock";

    /// The lock of a project; empty where there is no file.
    ///
    /// # Errors
    /// OFT-P034.
    pub fn load(project: &Path) -> Result<Self, Error> {
        let path = project.join(Self::FILE);
        let wrong = |why: String| Error::Lock { path: path.clone(), why };
        match fs::metadata(&path) {
            Ok(found) if found.len() > LOCK_BYTES_MAX => return Err(wrong("it is too large".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            _ => {}
        }
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        let written: Written = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        if written.version != VERSION {
            return Err(wrong(format!("its version is {}, this offtake reads {VERSION}", written.version)));
        }
        let pins = written.connector.into_iter().map(|pin| (pin.id.clone(), pin));
        Ok(Self { pins: pins.collect() })
    }

    /// Writes the lock, whole or not at all.
    ///
    /// # Errors
    /// OFT-P034.
    pub fn save(&self, project: &Path) -> Result<(), Error> {
        let path = project.join(Self::FILE);
        let wrong = |why: String| Error::Lock { path: path.clone(), why };
        let written = Written { version: VERSION, connector: self.pins.values().cloned().collect() };
        let text = toml::to_string_pretty(&written).map_err(|error| wrong(error.to_string()))?;
        installed::replace(&path, format!("{HEAD}{text}").as_bytes()).map_err(|error| wrong(error.to_string()))
    }

    /// All pins, by id.
    pub fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.pins.values()
    }

    /// The pin of a connector.
    pub fn pin(&self, id: &str) -> Option<&Pin> {
        self.pins.get(id)
    }

    /// Pins a connector. What ran before it can be gone back to.
    pub fn put(&mut self, mut pin: Pin) {
        pin.previous.clear();
        if let Some(before) = self.pins.remove(&pin.id) {
            if before.sha256 == pin.sha256 {
                pin.previous = before.previous;
            } else {
                let replaced = Previous {
                    version: before.version,
                    sha256: before.sha256,
                    origin: before.origin,
                    signer: before.signer,
                    approved: before.approved,
                };
                pin.previous.push(replaced);
                let earlier = before.previous.into_iter().filter(|earlier| earlier.sha256 != pin.sha256);
                pin.previous.extend(earlier);
                pin.previous.truncate(PREVIOUS_MAX);
            }
        }
        self.pins.insert(pin.id.clone(), pin);
    }

    /// Pins what ran before, and returns it.
    ///
    /// # Errors
    /// OFT-P038 where nothing did, OFT-P039 where nothing of this id is installed.
    pub fn go_back(&mut self, id: &str) -> Result<Pin, Error> {
        let pin = self.pins.get(id).ok_or_else(|| Error::NotInstalled(id.to_owned()))?;
        let mut pin = pin.clone();
        if pin.previous.is_empty() {
            return Err(Error::NoPrevious(id.to_owned()));
        }
        let Previous { version, sha256, origin, signer, approved } = pin.previous.remove(0);
        pin = Pin { version, sha256, origin, signer, approved, ..pin };
        self.pins.insert(id.to_owned(), pin.clone());
        Ok(pin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(version: &str) -> Pin {
        Pin {
            id: "crm".to_owned(),
            version: version.to_owned(),
            file: PathBuf::from("plugins/crm.wasm"),
            sha256: format!("sha-{version}"),
            wit: "offtake:destination@0.1.0".to_owned(),
            origin: Origin::Registry("r.example/crm@sha256:1".to_owned()),
            signer: Some("RWQ".to_owned()),
            approved: Ask::default(),
            previous: Vec::new(),
        }
    }

    #[test]
    fn what_ran_before_can_be_gone_back_to() {
        let mut lock = Lock::default();
        for version in ["1", "2", "2", "3", "4", "5"] {
            lock.put(pin(version));
        }
        let before = |lock: &Lock| -> Vec<String> {
            lock.pin("crm").unwrap().previous.iter().map(|previous| previous.version.clone()).collect()
        };
        assert_eq!(before(&lock), ["4", "3", "2"]);
        assert_eq!(lock.go_back("crm").unwrap().version, "4");
        assert_eq!(before(&lock), ["3", "2"]);
        lock.put(pin("3"));
        assert_eq!(before(&lock), ["4", "2"], "a version is gone back to once");
        lock.go_back("crm").unwrap();
        lock.go_back("crm").unwrap();
        assert_eq!(lock.go_back("crm").unwrap_err().code(), "OFT-P038");
        assert_eq!(lock.go_back("desk").unwrap_err().code(), "OFT-P039");
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lock::load(folder.path()).unwrap(), Lock::default());
        let mut lock = Lock::default();
        lock.put(pin("1"));
        lock.put(pin("2"));
        lock.save(folder.path()).unwrap();
        assert_eq!(Lock::load(folder.path()).unwrap(), lock);
        for wrong in ["version = 2", "version = 1\nunknown = 2", "no toml", "version = 1\n[[connector]]\nid = \"x\""] {
            fs::write(folder.path().join(Lock::FILE), wrong).unwrap();
            assert_eq!(Lock::load(folder.path()).unwrap_err().code(), "OFT-P034", "{wrong}");
        }
    }
}
