//! `offtake simulate`.

use std::net::{Ipv4Addr, SocketAddr};

use offtake_sim::hubspot::{Limits, Options, Simulator};

use crate::args::{Simulate, Vendor};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn simulate(simulate: &Simulate, output: &Output) -> anyhow::Result<Exit> {
    let Vendor::Hubspot = simulate.vendor;
    let options = Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, simulate.port)),
        token: simulate.token.clone(),
        limits: Limits::GENEROUS,
        ..Options::default()
    };
    let simulator = Simulator::start(options).await?;
    output.print(&format!("listening on {}", simulator.base_url()))?;
    output.note("Ctrl-C ends it. Its records live in memory: a new one starts empty.");
    tokio::signal::ctrl_c().await?;
    simulator.shutdown().await;
    Ok(Exit::Success)
}
