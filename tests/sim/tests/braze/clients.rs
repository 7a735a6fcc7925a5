//! A real client runs against the simulator, unchanged but for the base URL.

use serde_json::json;

use super::drive::{TOKEN, generous, start};
use crate::support::client;

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_works_unchanged() {
    let simulator = start(generous()).await;
    let mut command = client::node("braze", "crud.mjs");
    command.args([simulator.base_url().as_str(), TOKEN]);
    client::run(command).await;
    let users = simulator.records("users");
    let names: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(names, ["ada", "grace"], "the script deletes the third");
    assert_eq!(users[0].values["custom_attributes"], json!({ "plan": "pro" }));
    assert_eq!((simulator.records("events").len(), simulator.records("purchases").len()), (1, 1));
    let journal = simulator.journal();
    let refused: Vec<u16> = journal.iter().filter_map(|entry| entry.status).filter(|status| *status >= 400).collect();
    assert_eq!(refused, [400]);
}
