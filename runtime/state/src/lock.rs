//! One process a state folder: sled corrupts nothing under two writers, but two runs of one sync would
//! send rows twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::Error;

/// Holds the folder until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and writes down who has it.
    pub(crate) fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("LOCK");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // The owner is a courtesy: without it the message is only shorter.
                let read = file.read_to_string(&mut owner);
                let owner = if read.is_ok() { owner.trim().to_owned() } else { String::new() };
                return Err(Error::Locked { path: directory.to_owned(), owner });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let owner = format!("pid {} on {}, offtake {}\n", std::process::id(), host.trim(), env!("CARGO_PKG_VERSION"));
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(owner.as_bytes()));
        written.map_err(Error::io("write", &path))?;
        Ok(Self { _file: file })
    }
}
