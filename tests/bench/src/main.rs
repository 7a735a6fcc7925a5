//! What durability and the sandbox cost, how long recovery takes, and how near to the vendors' limits a sync comes, on the real
//! engine, state and sandbox. Figures, not assertions:
//! `cargo xtask bench` builds it in release and starts it.

mod durability;
mod native;
mod recovery;
mod sandbox;
mod throughput;
mod vendor;

use std::error::Error;
use std::path::Path;

/// Whatever went wrong, for the terminal.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {
            sandbox::measure().await?;
            durability::measure().await?;
            recovery::measure().await?;
            throughput::measure(None).await
        }
        // A part of it.
        ["sandbox"] => sandbox::measure().await,
        ["throughput"] => throughput::measure(None).await,
        ["throughput", vendor] => throughput::measure(Some(vendor)).await,
        // What `sandbox` starts and kills.
        ["serve"] => native::serve().await,
        // What `recovery` starts and kills.
        ["fill", folder, rows, rest @ ..] => {
            recovery::fill(Path::new(folder), rows.parse()?, rest == ["--finish"]).await
        }
        _ => Err("usage: offtake-bench [sandbox | throughput [VENDOR]]".into()),
    }
}
