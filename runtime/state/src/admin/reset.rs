//! Forgetting what was delivered.

use std::fs;
use std::path::PathBuf;

use offtake_core::Name;

use crate::Error;
use crate::directory::StateDirectory;
use crate::files::{SyncFiles, remove};

/// What a reset did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// Rows that the next run sends again; none when the state was too damaged to be counted.
    pub rows: Option<u64>,
    /// The export that was written first, or the folder that the damaged files were moved to.
    pub kept: PathBuf,
}

impl StateDirectory {
    /// Forgets everything about a sync; the next run sends every row again. What is forgotten is set aside first: as an export, or as
    /// the files themselves where they cannot be read.
    ///
    /// # Errors
    /// OFT-S009 when the sync has no state, OFT-S003 on I/O, OFT-S008 on a full disk.
    pub fn reset(&self, sync: &Name) -> Result<Reset, Error> {
        let (_claim, place) = self.existing(sync)?;
        let folder = &place.files.folder;
        match self.ledger(sync) {
            Ok(ledger) => {
                let kept = self.aside(sync, "export")?;
                self.export_file(&ledger, &kept)?;
                let rows = ledger.index.meta().rows;
                drop(ledger);
                // One rename, so that a crash leaves all of it or nothing.
                let gone = SyncFiles::forgotten(self.path(), sync).folder;
                let moved = remove(&gone).and_then(|()| fs::rename(folder, &gone)).and_then(|()| remove(&gone));
                moved.map_err(Error::io("remove", folder))?;
                Ok(Reset { rows: Some(rows), kept })
            }
            Err(Error::Damaged { .. } | Error::Index { .. } | Error::Format { .. }) => {
                let kept = self.aside(sync, "damaged")?;
                fs::rename(folder, &kept).map_err(Error::io("move", folder))?;
                Ok(Reset { rows: None, kept })
            }
            Err(error) => Err(error),
        }
    }
}
