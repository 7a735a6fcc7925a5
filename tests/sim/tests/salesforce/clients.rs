//! Real clients run against the simulator, unchanged but for the address.

use std::time::Duration;

use offtake_sim::salesforce::{Options, Simulator};
use serde_json::json;

use super::drive::{TOKEN, create, generous, start};
use crate::support::client;

async fn patient() -> Simulator {
    let simulator = start(Options { job_takes: Duration::from_millis(50), ..generous() }).await;
    create(&simulator, "Account", &json!({"Name": "Acme", "Ext__c": "acme"})).await;
    simulator
}

/// A script makes three contacts, changes one and deletes one, upserts by external id alone and by a job, and is refused.
fn judge(simulator: &Simulator) {
    let kept: Vec<(String, bool)> = simulator
        .records("Contact")
        .iter()
        .map(|record| (record.values["LastName"].as_str().unwrap().to_owned(), record.deleted))
        .collect();
    let expected =
        [("ADA", false), ("grace", false), ("edith", true), ("single", false), ("bulk-1", false), ("bulk-2", false)];
    assert_eq!(kept, expected.map(|(name, deleted)| (name.to_owned(), deleted)));
    let account = &simulator.records("Account")[0].id;
    let children = simulator
        .records("Contact")
        .iter()
        .filter(|record| record.values.get("AccountId") == Some(&json!(account)))
        .count();
    assert_eq!(children, 2, "one by a nested object, one by a column");
    let refused: Vec<u16> =
        simulator.journal().iter().skip(1).filter_map(|entry| entry.status).filter(|status| *status >= 400).collect();
    assert_eq!(refused, [400, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_works_unchanged() {
    let simulator = patient().await;
    let mut command = client::node("salesforce", "crud.mjs");
    command.args([simulator.base_url(), TOKEN.to_owned()]);
    client::run(command).await;
    judge(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    let simulator = patient().await;
    let mut command = client::python("salesforce", "crud.py");
    command.args([simulator.base_url(), TOKEN.to_owned()]);
    client::run(command).await;
    judge(&simulator);
}
