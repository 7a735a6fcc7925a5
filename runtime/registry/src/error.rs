//! What can go wrong with a registry, a signature or a pin.

use std::io;
use std::path::PathBuf;

use offtake_core::Fault;

/// A connector cannot be fetched, signed, verified or pinned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-P034: the lock file cannot be read or written, or is none.
    #[error("{} cannot be used: {why}", .path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// OFT-P037: a file of an installed connector cannot be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// OFT-P038: there is no earlier version.
    #[error("no earlier version of `{0}` is kept")]
    NoPrevious(String),
    /// OFT-P039: no connector of this id is installed.
    #[error("no connector `{0}` is installed")]
    NotInstalled(String),
    /// OFT-P040: a registry cannot be reached, or fails.
    #[error("{registry} {what}: {why}")]
    Registry {
        /// The host.
        registry: String,
        /// What failed.
        what: &'static str,
        /// Its words, or the wire's.
        why: String,
    },
    /// OFT-P041: a registry has no such artifact.
    #[error("{0} is not there")]
    NotThere(String),
    /// OFT-P042: an artifact is not a connector in the CNCF layout.
    #[error("{reference} is not a connector: {why}")]
    NotAConnector {
        /// Which.
        reference: String,
        /// Why not.
        why: String,
    },
    /// OFT-P043: what came is not what its digest says.
    #[error("{reference} came with other bytes than its digest says")]
    Digest {
        /// Which.
        reference: String,
    },
    /// OFT-P044: a key cannot be used.
    #[error("the key {what}")]
    Key {
        /// What is wrong with it.
        what: String,
    },
    /// OFT-P045: a signature is none, or is of other bytes or by another key.
    #[error("the signature {what}")]
    Signature {
        /// What is wrong with it.
        what: String,
    },
    /// OFT-P046: that is no reference of a registry.
    #[error("`{0}` is neither a file nor a reference of a registry")]
    Reference(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lock { .. } => "OFT-P034",
            Self::File { .. } => "OFT-P037",
            Self::NoPrevious(_) => "OFT-P038",
            Self::NotInstalled(_) => "OFT-P039",
            Self::Registry { .. } => "OFT-P040",
            Self::NotThere(_) => "OFT-P041",
            Self::NotAConnector { .. } => "OFT-P042",
            Self::Digest { .. } => "OFT-P043",
            Self::Key { .. } => "OFT-P044",
            Self::Signature { .. } => "OFT-P045",
            Self::Reference(_) => "OFT-P046",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Lock { .. } => {
                "restore offtake.lock from version control, or remove it and install the connectors again"
            }
            Self::File { .. } => "check that the folder is yours and has space",
            Self::NoPrevious(_) => "install the version that you want: offtake plugin install REFERENCE",
            Self::NotInstalled(_) => "offtake plugin list shows the connectors of the project",
            Self::Registry { .. } => {
                "check the name, your login (docker login), and the certificate (--ca-file, or --plain-http for a registry on loopback)"
            }
            Self::NotThere(_) => "check the name and the tag",
            Self::NotAConnector { .. } => "push it with `offtake plugin push`",
            Self::Digest { .. } => "the registry or something before it changes what it hands out: do not use it",
            Self::Key { .. } => "make one with `offtake plugin keygen` or `minisign -G`",
            Self::Signature { .. } => "sign the file again: offtake plugin sign FILE --key KEY",
            Self::Reference(_) => "write it as registry.example.com/team/connector:1.2.0",
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help()).caused_by(error)
    }
}
