//! Real clients run against the simulator, unchanged but for the address.

use std::time::Duration;

use offtake_sim::zendesk::{Options, Simulator};
use serde_json::json;

use super::drive::{TOKEN, generous, start};
use crate::support::client;

/// A script makes three users, changes one and deletes one, makes and destroys two organizations by jobs, and is refused.
fn judge(simulator: &Simulator) {
    let users = simulator.records("users");
    let active: Vec<(&str, bool)> =
        users.iter().map(|user| (user.values["name"].as_str().unwrap(), user.active)).collect();
    assert_eq!(active, [("ADA", true), ("grace", true), ("edith", false)]);
    assert_eq!(users[0].values["user_fields"]["numeric_field"], json!(17));
    assert!(simulator.records("organizations").is_empty());
    let refused: Vec<u16> =
        simulator.journal().iter().filter_map(|entry| entry.status).filter(|status| *status >= 400).collect();
    assert_eq!(refused, [422, 404]);
}

async fn patient() -> Simulator {
    start(Options { job_takes: Duration::from_millis(50), ..generous() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_works_unchanged() {
    let simulator = patient().await;
    let mut command = client::node("zendesk", "crud.mjs");
    command.args([format!("{}/api/v2", simulator.base_url()), TOKEN.to_owned()]);
    client::run(command).await;
    judge(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    let simulator = patient().await;
    let mut command = client::python("zendesk", "crud.py");
    command.args([simulator.addr().port().to_string(), TOKEN.to_owned()]).env("ZENPY_FORCE_SCHEME", "http");
    client::run(command).await;
    judge(&simulator);
}
