//! The manifest: which files of a sync count, and what they held when it was written.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::files::{Durability, SyncFiles};

/// Version of the layout that the manifest describes.
pub(crate) const FORMAT: u32 = 1;

/// What counts. It is a lower bound while a process runs, and exact after that process ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) sync: String,
    /// The index that counts; 0 before there is one.
    pub(crate) generation: u64,
    /// The newest checkpoint, and the journal that follows it.
    pub(crate) checkpoint: u64,
    /// The last change.
    pub(crate) sequence: u64,
    /// Acknowledged rows.
    pub(crate) rows: u64,
    /// Sum over the index's items.
    pub(crate) sum: u64,
    /// Rows in doubt.
    pub(crate) intents: u64,
    /// Rows of the reject list.
    pub(crate) rejects: u64,
    /// Whether nothing was changed after this was written.
    pub(crate) clean: bool,
    /// The last run that ended.
    pub(crate) last_run: Option<String>,
    /// Unix milliseconds.
    pub(crate) written_at_ms: u64,
    /// xxh3-64 of all of the above, as compact JSON with an empty checksum. Set by writing it.
    pub(crate) checksum: String,
}

/// What stands where a manifest should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Absent,
    Damaged,
    /// Of a version that this one does not know.
    Foreign(u32),
    Good(Box<Manifest>),
}

impl Manifest {
    /// Of a sync that nothing has happened to.
    pub(crate) fn fresh(sync: &str) -> Self {
        Self {
            format: FORMAT,
            sync: sync.to_owned(),
            generation: 0,
            checkpoint: 0,
            sequence: 0,
            rows: 0,
            sum: 0,
            intents: 0,
            rejects: 0,
            clean: true,
            last_run: None,
            written_at_ms: 0,
            checksum: String::new(),
        }
    }

    fn checksum(&self) -> String {
        let bare = Self { checksum: String::new(), ..self.clone() };
        format!("{:016x}", xxh3_64(&serde_json::to_vec(&bare).unwrap_or_default()))
    }

    /// Replaces the manifest on disk.
    pub(crate) fn write(&mut self, files: &SyncFiles, durability: Durability) -> io::Result<()> {
        self.written_at_ms = crate::now_ms();
        self.checksum = self.checksum();
        let mut bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        bytes.push(b'\n');
        durability.replace(&files.manifest(), &bytes, ("state-manifest-rename", "state-manifest-renamed"))
    }
}

/// Reads a manifest.
pub(crate) fn read(path: &Path) -> io::Result<Found> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Absent),
        other => other?,
    };
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes)
        && manifest.format == FORMAT
    {
        let whole = manifest.checksum == manifest.checksum();
        return Ok(if whole { Found::Good(Box::new(manifest)) } else { Found::Damaged });
    }
    match serde_json::from_slice::<Version>(&bytes) {
        Ok(version) if version.format > FORMAT => Ok(Found::Foreign(version.format)),
        _ => Ok(Found::Damaged),
    }
}
