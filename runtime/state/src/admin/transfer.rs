//! A state as one stream: out of a folder, and into one.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use offtake_core::Name;

use crate::Error;
use crate::checkpoint;
use crate::directory::StateDirectory;
use crate::error::Damage;
use crate::files::{SyncFiles, create_file, remove};
use crate::index::damaged;
use crate::ledger::{Ledger, Place, is_empty};
use crate::open::{bring_forth, prepare};

impl StateDirectory {
    /// Writes everything that is true of a sync as one stream, and returns how many rows are acknowledged in it. It has a version
    /// of its own and can be read without sled.
    ///
    /// # Errors
    /// As [`StateDirectory::sync`], and OFT-S009 when the sync has no state.
    pub fn export(&self, sync: &Name, writer: impl Write) -> Result<u64, Error> {
        let (_claim, place) = self.existing(sync)?;
        let ledger = self.ledger(sync)?;
        let failed = |error| Error::io("export", &place.files.folder)(error);
        export(&ledger, writer, &failed)
    }

    /// Takes over an exported state, also one of another sync. With `replace` it takes the place of the state that is there.
    /// Returns how many rows are acknowledged in it.
    ///
    /// # Errors
    /// OFT-S009 when the sync has a state and it is not to be replaced, OFT-S005 when the stream is damaged or no export, and as
    /// [`StateDirectory::sync`].
    pub fn import(&self, sync: &Name, mut reader: impl Read, replace: bool) -> Result<u64, Error> {
        let (_claim, place) = (self.claim(sync)?, self.place(sync));
        let folder = &place.files.folder;
        let occupied = !is_empty(folder)?;
        if occupied && !replace {
            return Err(Error::Unfit { path: folder.clone(), why: "the sync has a state already" });
        }
        let unborn = Place { files: SyncFiles::unborn(self.path(), sync), ..place.clone() };
        prepare(&unborn)?;
        let path = unborn.files.checkpoint(0);
        let copied = create_file(&path).and_then(|mut file| {
            io::copy(&mut reader, &mut file)?;
            place.durability.sync_all(&file)
        });
        copied.map_err(Error::io("write", &path))?;
        let failed = |error| Error::io("read", &path)(error);
        let stream = checkpoint::begin_file(&path).map_err(failed)?;
        let head = stream.as_ref().map(|stream| stream.head.clone());
        let whole = stream.map_or(Ok(false), |stream| stream.read(&failed, |_| Ok(())))?;
        let Some(head) = head.filter(|_| whole) else {
            remove(&unborn.files.folder).map_err(Error::io("remove", &unborn.files.folder))?;
            return Err(damaged(folder)(Damage::Files("the stream is damaged, or no export of a state".to_owned())));
        };
        let old = SyncFiles::replaced(self.path(), sync).folder;
        if occupied {
            let moved = remove(&old).and_then(|()| fs::rename(folder, &old));
            moved.map_err(Error::io("replace", folder))?;
        }
        bring_forth(&unborn, &place, &head)?;
        remove(&old).map_err(Error::io("remove", &old))?;
        let mut ledger = self.ledger(sync)?;
        ledger.close(None)?;
        Ok(ledger.index.meta().rows)
    }

    /// An export as a file, on disk when this returns.
    pub(super) fn export_file(&self, ledger: &Ledger, path: &Path) -> Result<(), Error> {
        let failed = |error| Error::io("export to", path)(error);
        let file = create_file(path).map_err(failed)?;
        export(ledger, io::BufWriter::new(&file), &failed)?;
        let synced = self.durability().sync_all(&file).and_then(|()| sync_parent(self, path));
        synced.map_err(failed)
    }
}

fn export(ledger: &Ledger, writer: impl Write, failed: &impl Fn(io::Error) -> Error) -> Result<u64, Error> {
    let head = ledger.place.head(&ledger.index, &ledger.intents);
    checkpoint::write(writer, &head, &ledger.intents, Some(&ledger.index), failed)?;
    Ok(head.rows)
}

fn sync_parent(state: &StateDirectory, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| state.durability().sync_folder(folder))
}
