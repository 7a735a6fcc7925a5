//! Illegal requests: each is refused as Braze does, and stores nothing.

use offtake_sim::braze::{Record, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start};
use crate::support::drive::{Ask, send};

const ITEMS: &str = "/catalogs/restaurants/items";

/// A method, a path, a body, the status, and a part of the body of the refusal.
const REFUSED: &[(&str, &str, &str, u16, &str)] = &[
    (
        "POST",
        "/users/track",
        "{}",
        400,
        "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.",
    ),
    ("POST", "/users/track", r#"{"users":[{"external_id":"u"}]}"#, 400, "Valid data must be provided"),
    ("POST", "/users/track", r#"{"attributes":{"external_id":"u"}}"#, 400, "must be an array"),
    ("POST", "/users/track", r#"{"attributes":["u"]}"#, 400, "Invalid object"),
    ("POST", "/users/track", r#"{"attributes":[{"first_name":"A"}]}"#, 400, "is required"),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":17}]}"#, 400, "'external_id' is not valid"),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":""}]}"#, 400, "'external_id' is not valid"),
    ("POST", "/users/track", r#"{"attributes":[{"user_alias":"a"}]}"#, 400, "'user_alias' is not valid"),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"u","email":"bad"}]}"#, 400, "'email' is not valid"),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"u","dob":"yesterday"}]}"#, 400, "'dob' is not valid"),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"u","gender":"X"}]}"#, 400, "'gender' is not valid"),
    (
        "POST",
        "/users/track",
        r#"{"attributes":[{"external_id":"u","email_subscribe":"yes"}]}"#,
        400,
        "'email_subscribe'",
    ),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"u","first_name":1}]}"#, 400, "'first_name'"),
    (
        "POST",
        "/users/track",
        r#"{"events":[{"external_id":"u","time":"2026-11-22T10:00:00Z"}]}"#,
        400,
        "'name' is not valid",
    ),
    (
        "POST",
        "/users/track",
        r#"{"events":[{"external_id":"u","name":"e","time":"soon"}]}"#,
        400,
        "'time' is not valid",
    ),
    (
        "POST",
        "/users/track",
        r#"{"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":"5","time":"2026-11-22T10:00:00Z"}]}"#,
        400,
        "'price' is not valid",
    ),
    (
        "POST",
        "/users/track",
        r#"{"purchases":[{"external_id":"u","product_id":"p","currency":"euro","price":5,"time":"2026-11-22T10:00:00Z"}]}"#,
        400,
        "'currency' is not valid",
    ),
    (
        "POST",
        "/users/track",
        r#"{"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":5,"quantity":101,"time":"2026-11-22T10:00:00Z"}]}"#,
        400,
        "'quantity' is not valid",
    ),
    ("POST", "/users/delete", "{}", 400, "Bad Request"),
    ("POST", "/users/delete", r#"{"external_ids":[17]}"#, 400, "'external_ids' is not valid"),
    ("POST", "/users/export/ids", "{}", 400, "Bad Request"),
    ("POST", "/users/alias/new", r#"{"user_aliases":[{"alias_name":"n"}]}"#, 400, "'user_aliases' is not valid"),
    ("POST", "/users/identify", r#"{"aliases_to_identify":[]}"#, 400, "between 1 and 50"),
    ("POST", ITEMS, r#"{"items":{}}"#, 400, "item-array-invalid"),
    ("POST", ITEMS, r#"{"items":[{"Name":"N"}]}"#, 400, "items-missing-ids"),
    ("POST", ITEMS, r#"{"items":[{"id":1}]}"#, 400, "ids-not-strings"),
    ("POST", ITEMS, r#"{"items":[{"id":"a b"}]}"#, 400, "invalid-ids"),
    ("POST", ITEMS, r#"{"items":[{"id":"n1"},{"id":"n1"}]}"#, 400, "ids-not-unique"),
    ("POST", ITEMS, r#"{"items":[{"id":"r1"}]}"#, 400, "item-already-exists"),
    ("PUT", ITEMS, r#"{"items":[{"id":"n1","Colour":"red"}]}"#, 400, "invalid-fields"),
    ("PATCH", ITEMS, r#"{"items":[{"id":"r1","Rating":"good"}]}"#, 400, "unable-to-coerce-value"),
    ("PUT", "/catalogs/nothing/items", r#"{"items":[{"id":"n1"}]}"#, 404, "catalog-not-found"),
    ("GET", "/catalogs/restaurants/items/r9", "", 404, "item-not-found"),
    ("POST", "/catalogs", r#"{"catalogs":[{"name":"restaurants","fields":[]}]}"#, 400, "catalog-name-already-exists"),
    ("GET", "/users/track", "", 404, "Not Found"),
    ("POST", "/nothing", "{}", 404, "Not Found"),
];

async fn seeded() -> Simulator {
    let simulator = start(generous()).await;
    let ada = json!({ "attributes": [{ "external_id": "ada", "first_name": "Ada" }] });
    assert_eq!(call(&simulator, "POST", "/users/track", &ada).await.status, 201);
    assert_eq!(call(&simulator, "POST", ITEMS, &json!({ "items": [{ "id": "r1" }] })).await.status, 202);
    simulator
}

fn contents(simulator: &Simulator) -> Vec<Record> {
    ["users", "events", "purchases", "restaurants"].iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    let mut rules: Vec<(&str, &str, Value, u16, &str)> = Vec::new();
    for (method, path, body, status, says) in REFUSED {
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        rules.push((method, path, body, *status, says));
    }
    let ids: Vec<String> = (0..51).map(|n| format!("u{n}")).collect();
    let users: Vec<Value> = ids.iter().map(|id| json!({ "external_id": id })).collect();
    let items: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    rules.push(("POST", "/users/track", json!({ "attributes": users }), 400, "Max Input Length Exceeded"));
    rules.push((
        "POST",
        "/users/delete",
        json!({ "external_ids": ids }),
        400,
        "The max number of ids per request was exceeded",
    ));
    rules.push((
        "POST",
        "/users/export/ids",
        json!({ "external_ids": ids }),
        400,
        "external_ids and aliases per request",
    ));
    rules.push(("PUT", ITEMS, json!({ "items": items }), 400, "request-includes-too-many-items"));
    rules.push(("PUT", ITEMS, json!({ "items": [{ "id": "x".repeat(251) }] }), 400, "ids-too-large"));
    rules.push(("PUT", ITEMS, json!({ "items": [{ "id": "n", "Name": "x".repeat(5_001) }] }), 400, "items-too-large"));
    for (method, path, body, status, says) in rules {
        let reply = call(&simulator, method, path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}: {reply:?}");
        assert!(reply.text.contains(says), "{method} {path} {body}: {reply:?}");
        assert_eq!(contents(&simulator), before, "{method} {path} {body} stored something");
    }
}

#[tokio::test]
async fn a_request_must_carry_the_key_in_its_header() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    let body = r#"{"attributes":[{"external_id":"u"}]}"#;
    let ask = |path: &str| Ask::new("POST", path).body("application/json", body);
    for (name, ask, status) in [
        ("no key", ask("/users/track"), 401),
        ("wrong key", ask("/users/track").bearer("other"), 401),
        ("in query", ask(&format!("/users/track?api_key={TOKEN}")), 401),
        ("basic", ask("/users/track").header("authorization", &format!("Basic {TOKEN}")), 401),
        ("broken", Ask::new("POST", "/users/track").bearer(TOKEN).body("application/json", "{"), 400),
        ("large", Ask::new("POST", "/users/track").bearer(TOKEN).body("application/json", "x".repeat(200_001)), 413),
    ] {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        assert!(reply.body["message"].is_string(), "{name}: {reply:?}");
        assert_eq!(contents(&simulator), before, "{name} stored something");
    }
}
