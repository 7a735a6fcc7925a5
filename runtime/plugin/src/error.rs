//! Why a component is not loaded, with the codes.

use std::path::PathBuf;

use offtake_core::Fault;

/// A component cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-P010: it imports something that the sandbox never grants.
    #[error("{} imports {}, which offtake never grants", .path.display(), .imports.join(", "))]
    ForbiddenImport {
        /// The file.
        path: PathBuf,
        /// All of them.
        imports: Vec<String>,
    },
    /// OFT-P011: it is not a whole and valid component.
    #[error("{} is not a component: {message}", .path.display())]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the byte.
        message: String,
    },
    /// OFT-P012: it is larger than any connector needs to be.
    #[error("{} has {bytes} bytes, a component may have {max}", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// OFT-P013: its manifest is missing or not one.
    #[error("{} has no usable manifest: {message}", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// OFT-P014: it was built for another version of the interface.
    #[error("{} was built for {found}, this host has {known}", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it was built for.
        found: String,
        /// What is here.
        known: &'static str,
    },
    /// OFT-P015: it lacks what a connector exports.
    #[error("{} does not export {missing}", .path.display())]
    NotAConnector {
        /// The file.
        path: PathBuf,
        /// The interface.
        missing: &'static str,
    },
    /// OFT-P016: the file cannot be read.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// OFT-P017: the compiler refused it.
    #[error("{} cannot be compiled: {message}", .path.display())]
    Compile {
        /// The file.
        path: PathBuf,
        /// The compiler's words.
        message: String,
    },
    /// OFT-P020: compiling it takes more than it may.
    #[error("{} cannot be compiled: {message}", .path.display())]
    CompileLimit {
        /// The file.
        path: PathBuf,
        /// Which limit.
        message: String,
    },
    /// OFT-P018: this machine cannot run components.
    #[error("the sandbox cannot be set up: {0}")]
    Engine(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ForbiddenImport { .. } => "OFT-P010",
            Self::NotAComponent { .. } => "OFT-P011",
            Self::TooLarge { .. } => "OFT-P012",
            Self::Manifest { .. } => "OFT-P013",
            Self::Version { .. } => "OFT-P014",
            Self::NotAConnector { .. } => "OFT-P015",
            Self::Io { .. } => "OFT-P016",
            Self::Compile { .. } => "OFT-P017",
            Self::Engine(_) => "OFT-P018",
            Self::CompileLimit { .. } => "OFT-P020",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::ForbiddenImport { .. } => {
                "a connector reaches the world through offtake:destination alone; rebuild it on the SDK"
            }
            Self::NotAComponent { .. } => "build it with `offtake plugin build`, or copy the whole file again",
            Self::TooLarge { .. } => "strip debug information from the component",
            Self::Manifest { .. } => {
                "build it with `offtake plugin build`, which writes the manifest from connector.toml"
            }
            Self::Version { .. } => "rebuild it with the SDK of this offtake",
            Self::NotAConnector { .. } => "export the connector with the SDK's `export!` macro",
            Self::Io { .. } => "check the path under `destination.plugin` of the connection",
            Self::Compile { .. } => "rebuild it with a current toolchain",
            Self::CompileLimit { .. } => "no connector that is meant well needs so much: report it to its author",
            Self::Engine(_) => "allow the process more address space (ulimit -v)",
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help()).caused_by(error)
    }
}
