//! Illegal requests: each is refused, and stores nothing.

use offtake_sim::webhook::{Options, Record, Simulator};
use serde_json::{Value, json};

use super::drive::{SECRET, TOKEN, ask, call, generous, send, start};
use crate::support::drive::Ask;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";
const ADA: &str = "/v1/people/ada@example.com";
const BATCH: &str = "/v1/people/batch";
const EVENTS: &str = "/v1/events";

/// A method, a path, a type, a body, and the status and code of the refusal.
const REFUSED: &[(&str, &str, &str, &str, u16, &str)] = &[
    ("PUT", "/v1/people/ada", JSON, "{}", 422, "invalid_email"),
    ("PUT", "/v1/people/ada@example", JSON, "{}", 422, "invalid_email"),
    ("PUT", ADA, JSON, r#"{"email":"grace@example.com"}"#, 422, "email_differs"),
    ("PUT", ADA, JSON, r#"{"email":null}"#, 422, "invalid_email"),
    ("PUT", ADA, JSON, r#"{"email":7}"#, 422, "invalid_email"),
    ("PUT", ADA, JSON, r#"{"plan":"gold"}"#, 422, "unknown_plan"),
    ("PUT", ADA, JSON, r#"{"plan":"Pro"}"#, 422, "unknown_plan"),
    ("PUT", ADA, JSON, r#"{"plan":1}"#, 422, "unknown_plan"),
    ("PUT", ADA, JSON, r#"{"name":1}"#, 422, "invalid_name"),
    ("PUT", ADA, JSON, r#"{"id":"per_000009"}"#, 422, "read_only"),
    ("PUT", ADA, JSON, "", 400, "invalid_json"),
    ("PUT", ADA, JSON, "{", 400, "invalid_json"),
    ("PUT", ADA, JSON, r#"[{"plan":"pro"}]"#, 400, "invalid_json"),
    ("PUT", ADA, "text/plain", "{}", 415, "unsupported_media_type"),
    ("PUT", ADA, NDJSON, "{}", 415, "unsupported_media_type"),
    ("POST", ADA, JSON, "{}", 405, "method_not_allowed"),
    ("DELETE", ADA, JSON, "{}", 400, "unexpected_body"),
    ("DELETE", "/v1/people/", "", "", 404, "not_found"),
    ("DELETE", "/v1/people/grace@example.com", "", "", 404, "not_found"),
    ("POST", BATCH, JSON, r#"[{"email":"grace@example.com"}]"#, 400, "invalid_json"),
    ("POST", BATCH, JSON, r#"{"persons":[{"email":"grace@example.com"}]}"#, 422, "people_missing"),
    ("POST", BATCH, JSON, r#"{"people":[{"email":"grace@example.com"}],"more":1}"#, 422, "people_missing"),
    ("POST", BATCH, JSON, r#"{"people":{"email":"grace@example.com"}}"#, 422, "people_missing"),
    ("POST", BATCH, JSON, r#"{"people":[]}"#, 422, "empty_batch"),
    ("POST", BATCH, NDJSON, r#"{"people":[{"email":"grace@example.com"}]}"#, 415, "unsupported_media_type"),
    ("POST", EVENTS, JSON, r#"{"email":"ada@example.com","name":"e"}"#, 415, "unsupported_media_type"),
    ("POST", EVENTS, NDJSON, "", 422, "empty_batch"),
    ("POST", EVENTS, NDJSON, "{\"email\":\"ada@example.com\",\"name\":\"e\"}\n{", 422, "invalid_json"),
    ("POST", EVENTS, NDJSON, r#"{"email":"ada@example.com"}"#, 422, "name_missing"),
    ("POST", EVENTS, NDJSON, r#"{"name":"e"}"#, 422, "invalid_email"),
    ("POST", EVENTS, NDJSON, r#"{"email":"ada@example.com","name":"e","time":"soon"}"#, 422, "invalid_time"),
    ("POST", "/v1/nothing", JSON, "{}", 404, "not_found"),
];

async fn seeded(options: Options) -> Simulator {
    let simulator = start(options).await;
    assert_eq!(call(&simulator, "PUT", ADA, &json!({ "name": "Ada" })).await.status, 201);
    simulator
}

fn contents(simulator: &Simulator) -> Vec<Record> {
    ["people", "events"].iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let simulator = seeded(generous()).await;
    let before = contents(&simulator);
    let mut rules: Vec<(&str, &str, &str, String, u16, &str)> = Vec::new();
    for (method, path, kind, body, status, code) in REFUSED {
        rules.push((method, path, kind, (*body).to_owned(), *status, code));
    }
    let people: Vec<Value> = (0..501).map(|n| json!({ "email": format!("p{n}@example.com") })).collect();
    rules.push(("POST", BATCH, JSON, json!({ "people": people }).to_string(), 413, "too_many_people"));
    let event = "{\"email\":\"ada@example.com\",\"name\":\"e\"}\n";
    rules.push(("POST", EVENTS, NDJSON, event.repeat(501), 413, "too_many_events"));
    rules.push(("PUT", ADA, JSON, json!({ "name": "é".repeat(1_001) }).to_string(), 422, "name_too_long"));
    rules.push(("PUT", ADA, JSON, json!({ "note": "x".repeat(200_000) }).to_string(), 413, "body_too_large"));
    for (method, path, kind, body, status, code) in rules {
        let asked = if kind.is_empty() { ask(method, path) } else { ask(method, path).body(kind, body.clone()) };
        let reply = send(&simulator, &asked).await;
        let shown: String = body.chars().take(80).collect();
        assert_eq!((reply.status, &reply.body["error"]["code"]), (status, &json!(code)), "{method} {path} {shown}");
        assert!(reply.body["error"]["message"].is_string(), "{reply:?}");
        assert_eq!(contents(&simulator), before, "{method} {path} {shown} stored something");
    }
}

#[tokio::test]
async fn what_is_just_allowed_is_taken() {
    let simulator = seeded(generous()).await;
    assert_eq!(call(&simulator, "PUT", ADA, &json!({ "name": "é".repeat(1_000) })).await.status, 200);
    let people: Vec<Value> = (0..500).map(|n| json!({ "email": format!("p{n}@example.com") })).collect();
    assert_eq!(call(&simulator, "POST", BATCH, &json!({ "people": people })).await.status, 200);
    assert_eq!(simulator.records("people").len(), 501);
    let charset = ask("PUT", ADA).body("Application/JSON; charset=utf-8", r#"{"plan":"pro"}"#);
    assert_eq!(send(&simulator, &charset).await.status, 200);
}

#[tokio::test]
async fn who_asks_must_be_known() {
    let simulator = seeded(generous()).await;
    let before = contents(&simulator);
    let put = |path: &str| Ask::new("PUT", path).json(&json!({ "plan": "pro" }));
    let long = "k".repeat(256);
    for (name, ask, status) in [
        ("no token", put(ADA), 401),
        ("another token", put(ADA).header("x-acme-token", "other"), 401),
        ("a token in the query", put(&format!("{ADA}?token={TOKEN}")), 401),
        ("a token elsewhere", put(ADA).bearer(TOKEN), 401),
        ("an empty key", put(ADA).header("x-acme-token", TOKEN).header("idempotency-key", ""), 400),
        ("a long key", put(ADA).header("x-acme-token", TOKEN).header("idempotency-key", &long), 400),
    ] {
        let reply = send(&simulator, &ask).await;
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        assert_eq!(contents(&simulator), before, "{name} stored something");
    }
}

#[tokio::test]
async fn with_a_secret_an_unsigned_request_is_refused() {
    let simulator = start(Options { secret: Some(SECRET.parse().unwrap()), ..generous() }).await;
    for (method, path) in [("GET", "/v1/me"), ("DELETE", ADA), ("PUT", ADA)] {
        let reply = call(&simulator, method, path, &Value::Null).await;
        assert_eq!((reply.status, &reply.body["error"]["code"]), (401, &json!("invalid_signature")), "{method}");
    }
}
