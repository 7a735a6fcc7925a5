//! `offtake simulate`.

use std::net::{Ipv4Addr, SocketAddr};

use offtake_sim::{Command, Running, Vendor as Simulated, braze, hubspot, marketo, salesforce, webhook, zendesk};

use crate::args::{Simulate, Vendor};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn simulate(simulate: &Simulate, output: &Output) -> anyhow::Result<Exit> {
    match simulate.vendor {
        Vendor::Braze => serve::<braze::Braze>(simulate, output).await,
        Vendor::Hubspot => serve::<hubspot::HubSpot>(simulate, output).await,
        Vendor::Marketo => serve::<marketo::Marketo>(simulate, output).await,
        Vendor::Salesforce => serve::<salesforce::Salesforce>(simulate, output).await,
        Vendor::Webhook => serve::<webhook::Webhook>(simulate, output).await,
        Vendor::Zendesk => serve::<zendesk::Zendesk>(simulate, output).await,
    }
}

async fn serve<V: Simulated>(simulate: &Simulate, output: &Output) -> anyhow::Result<Exit> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, simulate.port));
    let command = Command { listen: Some(listen), token: Some(simulate.token.clone()), generous: !simulate.limits };
    let simulator = Running::<V>::start(V::commanded(command)).await?;
    output.print(&format!("listening on {}", simulator.base_url()))?;
    output.note("Ctrl-C ends it. Its records live in memory: a new one starts empty.");
    tokio::signal::ctrl_c().await?;
    simulator.shutdown().await;
    Ok(Exit::Success)
}
