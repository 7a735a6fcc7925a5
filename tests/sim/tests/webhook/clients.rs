//! The published libraries of Standard Webhooks sign requests, and the simulator judges them.

use std::process::Command;

use offtake_sim::webhook::{Options, Simulator};
use serde_json::json;

use super::drive::{SECRET, TOKEN, generous, start};
use crate::support::client;

/// A script signs requests well and badly, and checks their status itself; only the good ones may be stored.
async fn judge(mut command: Command) {
    let simulator: Simulator = start(Options { secret: Some(SECRET.parse().unwrap()), ..generous() }).await;
    command.args([simulator.base_url().as_str(), TOKEN, SECRET]);
    client::run(command).await;
    let people = simulator.records("people");
    let names: Vec<&str> = people.iter().filter_map(|person| person.values["name"].as_str()).collect();
    assert_eq!(names, ["ada", "grace"]);
    assert_eq!(simulator.records("events")[0].values["name"], json!("signed_up"));
    let journal = simulator.journal();
    let status = |wanted: u16| journal.iter().filter(|entry| entry.status == Some(wanted)).count();
    assert_eq!((status(401), status(200) + status(201) + status(202) + status(204)), (8, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_library_signs() {
    judge(client::node("webhook", "sign.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_library_signs() {
    judge(client::python("webhook", "sign.py")).await;
}
