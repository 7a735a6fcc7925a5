//! What can go wrong with the state, with its codes.

use std::path::PathBuf;

use offtake_core::Fault;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the state folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-S001: another process holds the folder, or this one the sync.
    #[error("another offtake ({owner}) uses {}", .path.display())]
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
        known: String,
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
    /// OFT-S004: the index failed.
    #[error("the index of the state in {} failed", .path.display())]
    Index {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// OFT-S005: what is there contradicts itself, and nothing tells what is true.
    #[error("the state in {} is damaged", .path.display())]
    Damaged {
        /// The sync's folder, or the part of it.
        path: PathBuf,
        /// What does not fit.
        #[source]
        source: Damage,
    },
    /// OFT-S006: a background task was cancelled.
    #[error("a state task ended early")]
    Cancelled(#[source] tokio::task::JoinError),
    /// OFT-S007: the state says what another place has acknowledged.
    #[error("the state in {} is of {found}", .path.display())]
    OtherTarget {
        /// The sync's folder.
        path: PathBuf,
        /// The place that it belongs to.
        found: String,
    },
    /// OFT-S008: the disk or a quota is full.
    #[error("the disk is full: {} cannot be written; nothing was lost", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        #[source]
        source: std::io::Error,
    },
    /// An earlier failure ended the use of this state; its code stands for this one too.
    #[error("the state in {} is not used any more after an earlier failure: {words}", .path.display())]
    Stopped {
        /// The sync's folder.
        path: PathBuf,
        /// Code of that failure.
        code: &'static str,
        /// What was to be done about it.
        help: &'static str,
        /// Its words.
        words: String,
    },
    /// OFT-S009: there is no state to do that with, or one where none may be.
    #[error("{}: {why}", .path.display())]
    Unfit {
        /// The sync's folder, or the file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
}

/// What does not fit in a state's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The index could not be opened or read.
    #[error("the index cannot be read: {0}")]
    Index(String),
    /// A page's bytes are not what was written.
    #[error("page {0:08x} fails its checksum")]
    Checksum(u32),
    /// A page's bytes are too short for what they announce.
    #[error("page {0:08x} ends early")]
    Truncated(u32),
    /// Rows that are not in ascending order.
    #[error("page {0:08x} is out of order")]
    Order(u32),
    /// The number of rows is not what was written.
    #[error("{found} rows are there, {expected} were written")]
    Rows {
        /// As it was written.
        expected: u64,
        /// As it was read.
        found: u64,
    },
    /// The sum over everything is not what was written.
    #[error("the sum over all rows is not what was written")]
    Sum,
    /// A record that cannot be read.
    #[error("a record cannot be read: {0}")]
    Record(String),
    /// The files that say what is true are damaged.
    #[error("{0}")]
    Files(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "OFT-S001",
            Self::Format { .. } => "OFT-S002",
            Self::Io { .. } => "OFT-S003",
            Self::Index { .. } => "OFT-S004",
            Self::Damaged { .. } => "OFT-S005",
            Self::Cancelled(_) => "OFT-S006",
            Self::OtherTarget { .. } => "OFT-S007",
            Self::Full { .. } => "OFT-S008",
            Self::Unfit { .. } => "OFT-S009",
            Self::Stopped { code, .. } => code,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "wait for it to end, or give this run a `state` folder of its own in offtake.yml",
            Self::Format { .. } => "use the offtake version that wrote it, or another `state` folder",
            Self::Io { .. } => "check that the folder is yours and can be written, and that the disk is well",
            Self::Index { .. } => "run again: the index is compared and, if need be, built again; nothing was lost",
            Self::Damaged { .. } => {
                "1. `offtake state restore SYNC` goes back to the last whole checkpoint and sends again what came after it; \
                 2. `offtake state reset SYNC` forgets everything and sends every row again; \
                 3. or restore the folder from a backup"
            }
            Self::Cancelled(_) => "run again",
            Self::OtherTarget { .. } => {
                "the sync's connection, endpoint, object or match key changed: give it another name, or use \
                 `offtake state reset SYNC` to send every row again"
            }
            Self::Full { .. } => "free space and run again: the next run goes on where this one stopped",
            Self::Unfit { .. } => "look at the sync's state with `offtake state info SYNC`",
            Self::Stopped { help, .. } => help,
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source {
            source if crate::files::is_full(&source) => Self::Full { path, source },
            source => Self::Io { action, path, source },
        }
    }

    /// This error and what caused it, in one line.
    pub(crate) fn words(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        causes.fold(self.to_string(), |words, cause| format!("{words}: {cause}"))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let fault = Self::new(error.code(), error.to_string()).with_help(error.help());
        // Space can be freed and another process ends; everything else needs a person or a new run's opening.
        let passes = ["OFT-S001", "OFT-S008"].contains(&error.code());
        if passes { fault.transient().caused_by(error) } else { fault.caused_by(error) }
    }
}
