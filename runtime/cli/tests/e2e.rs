//! Does the binary do what its user expects? The real binary, the real connector, the simulated HubSpot.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside of test functions"
)]
#[path = "e2e/answers.rs"]
mod answers;
#[path = "e2e/bad_input.rs"]
mod bad_input;
#[path = "e2e/commands.rs"]
mod commands;
#[path = "e2e/control.rs"]
mod control;
#[path = "e2e/data.rs"]
mod data;
#[path = "e2e/delivery.rs"]
mod delivery;
#[path = "e2e/destination.rs"]
mod destination;
#[path = "e2e/hot.rs"]
mod hot;
#[path = "e2e/ledger.rs"]
mod ledger;
#[path = "e2e/plugin.rs"]
mod plugin;
#[path = "e2e/project.rs"]
mod project;
#[path = "e2e/proxy.rs"]
mod proxy;
#[path = "e2e/sandbox.rs"]
mod sandbox;
#[path = "e2e/secrets.rs"]
mod secrets;
#[path = "e2e/supply.rs"]
mod supply;
#[path = "e2e/texts.rs"]
mod texts;
#[path = "e2e/versions.rs"]
mod versions;
#[path = "e2e/weather.rs"]
mod weather;
