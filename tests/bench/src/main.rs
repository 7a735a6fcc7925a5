//! What durability costs and how long recovery takes, on the real engine and the real state. Figures, not assertions:
//! `cargo xtask bench` builds it in release and starts it.

mod durability;
mod recovery;
mod vendor;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// What durability costs and how long recovery takes.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    measure: Option<Measure>,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// Fills a state and waits to be killed.
    #[command(hide = true)]
    Fill {
        /// The state folder.
        folder: PathBuf,
        /// Acknowledged rows.
        rows: u64,
        /// Whether the run ends before the process does.
        #[arg(long)]
        finish: bool,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().measure {
        Some(Measure::Fill { folder, rows, finish }) => recovery::fill(&folder, rows, finish).await,
        None => {
            durability::measure().await?;
            recovery::measure().await
        }
    }
}
