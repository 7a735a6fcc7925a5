//! Runs a simulator from the command line.

use std::net::SocketAddr;
use std::process::ExitCode;

use offtake_sim::{Command, Running, Vendor, braze, hubspot, marketo, salesforce, webhook, zendesk};

const USAGE: &str = "usage: offtake-sim VENDOR [--listen 127.0.0.1:PORT] [--token TOKEN] [--generous]
vendors: braze, hubspot, marketo, salesforce, webhook, zendesk";

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a command talks to its terminal")]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let vendor = words.next();
    let command = match parse(words) {
        Ok(command) => command,
        Err(complaint) => return misused(&complaint),
    };
    let ended = match vendor.as_deref() {
        Some("braze") => run::<braze::Braze>(command).await,
        Some("hubspot") => run::<hubspot::HubSpot>(command).await,
        Some("marketo") => run::<marketo::Marketo>(command).await,
        Some("salesforce") => run::<salesforce::Salesforce>(command).await,
        Some("webhook") => run::<webhook::Webhook>(command).await,
        Some("zendesk") => run::<zendesk::Zendesk>(command).await,
        Some(other) => return misused(&format!("there is no simulator called {other}")),
        None => return misused("which vendor?"),
    };
    if let Err(error) = ended {
        eprintln!("cannot listen: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "a command talks to its terminal")]
fn misused(complaint: &str) -> ExitCode {
    eprintln!("{complaint}\n{USAGE}");
    ExitCode::from(2)
}

#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
async fn run<V: Vendor>(command: Command) -> std::io::Result<()> {
    let simulator = Running::<V>::start(V::commanded(command)).await?;
    println!("listening on {}", simulator.base_url());
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal handler the only way to stop is to be killed.
        std::future::pending::<()>().await;
    }
    simulator.shutdown().await;
    Ok(())
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut command = Command::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--listen" => {
                let value = words.next().ok_or("--listen needs an address")?;
                let listen = value.parse::<SocketAddr>().map_err(|error| format!("{value}: {error}"))?;
                command.listen = Some(listen);
            }
            "--token" => command.token = Some(words.next().ok_or("--token needs a value")?),
            "--generous" => command.generous = true,
            other => return Err(format!("{other} is not an option")),
        }
    }
    Ok(command)
}
