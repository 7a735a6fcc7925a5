//! HubSpot's own clients run against the simulator, unchanged but for the base URL.

use std::process::Command;

use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, send, start};
use crate::support::client;

/// Runs a script that makes three contacts and archives them.
async fn drive_with(mut command: Command) {
    let simulator = start(generous()).await;
    command.args([simulator.base_url().as_str(), TOKEN]);
    client::run(command).await;
    let kept: Vec<bool> = simulator.records("contacts").iter().map(|record| record.archived).collect();
    assert_eq!(kept, [true, true, true], "the script archives all that it made");
    let journal = simulator.journal();
    assert!(journal.iter().all(|entry| entry.path.starts_with("/crm/")), "{journal:?}");
    // The script has shown that it was refused where it should be; nothing else was.
    let refused: Vec<u16> = journal.iter().filter_map(|entry| entry.status).filter(|status| *status >= 400).collect();
    assert_eq!(refused, [400, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_works_unchanged() {
    drive_with(client::node("hubspot", "crud.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    drive_with(client::python("hubspot", "crud.py")).await;
}

#[tokio::test]
async fn the_command_says_where_it_listens() {
    use tokio::io::{AsyncBufReadExt, BufReader};

    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_offtake-sim"))
        .args(["hubspot", "--listen", "127.0.0.1:0", "--token", TOKEN, "--generous"])
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let base = line.trim().strip_prefix("listening on ").unwrap();
    let (path, token) = ("/account-info/2026-03/details", format!("Bearer {TOKEN}"));
    let details = send(base, "GET", path, Some(&token), String::new()).await.unwrap();
    assert_eq!(details.body["portalId"], 62_515);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn both_spellings_of_the_api_lead_to_the_same_records() {
    let simulator = start(generous()).await;
    let body = json!({ "properties": { "email": "ada@example.com" } });
    let made = call(&simulator, "POST", "/crm/v3/objects/contacts", &body).await;
    let id = made.body["id"].as_str().unwrap();
    for base in ["v3/objects", "objects/2025-09", "objects/2026-03", "objects/2026-09"] {
        for name in ["contacts", "CONTACT", "contact", "0-1"] {
            let path = format!("/crm/{base}/{name}/{id}");
            let reply = call(&simulator, "GET", &path, &Value::Null).await;
            assert_eq!(reply.status, 200, "{path}");
            assert_eq!(reply.body["id"], id);
            assert!(reply.headers.contains_key("x-hubspot-ratelimit-remaining"));
        }
    }
}
