//! Illegal requests: each is refused with HubSpot's status and category, and stores nothing.

use offtake_sim::hubspot::Simulator;
use serde_json::json;

use super::drive::{TOKEN, call, generous, send, start};
use super::illegal::{self, CONTACTS, UPSERT, with};

async fn seeded() -> Simulator {
    let simulator = start(generous()).await;
    let ada = json!({ "properties": { "email": "ada@example.com", "city": "London" } });
    assert_eq!(call(&simulator, "POST", CONTACTS, &ada).await.status, 201);
    simulator
}

fn contents(simulator: &Simulator) -> Vec<offtake_sim::hubspot::Record> {
    let objects = ["contacts", "companies", "deals", "tickets"];
    objects.iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    for rule in illegal::all() {
        let reply = call(&simulator, rule.method, &rule.path, &rule.body).await;
        let name = format!("{} {} {}", rule.method, rule.path, rule.body);
        let (status, category) = rule.refusal;
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        assert_eq!(reply.body["category"].as_str(), category, "{name}: {reply:?}");
        let message = reply.body["message"].as_str().unwrap();
        assert!(message.contains(rule.says), "{name}: {reply:?}");
        assert_eq!(reply.body["status"], "error", "{name}");
        let correlation = reply.body["correlationId"].as_str();
        let header = reply.headers.get("x-hubspot-correlation-id");
        assert_eq!(correlation, header.map(String::as_str), "{name}");
        assert_eq!(contents(&simulator), before, "{name} stored something");
    }
}

#[tokio::test]
async fn a_request_must_carry_the_token_in_its_header() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    let base = simulator.base_url();
    let query = |name: &str| format!("{UPSERT}?{name}={TOKEN}");
    let attempts = [
        ("no token", UPSERT.to_owned(), None),
        ("wrong token", UPSERT.to_owned(), Some("Bearer pat-na1-other")),
        ("wrong scheme", UPSERT.to_owned(), Some("Basic pat-na1-test")),
        ("bare token", UPSERT.to_owned(), Some(TOKEN)),
        ("api key in query", query("hapikey"), None),
        ("token in query", query("access_token"), None),
    ];
    for (name, path, authorization) in attempts {
        let body = with(json!({})).to_string();
        let sent = send(&base, "POST", &path, authorization, body);
        let reply = sent.await.unwrap();
        assert_eq!(reply.status, 401, "{name}");
        assert_eq!(reply.body["category"], "INVALID_AUTHENTICATION", "{name}");
        assert_eq!(contents(&simulator), before, "{name} stored something");
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_or_too_large_is_refused() {
    let options = offtake_sim::hubspot::Options { body_bytes_max: 1_000, ..generous() };
    let simulator = Simulator::start(options).await.unwrap();
    let base = simulator.base_url();
    let token = format!("Bearer {TOKEN}");
    let send = async |body: String| {
        let sent = send(&base, "POST", UPSERT, Some(&token), body);
        sent.await.unwrap()
    };
    let reply = send("{\"inputs\": [".to_owned()).await;
    assert_eq!(reply.status, 400);
    assert!(reply.body["message"].as_str().unwrap().starts_with("Invalid input JSON on line 1"));
    assert_eq!(send("x".repeat(1_001)).await.status, 413);
    assert!(contents(&simulator).is_empty());
}
