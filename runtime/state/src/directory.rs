//! The state folder of a project.

use std::fs;
use std::path::{Path, PathBuf};

use offtake_core::Name;

use crate::lock::Lock;
use crate::{Error, SledStore};

const FORMAT: &str = "offtake-state 1";

/// An open state folder. Nobody else opens it meanwhile.
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    _lock: Lock,
}

impl StateDirectory {
    /// Opens or makes the folder.
    ///
    /// # Errors
    /// OFT-S001 when another process holds it, OFT-S002 when a newer version wrote it, OFT-S003 on I/O.
    pub fn open(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        restrict(path)?;
        let lock = Lock::take(path)?;
        let format = path.join("FORMAT");
        match fs::read_to_string(&format) {
            Ok(found) if found.trim() == FORMAT => {}
            Ok(found) => {
                return Err(Error::Format { path: path.to_owned(), found: found.trim().to_owned(), known: FORMAT });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::write(&format, format!("{FORMAT}\n")).map_err(Error::io("write", &format))?;
            }
            Err(error) => return Err(Error::io("read", &format)(error)),
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Opens the state of one sync. The folder must stay open while it is used.
    ///
    /// # Errors
    /// OFT-S004 and OFT-S005 when sled cannot open it, OFT-S003 on I/O.
    pub fn sync(&self, sync: &Name) -> Result<SledStore, Error> {
        SledStore::open(&self.path, sync)
    }
}

/// Rows and reject messages are personal data: nobody but the owner reads them.
#[cfg(unix)]
fn restrict(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::io("restrict", path))
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> Result<(), Error> {
    Ok(())
}
