//! What can go wrong with the state, with its codes.

use std::path::PathBuf;

use offtake_core::Fault;

/// A failure of the state folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-S001: another process holds the folder.
    #[error("another offtake uses {}: {owner}", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// What the lock file says of its owner.
        owner: String,
    },
    /// OFT-S002: written by a version that this one does not know.
    #[error("the state in {} has format `{found}`, this offtake reads `{known}`", .path.display())]
    Format {
        /// The folder.
        path: PathBuf,
        /// What stands there.
        found: String,
        /// What is read here.
        known: &'static str,
    },
    /// OFT-S003: reading or writing a file failed.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// OFT-S004: sled failed.
    #[error("the state in {} cannot be used", .path.display())]
    Sled {
        /// The sync's folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sled::Error,
    },
    /// OFT-S005: sled panicked on what it found.
    #[error("the state in {} is damaged", .path.display())]
    Damaged {
        /// The sync's folder.
        path: PathBuf,
        /// What does not fit.
        #[source]
        source: Damage,
    },
    /// OFT-S007: the state says what another place has acknowledged.
    #[error("the state in {} is of {found}", .path.display())]
    OtherTarget {
        /// The sync's folder.
        path: PathBuf,
        /// The place that it belongs to.
        found: String,
    },
    /// OFT-S006: a background task was cancelled.
    #[error("a state task ended early")]
    Cancelled(#[source] tokio::task::JoinError),
}

/// What does not fit in a state's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// sled gave up while opening.
    #[error("sled could not open it: {0}")]
    Open(String),
    /// A page's bytes are not what was written.
    #[error("page {0:08x} fails its checksum")]
    Checksum(u32),
    /// A page's bytes are too short for what they announce.
    #[error("page {0:08x} ends early")]
    Truncated(u32),
    /// Pages that are not in ascending order.
    #[error("page {0:08x} is out of order")]
    Order(u32),
    /// The number of rows is not what the last commit wrote.
    #[error("{found} rows are there, {expected} were written")]
    Rows {
        /// By the meta record.
        expected: u64,
        /// In the pages.
        found: u64,
    },
    /// A record that is not the JSON it should be.
    #[error("a record cannot be read: {0}")]
    Record(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "OFT-S001",
            Self::Format { .. } => "OFT-S002",
            Self::Io { .. } => "OFT-S003",
            Self::Sled { .. } => "OFT-S004",
            Self::Damaged { .. } => "OFT-S005",
            Self::Cancelled(_) => "OFT-S006",
            Self::OtherTarget { .. } => "OFT-S007",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "wait for it to end, or give this run a `state` folder of its own in offtake.yml",
            Self::Format { .. } => "use the offtake version that wrote it, or another `state` folder",
            Self::Io { .. } => "check that the disk has space and that the folder is yours",
            Self::Sled { .. } => "check that the disk has space; nothing was marked as delivered that was not",
            Self::Damaged { .. } => {
                "restore the folder from a backup, or move it away: the next run then sends every row again"
            }
            Self::Cancelled(_) => "run again",
            Self::OtherTarget { .. } => {
                "the sync's connection, endpoint, object or match key changed: give it another name, or move this folder \
                 away to send every row again"
            }
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help()).caused_by(error)
    }
}
