//! The state folder of a project.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use offtake_core::Name;

use crate::files::{Durability, SyncFiles};
use crate::ledger::{Ledger, Place};
use crate::lock::Lock;
use crate::reserve::Reserve;
use crate::{Error, SyncStore, open};

const FORMAT: &str = "offtake-state 1";

/// An open state folder. Nobody else opens it meanwhile.
#[derive(Debug)]
pub struct StateDirectory {
    shared: Arc<Shared>,
}

/// What an open folder and its open syncs have in common. The folder stays locked until the last of them is gone.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    durability: Durability,
    reserve: Reserve,
    open: Mutex<BTreeSet<Name>>,
    _lock: Lock,
}

/// A sync that is open; a second ledger of it would write into the same files.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) shared: Arc<Shared>,
    pub(crate) name: Name,
}

impl StateDirectory {
    /// Opens or makes the folder. Waits up to ten seconds for another process that holds it.
    ///
    /// # Errors
    /// OFT-S001 when another process holds it, OFT-S002 when a newer version wrote it, OFT-S003 on I/O, OFT-S008 on a full
    /// disk.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, Durability::Synced)
    }

    /// The same with a choice that only measurements need, see [`Durability`].
    ///
    /// # Errors
    /// As [`StateDirectory::open`].
    pub fn open_with(path: &Path, durability: Durability) -> Result<Self, Error> {
        let format = path.join("FORMAT");
        let new = !path.exists();
        durability.create_folder(path).map_err(Error::io("create", path))?;
        let lock = Lock::take(path)?;
        match fs::read_to_string(&format) {
            Ok(found) if found.trim() == FORMAT => restrict(path, new)?,
            Ok(found) => {
                let (found, known) = (found.trim().to_owned(), FORMAT.to_owned());
                return Err(Error::Format { path: path.to_owned(), found, known });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let words = format!("{FORMAT}\n");
                let written = durability.replace(&format, words.as_bytes(), ("state-format", "state-format-written"));
                written.map_err(Error::io("write", &format))?;
            }
            Err(error) => return Err(Error::io("read", &format)(error)),
        }
        let reserve = Reserve::prepare(path);
        let (path, open) = (path.to_owned(), Mutex::default());
        Ok(Self { shared: Arc::new(Shared { path, durability, reserve, open, _lock: lock }) })
    }

    /// Opens the state of one sync, and mends it where that takes no guess.
    ///
    /// # Errors
    /// OFT-S001 when this process has it open already, OFT-S002 when a newer version wrote it, OFT-S005 when it is damaged beyond
    /// what can be mended, OFT-S003 and OFT-S004 on I/O, OFT-S008 on a full disk.
    pub fn sync(&self, sync: &Name) -> Result<SyncStore, Error> {
        let claim = self.claim(sync)?;
        let ledger = self.ledger(sync)?;
        Ok(SyncStore::new(claim, ledger))
    }

    /// Opens a sync's ledger; whoever calls holds its claim.
    pub(crate) fn ledger(&self, sync: &Name) -> Result<Ledger, Error> {
        open::open(&self.shared.path, self.place(sync), sync)
    }

    pub(crate) fn place(&self, sync: &Name) -> Place {
        Place {
            files: SyncFiles::of(&self.shared.path, sync),
            sync: sync.as_str().to_owned(),
            durability: self.shared.durability,
            reserve: self.shared.reserve.clone(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.shared.path
    }

    pub(crate) fn durability(&self) -> Durability {
        self.shared.durability
    }

    /// Makes this caller the only one in the process that uses a sync.
    pub(crate) fn claim(&self, sync: &Name) -> Result<Claim, Error> {
        let mut open = self.shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.insert(sync.clone()) {
            let owner = format!("this one, pid {}", std::process::id());
            return Err(Error::Locked { path: SyncFiles::of(&self.shared.path, sync).folder, owner });
        }
        drop(open);
        Ok(Claim { shared: self.shared.clone(), name: sync.clone() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Rows and reject messages are personal data: nobody but the owner reads them. A folder that was there before and is not
/// known to be ours stays as it is.
#[cfg(unix)]
fn restrict(path: &Path, new: bool) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(Error::io("read", path))?.permissions().mode();
    if new || mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::io("restrict", path))
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _new: bool) -> Result<(), Error> {
    Ok(())
}
