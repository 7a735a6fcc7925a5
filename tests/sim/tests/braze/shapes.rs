//! Every class of reply that the simulator gives looks like a recorded one, or is listed as documented only.

use offtake_sim::braze::{Limits, Options};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start};
use crate::support::drive::{Ask, Reply, send};
use crate::support::listed::{Classed, Measure, all_driven, readme_lists};
use crate::support::recording::{self, Recording};

/// Classes that no recording shows.
const DOCUMENTED_ONLY: &[&str] = &[
    "DELETE catalogs/{name} 200",
    "DELETE catalogs/{name}/items 202",
    "GET catalogs 200",
    "GET catalogs/{name}/items 200",
    "GET catalogs/{name}/items/{id} 200",
    "GET catalogs/{name}/items/{id} 404",
    "GET custom_attributes 200",
    "GET unknown 404",
    "PATCH catalogs/{name}/items 202",
    "POST catalogs 201",
    "POST catalogs 400",
    "POST catalogs/{name}/items 202",
    "POST catalogs/{name}/items 400",
    "POST users/alias/new 201",
    "POST users/alias/new 400",
    "POST users/delete 400",
    "POST users/export/ids 400",
    "POST users/identify 201",
    "POST users/track 201 with errors",
    "POST users/track 400",
    "POST users/track 400 with errors",
    "POST users/track 401",
    "POST users/track 413",
    "POST users/track 429",
    "PUT catalogs/{name}/items 202",
    "PUT catalogs/{name}/items 404",
];

fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path = path.split('?').next().unwrap().trim_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let endpoint = match parts.as_slice() {
        ["catalogs", _] => "catalogs/{name}".to_owned(),
        ["catalogs", _, "items"] => "catalogs/{name}/items".to_owned(),
        ["catalogs", _, "items", _] => "catalogs/{name}/items/{id}".to_owned(),
        _ => path.to_owned(),
    };
    let errors = if endpoint == "users/track" && body["errors"].is_array() { " with errors" } else { "" };
    format!("{method} {endpoint} {status}{errors}")
}

const CASES: &[(&str, &str, &str)] = &[
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"new","first_name":"A","groups":["g"]}]}"#),
    ("POST", "/users/track", r#"{"attributes":[{"external_id":"new"},{"first_name":"A"}]}"#),
    ("POST", "/users/track", r#"{"attributes":[{"first_name":"A"}]}"#),
    ("POST", "/users/track", "{}"),
    ("POST", "/users/delete", r#"{"external_ids":["ada","nobody"]}"#),
    ("POST", "/users/delete", "{}"),
    ("POST", "/users/export/ids", r#"{"external_ids":["ada"]}"#),
    ("POST", "/users/export/ids", r#"{"external_ids":["nobody"]}"#),
    ("POST", "/users/export/ids", "{}"),
    ("POST", "/users/alias/new", r#"{"user_aliases":[{"external_id":"ada","alias_name":"n","alias_label":"l"}]}"#),
    ("POST", "/users/alias/new", "{}"),
    (
        "POST",
        "/users/identify",
        r#"{"aliases_to_identify":[{"external_id":"x","user_alias":{"alias_name":"n","alias_label":"l"}}]}"#,
    ),
    ("GET", "/custom_attributes", ""),
    ("GET", "/catalogs", ""),
    ("POST", "/catalogs", r#"{"catalogs":[{"name":"shoes","fields":[{"name":"id","type":"string"}]}]}"#),
    ("POST", "/catalogs", r#"{"catalogs":[]}"#),
    ("DELETE", "/catalogs/restaurants", ""),
    ("POST", "/catalogs/restaurants/items", r#"{"items":[{"id":"r2"}]}"#),
    ("POST", "/catalogs/restaurants/items", r#"{"items":[{}]}"#),
    ("PUT", "/catalogs/restaurants/items", r#"{"items":[{"id":"r1"}]}"#),
    ("PUT", "/catalogs/nothing/items", r#"{"items":[{"id":"r1"}]}"#),
    ("PATCH", "/catalogs/restaurants/items", r#"{"items":[{"id":"r1"}]}"#),
    ("DELETE", "/catalogs/restaurants/items", r#"{"items":[{"id":"r1"}]}"#),
    ("GET", "/catalogs/restaurants/items", ""),
    ("GET", "/catalogs/restaurants/items/r1", ""),
    ("GET", "/catalogs/restaurants/items/r9", ""),
    ("GET", "/unknown", ""),
];

async fn run(options: Options, method: &str, path: &str, body: &str) -> Classed {
    let simulator = start(options).await;
    let ada = json!({ "attributes": [{ "external_id": "ada", "first_name": "A", "groups": [] }] });
    call(&simulator, "POST", "/users/track", &ada).await;
    call(&simulator, "POST", "/catalogs/restaurants/items", &json!({ "items": [{ "id": "r1", "Name": "N" }] })).await;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
    let reply = call(&simulator, method, path, &body).await;
    (class(method, path, reply.status, &reply.body), reply)
}

async fn replies() -> Vec<Classed> {
    let mut replies = Vec::new();
    for (method, path, body) in CASES {
        replies.push(run(generous(), method, path, body).await);
    }
    let none = Options { limits: Limits { track: 0, ..Limits::GENEROUS }, ..generous() };
    replies.push(run(none, "POST", "/users/track", "{}").await);
    let simulator = start(generous()).await;
    let large = Ask::new("POST", "/users/track").bearer(TOKEN).body("application/json", "x".repeat(200_001));
    for ask in [Ask::new("POST", "/users/track").body("application/json", "{}"), large] {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        replies.push((class("POST", "/users/track", reply.status, &reply.body), reply));
    }
    replies
}

/// Whatever Braze answers has a message.
fn plausible(reply: &Reply) -> Result<(), String> {
    if reply.body["message"].is_string() { Ok(()) } else { Err(format!("no message in {}", reply.body)) }
}

fn recordings() -> Vec<Recording> {
    recording::load("braze", "braze.com", class)
}

#[tokio::test]
async fn every_class_of_reply_is_recorded_or_listed() {
    let recordings = recordings();
    let measure = Measure {
        recordings: &recordings,
        documented_only: DOCUMENTED_ONLY,
        deviating: &[],
        telling: |name| name.starts_with("x-ratelimit-"),
        plausible,
    };
    measure.hold(&replies().await);
}

#[test]
fn the_readme_lists_what_is_documented_only() {
    readme_lists("braze", DOCUMENTED_ONLY);
}

#[tokio::test]
async fn recorded_classes_are_all_driven() {
    all_driven(&recordings(), &replies().await, |_| true);
}
