//! What a person does to a state: look at it, check it, move it, mend it.

mod check;
mod info;
mod reset;
mod restore;
mod transfer;

use std::path::{Path, PathBuf};

use offtake_core::Name;
use ulid::Ulid;

use crate::directory::{Claim, StateDirectory};
use crate::files::{SyncFiles, bytes_of, paths};
use crate::ledger::{Place, is_empty};
use crate::{Error, now_ms};

pub use check::{Checkup, Finding, Verdict};
pub use info::{FileInfo, StateInfo};
pub use reset::Reset;
pub use restore::Restored;

/// What compacting did to a sync's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes before.
    pub before: u64,
    /// Bytes after.
    pub after: u64,
}

impl StateDirectory {
    /// The syncs that have a state, by name.
    ///
    /// # Errors
    /// OFT-S003 when the folder cannot be read.
    pub fn syncs(&self) -> Result<Vec<Name>, Error> {
        let folder = self.path().join("syncs");
        let paths = paths(&folder).map_err(Error::io("list", &folder))?;
        let names =
            paths.iter().filter(|path| path.is_dir()).filter_map(|path| path.file_name()?.to_str()?.parse().ok());
        let mut names: Vec<Name> = names.collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Writes the index of a sync again, without what sled keeps of deleted and changed pages.
    ///
    /// # Errors
    /// As [`StateDirectory::sync`], and OFT-S009 when the sync has no state.
    pub fn compact(&self, sync: &Name) -> Result<Compacted, Error> {
        let (_claim, place) = self.existing(sync)?;
        let before = bytes_of(&place.files.folder);
        let mut ledger = self.ledger(sync)?;
        ledger.compact()?;
        ledger.close(None)?;
        drop(ledger);
        Ok(Compacted { before, after: bytes_of(&place.files.folder) })
    }

    /// A sync that has a state, for this caller alone.
    fn existing(&self, sync: &Name) -> Result<(Claim, Place), Error> {
        let (claim, place) = (self.claim(sync)?, self.place(sync));
        if is_empty(&place.files.folder)? && is_empty(&SyncFiles::replaced(self.path(), sync).folder)? {
            return Err(Error::Unfit { path: place.files.folder, why: "there is no state of this sync" });
        }
        Ok((claim, place))
    }

    /// A new path for what is set aside of a sync.
    fn aside(&self, sync: &Name, kind: &str) -> Result<PathBuf, Error> {
        let folder = self.path().join("exports");
        let made = self.durability().create_folder(&folder);
        made.map_err(Error::io("create", &folder))?;
        Ok(folder.join(format!("{sync}-{}.{kind}", Ulid::from_parts(now_ms(), Ulid::generate().random()))))
    }
}

/// A path as a person reads it beside its folder.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_owned()
}
