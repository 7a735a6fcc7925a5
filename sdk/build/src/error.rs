//! What can go wrong on the way to a component, with a stable code and the next command to type.

use std::path::PathBuf;

use crate::connector_toml::Problem;

/// A build that did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder lacks a file that makes it a connector.
    #[error("{} is not a connector: it has no {missing}", dir.display())]
    NotAConnector {
        /// The folder.
        dir: PathBuf,
        /// The file that is not there.
        missing: &'static str,
    },
    /// `connector.toml` is wrong; every problem is listed.
    #[error("{} has {}: {}", path.display(), count(problems.len()), list(problems))]
    Manifest {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Vec<Problem>,
    },
    /// Nothing here compiles to wasm.
    #[error("no toolchain for wasm32-unknown-unknown: {found}")]
    NoToolchain {
        /// What was looked at, in a sentence each.
        found: String,
        /// The line that mends it.
        mend: String,
    },
    /// `OFFTAKE_WASM_TOOLCHAIN` names no toolchain.
    #[error("OFFTAKE_WASM_TOOLCHAIN is {value:?}, which is neither \"rustup\" nor \"debian\"")]
    UnknownToolchain {
        /// What it says.
        value: String,
    },
    /// A program could not be started.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Cargo refused.
    #[error("cargo could not {what} {}:\n{output}", dir.display())]
    Cargo {
        /// "build", "resolve".
        what: &'static str,
        /// The connector.
        dir: PathBuf,
        /// The last lines of what cargo said.
        output: String,
    },
    /// The crate builds, but not to a module.
    #[error("{} builds no wasm module", dir.display())]
    NoModule {
        /// The connector.
        dir: PathBuf,
    },
    /// The module does not make a component of the world.
    #[error("the module is not a connector: {reason}")]
    NotAComponent {
        /// What the encoder or the validator said.
        reason: String,
    },
    /// The component wants something that no host gives.
    #[error("the component imports what a connector may not: {}", imports.join(", "))]
    ForbiddenImports {
        /// The imports.
        imports: Vec<String>,
    },
    /// The name cannot be a connector's id.
    #[error("{name:?} cannot be the name of a connector")]
    Name {
        /// The name.
        name: String,
    },
    /// There is something already.
    #[error("{} exists already", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// No connector of that name comes with the binary.
    #[error("no connector {name:?} comes with offtake; there is {known}")]
    NotBundled {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Nothing here runs the language of the connector.
    #[error("{found}")]
    NoInterpreter {
        /// What was looked at.
        found: String,
        /// The line that mends it.
        mend: String,
    },
    /// The tool that makes a component of the language could not be installed.
    #[error("the tools for {language} could not be installed:\n{output}")]
    Tools {
        /// "Python", "JavaScript".
        language: &'static str,
        /// The last lines of what the package manager said.
        output: String,
    },
    /// The tool refused the sources.
    #[error("{tool} could not build {}:\n{output}", dir.display())]
    Componentize {
        /// Its name.
        tool: &'static str,
        /// The connector.
        dir: PathBuf,
        /// The last lines of what it said.
        output: String,
    },
    /// A file could not be read or written.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// "read", "write".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAConnector { .. } => "OFT-B001",
            Self::Manifest { .. } => "OFT-B002",
            Self::NoToolchain { .. } => "OFT-B003",
            Self::UnknownToolchain { .. } => "OFT-B004",
            Self::Run { .. } => "OFT-B005",
            Self::Cargo { .. } => "OFT-B006",
            Self::NoModule { .. } => "OFT-B007",
            Self::NotAComponent { .. } => "OFT-B008",
            Self::ForbiddenImports { .. } => "OFT-B009",
            Self::Name { .. } => "OFT-B010",
            Self::Exists { .. } => "OFT-B011",
            Self::NotBundled { .. } => "OFT-B012",
            Self::Io { .. } => "OFT-B013",
            Self::NoInterpreter { .. } => "OFT-B014",
            Self::Tools { .. } => "OFT-B015",
            Self::Componentize { .. } => "OFT-B016",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NotAConnector { .. } => {
                "go to a connector's folder, or make one with `offtake plugin new NAME`".to_owned()
            }
            Self::Manifest { .. } => {
                "correct connector.toml; what each key means stands in docs/spec/connector.md".to_owned()
            }
            Self::NoToolchain { mend, .. } => mend.clone(),
            Self::UnknownToolchain { .. } => "set it to one of the two, or unset it".to_owned(),
            Self::Run { program, .. } => format!("install {program} and have it on PATH"),
            Self::Cargo { .. } => "mend what cargo says above; `cargo check --target wasm32-unknown-unknown` \
                                   shows the same"
                .to_owned(),
            Self::NoModule { .. } => "have `crate-type = [\"cdylib\", \"rlib\"]` under [lib] in Cargo.toml".to_owned(),
            Self::NotAComponent { .. } => {
                "have `offtake_sdk::export!(YourConnector);` in src/lib.rs, and the SDK of this version".to_owned()
            }
            Self::ForbiddenImports { .. } => {
                "use the SDK's http, clock, entropy and log in place of a crate that reaches out by itself".to_owned()
            }
            Self::Name { .. } => "use lowercase letters, digits and dashes, a letter first, 63 at most".to_owned(),
            Self::Exists { path } => format!("choose another name, or remove {}", path.display()),
            Self::NotBundled { .. } => "write one with `offtake plugin new NAME`".to_owned(),
            Self::NoInterpreter { mend, .. } => mend.clone(),
            Self::Tools { .. } => {
                "the first build needs the network: see that pip or npm reach their registry, and build again"
                    .to_owned()
            }
            Self::Componentize { .. } => "mend what the tool says above".to_owned(),
            Self::Io { .. } => "see that the path is there and may be written".to_owned(),
        }
    }

    pub(crate) fn reading(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what: "read", path, source }
    }

    pub(crate) fn writing(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what: "write", path, source }
    }
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
