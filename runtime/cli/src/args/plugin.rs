//! What can be typed after `offtake plugin`.

use std::path::PathBuf;

use clap::Subcommand;

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
    /// List the connectors of the project.
    List,
}
