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
