//! Runs a simulator from the command line.

use std::net::SocketAddr;
use std::process::ExitCode;

use offtake_sim::hubspot::{Limits, Options, Simulator};

const USAGE: &str = "usage: offtake-sim hubspot [--listen 127.0.0.1:PORT] [--token TOKEN] [--generous]";

#[tokio::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]
async fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(complaint) => {
            eprintln!("{complaint}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match Simulator::start(options).await {
        Ok(simulator) => {
            println!("listening on {}", simulator.base_url());
            if tokio::signal::ctrl_c().await.is_err() {
                // Without a signal handler the only way to stop is to be killed.
                std::future::pending::<()>().await;
            }
            simulator.shutdown().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot listen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    match words.next().as_deref() {
        Some("hubspot") => {}
        Some(other) => return Err(format!("there is no simulator called {other}")),
        None => return Err("which vendor?".to_owned()),
    }
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--listen" => {
                let value = words.next().ok_or("--listen needs an address")?;
                let listen = value.parse::<SocketAddr>().map_err(|error| format!("{value}: {error}"))?;
                options.listen = listen;
            }
            "--token" => options.token = words.next().ok_or("--token needs a value")?,
            "--generous" => {
                options.limits = Limits::GENEROUS;
                options.search_secondly = Limits::GENEROUS.secondly;
            }
            other => return Err(format!("{other} is not an option")),
        }
    }
    Ok(options)
}
