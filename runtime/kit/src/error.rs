//! Why a connector cannot be tested, with the codes.

use std::path::PathBuf;

use offtake_core::Fault;

/// The kit cannot begin. What a connector does wrong is a verdict and never an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-K001: nothing says how the vendor answers.
    #[error("there is no conformance.toml for {}", .0.display())]
    NoScript(PathBuf),
    /// OFT-K002: the script is wrong.
    #[error("{} is not a script: {message}", .path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// OFT-K003: a recording cannot be read or written.
    #[error("cannot {what} the recording {}: {message}", .path.display())]
    Recording {
        /// "read", "write".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// OFT-K004: the vendor's place cannot be set up.
    #[error("cannot set up the vendor: {0}")]
    Vendor(String),
    /// OFT-K005: no check of that id.
    #[error("there is no check {0}")]
    UnknownCheck(String),
    /// OFT-K006: a secret for the vendor is not there.
    #[error("{0}")]
    Secret(String),
    /// OFT-K007: a write that is measured has to succeed.
    #[error("a batch of {rows} rows cannot be measured: {message}")]
    Cost {
        /// Its size.
        rows: usize,
        /// What became of it.
        message: String,
    },
    /// The component cannot be loaded.
    #[error(transparent)]
    Component(#[from] offtake_plugin::Error),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoScript(_) => "OFT-K001",
            Self::Script { .. } => "OFT-K002",
            Self::Recording { .. } => "OFT-K003",
            Self::Vendor(_) => "OFT-K004",
            Self::UnknownCheck(_) => "OFT-K005",
            Self::Secret(_) => "OFT-K006",
            Self::Cost { .. } => "OFT-K007",
            Self::Component(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoScript(_) => {
                "put it beside connector.toml, or name it with --script; docs/spec/conformance.md has its keys"
            }
            Self::Script { .. } => "correct it; docs/spec/conformance.md has its keys",
            Self::Recording { .. } => "check the path, or make it again with --record",
            Self::Vendor(_) => "check the address of --vendor, and that this machine has loopback",
            Self::UnknownCheck(_) => "docs/spec/conformance.md lists them",
            Self::Secret(_) => "write --secret SLOT=VARIABLE, and set the variable",
            Self::Cost { .. } => "run the checks first: offtake plugin test without --cost",
            Self::Component(error) => error.help(),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help()).caused_by(error)
    }
}
