//! Why a secret cannot be read or kept. No variant holds one.

use std::io;
use std::path::PathBuf;

/// A secret cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-A003: an environment variable is missing or empty.
    #[error("the environment variable `{0}` is not set")]
    NotSet(String),
    /// OFT-A003: a file is not there or cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// OFT-A003: a file, a program's output or an entry is empty.
    #[error("{0} is empty")]
    Empty(String),
    /// OFT-A003: a program did not print a secret.
    #[error("the command `{program}` {what}")]
    Command {
        /// The program, without its arguments.
        program: String,
        /// What it did instead.
        what: String,
    },
    /// OFT-A003: the store has no such entry.
    #[error("no secret `{0}` is kept")]
    NotKept(String),
    /// OFT-A005: the store's key is missing or is none.
    #[error("the identity {} cannot be used: {why}", .path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// OFT-A005: an entry cannot be read or written.
    #[error("the secret `{name}` cannot be {verb}: {why}")]
    Entry {
        /// Its name.
        name: String,
        /// `read` or `kept`.
        verb: &'static str,
        /// Why not.
        why: String,
    },
    /// OFT-A007: that is no name of a secret.
    #[error("`{0}` cannot be the name of a secret")]
    Name(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSet(_) | Self::Unreadable { .. } | Self::Empty(_) | Self::Command { .. } | Self::NotKept(_) => {
                "OFT-A003"
            }
            Self::Identity { .. } | Self::Entry { .. } => "OFT-A005",
            Self::Name(_) => "OFT-A007",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NotSet(variable) => format!("export {variable}=… and run again"),
            Self::Unreadable { .. } | Self::Empty(_) => "write the secret into that place".to_owned(),
            Self::Command { .. } => "run it by hand: it has to print the secret to stdout and end with 0".to_owned(),
            Self::NotKept(name) => format!("keep it: offtake secret set {name}"),
            Self::Identity { .. } => {
                "restore the file from your backup, or name it with OFFTAKE_IDENTITY; without it the store cannot be read"
                    .to_owned()
            }
            Self::Entry { name, .. } => {
                format!("check that the state folder is yours; if the identity changed, set it again: offtake secret set {name}")
            }
            Self::Name(_) => {
                "use lower-case letters, digits, `.`, `-` and `_`, a letter first, at most 63; `oauth2-` is taken".to_owned()
            }
        }
    }
}

impl From<Error> for offtake_core::Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help())
    }
}
