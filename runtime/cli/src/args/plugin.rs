//! What can be typed after `offtake plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `plugin`.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Write a connector that builds and passes its tests.
    New {
        /// Its name; also the folder.
        name: String,
        /// Folder to put it in.
        #[arg(long, default_value = ".")]
        folder: PathBuf,
        /// What it is written in.
        #[arg(long, value_enum, default_value_t = Language::Rust)]
        lang: Language,
    },
    /// Build a connector into a component.
    Build {
        /// Folder of the connector.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Where the component goes.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Print what a component asks for, without running it.
    Inspect {
        /// The component.
        file: PathBuf,
    },
    /// Drive a connector against a scripted vendor and say whether it keeps the contract.
    Test(Test),
    /// List the connectors of the project.
    List,
    /// Make a pair of keys to sign connectors with, in minisign's format.
    Keygen {
        /// The secret key's file; the public key goes beside it, as `.pub`.
        #[arg(long, default_value = "offtake.key", value_name = "FILE")]
        out: PathBuf,
        /// Do not ask for a password: whoever reads the file can sign.
        #[arg(long)]
        no_password: bool,
    },
    /// Sign a component; the signature goes beside it, as `.minisig`.
    Sign {
        /// The component.
        file: PathBuf,
        /// The secret key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Say who has signed a component, and whether the project's policy lets it run.
    Verify {
        /// A file, or a reference of a registry.
        place: String,
        /// Check against this public key alone, instead of the project's policy.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Put a component and its signature into a registry.
    Push {
        /// The component.
        file: PathBuf,
        /// The reference, as `registry.example.com/team/connector:1.2.0`.
        reference: String,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Get a component and its signature from a registry, without running or installing anything.
    Pull {
        /// The reference.
        reference: String,
        /// Where the component goes. Default: its id, as `.wasm`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Verify, pin and put a connector into the project; without a place, put back what is pinned.
    Install {
        /// A file, or a reference of a registry.
        place: Option<String>,
        /// Where it goes, relative to the project folder. Default: where it was, or `plugins/ID.wasm`.
        #[arg(long, value_name = "FILE", requires = "place")]
        file: Option<PathBuf>,
        /// Let it have what it asks for beyond what was approved before.
        #[arg(long)]
        approve: bool,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Show what a component would change of what is installed.
    Diff {
        /// A file, or a reference of a registry.
        place: String,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Go back to the version of a connector that ran before.
    Rollback {
        /// Id of the connector.
        id: String,
    },
}

/// How a registry is reached. Logins are those that `docker login` has kept.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// Plain http, for a registry on this machine.
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// A certificate authority to trust beside those of the system.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// `plugin test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The component, or the folder of a connector that was built.
    #[arg(default_value = ".")]
    pub(crate) file: PathBuf,
    /// How the vendor answers; `conformance.toml` beside the connector's sources when none is given.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Ask a simulator or sandbox at this origin instead of the script; faults are the kit's all the same.
    #[arg(long, value_name = "URL")]
    pub(crate) vendor: Option<String>,
    /// The vendor's secret of a slot, out of a variable: `token=HUBSPOT_TOKEN`.
    #[arg(long, value_name = "SLOT=VARIABLE", requires = "vendor")]
    pub(crate) secret: Vec<String>,
    /// Keep what the vendor answers in a file, without secrets.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from such a file instead of the script.
    #[arg(long, value_name = "FILE", conflicts_with = "vendor")]
    pub(crate) replay: Option<PathBuf>,
    /// Only these checks: `K20,K21`.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Measure instead: instructions, bytes and memory of a write, by the size of the batch.
    #[arg(long, conflicts_with = "only")]
    pub(crate) cost: bool,
}

/// A language for connectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Small and fast; for most.
    Rust,
    /// With an interpreter of 18 MB in each connector.
    Python,
    /// With an interpreter of 2 MB in each connector.
    Js,
}
