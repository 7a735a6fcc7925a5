//! One line for each request that left or was refused: who, where, how much, what came of it. No bodies, no queries,
//! no secrets. A request whose call ended before its answer came has its line, too.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// At this size the file is set aside as `.1`, which replaces the one before.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// An append-only file of JSON lines.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    file: Mutex<(File, u64)>,
}

/// What is written down of one request.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) at_ms: u128,
    pub(crate) connection: &'a str,
    pub(crate) connector: &'a str,
    pub(crate) method: &'a str,
    /// Without query and fragment.
    pub(crate) url: &'a str,
    pub(crate) credential: Option<&'a str>,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) request_bytes: usize,
    /// Of the body: tells what was sent without holding it.
    pub(crate) request_sha256: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) response_bytes: usize,
    /// Since it left: its wait for its turn is not counted.
    pub(crate) ms: u128,
    pub(crate) error: Option<String>,
}

impl Audit {
    /// Opens or makes the file, readable by its owner alone.
    ///
    /// # Errors
    /// The I/O error of opening it.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file: Mutex::new((file, length)) })
    }

    pub(crate) fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1 > FILE_BYTES_MAX {
            std::fs::rename(&self.path, self.path.with_extension("jsonl.1"))?;
            *open = (append(&self.path)?, 0);
        }
        open.0.write_all(&bytes)?;
        open.1 += bytes.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
