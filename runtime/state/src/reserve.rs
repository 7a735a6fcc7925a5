//! Bytes set aside, so that a full disk still has room for one more commit and for opening the index.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A large commit, and what sled writes while it opens.
#[cfg(unix)]
const BYTES_MAX: u64 = 64 << 20;
/// Less helps nobody.
#[cfg(unix)]
const BYTES_MIN: u64 = 64 << 10;
/// On a small disk at most this part of what is free.
#[cfg(unix)]
const PART: u64 = 16;

/// The reserve file of a state folder.
#[derive(Debug, Clone)]
pub(crate) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// Makes the file when it is missing. Without it a full disk is only met earlier, so failing is no error.
    pub(crate) fn prepare(state: &Path) -> Self {
        let path = state.join("reserve.bin");
        if !path.exists()
            && let Err(error) = make(&path)
        {
            tracing::debug!(%error, file = %path.display(), "no reserve for a full disk");
            // A file that got only a part of its bytes would be taken for whole.
            let _gone = fs::remove_file(&path);
        }
        Self { path }
    }

    /// Gives the bytes back; whether there were any.
    pub(crate) fn release(&self) -> bool {
        let released = fs::remove_file(&self.path).is_ok();
        if released {
            tracing::warn!(code = "OFT-S008", file = %self.path.display(), "the disk is full: used the reserve");
        }
        released
    }
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate, statvfs};

    let folder = path.parent().unwrap_or(path);
    let space = statvfs(folder)?;
    let bytes = (space.f_bavail.saturating_mul(space.f_frsize) / PART).min(BYTES_MAX);
    if bytes < BYTES_MIN {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let file = crate::files::create_file(path)?;
    Ok(fallocate(&file, FallocateFlags::empty(), 0, bytes)?)
}

#[cfg(not(unix))]
fn make(_path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
