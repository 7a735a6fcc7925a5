//! What Braze does with requests that are in order.

use std::time::Duration;

use offtake_sim::braze::{Limits, Options, Simulator, TrackCap};
use serde_json::{Value, json};

use super::drive::{call, generous, start};

async fn track(simulator: &Simulator, attributes: Value) -> Value {
    let reply = call(simulator, "POST", "/users/track", &json!({ "attributes": [attributes] })).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.body
}

#[tokio::test]
async fn what_is_accepted_is_applied_later() {
    let simulator = start(Options { lag: Duration::from_secs(60), ..generous() }).await;
    track(&simulator, json!({ "external_id": "u1", "first_name": "Ada" })).await;
    let ids = json!({ "external_ids": ["u1"] });
    let export = async || call(&simulator, "POST", "/users/export/ids", &ids).await.body;
    assert_eq!(export().await["invalid_user_ids"], json!(["u1"]));
    simulator.apply();
    assert_eq!(export().await["users"][0]["first_name"], "Ada");
    // Recorded: a delete counts the ids, and an export in the same second still shows the user.
    let deleted = call(&simulator, "POST", "/users/delete", &json!({ "external_ids": ["u1", "nobody"] })).await;
    assert_eq!((deleted.status, deleted.body), (201, json!({ "deleted": 2, "message": "success" })));
    assert_eq!(export().await["users"].as_array().unwrap().len(), 1);
    simulator.apply();
    assert!(export().await["users"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn attributes_are_set_removed_merged_and_counted_up() {
    let simulator = start(generous()).await;
    for attributes in [
        json!({ "external_id": "u1", "last_name": "L", "plan": "pro", "visits": 3, "list": ["a", "b"], "car": { "make": "V", "year": 1 } }),
        json!({ "external_id": "u1", "last_name": null, "plan": null, "visits": { "inc": 2 }, "list": { "add": ["c"], "remove": ["a"] } }),
        json!({ "external_id": "u1", "_merge_objects": true, "car": { "year": 2, "colour": "red" } }),
    ] {
        track(&simulator, attributes).await;
    }
    let user = simulator.records("users")[0].values.clone();
    assert!(!user.contains_key("last_name"));
    let expected = json!({ "visits": 5, "list": ["b", "c"], "car": { "make": "V", "year": 2, "colour": "red" } });
    assert_eq!(user["custom_attributes"], expected);
    track(&simulator, json!({ "external_id": "u1", "car": { "year": 3 } })).await;
    assert_eq!(simulator.records("users")[0].values["custom_attributes"]["car"], json!({ "year": 3 }), "not merged");
}

#[tokio::test]
async fn good_objects_are_accepted_beside_bad_ones() {
    let simulator = start(generous()).await;
    let body = json!({
        "attributes": [{ "external_id": "u1" }, { "first_name": "nobody" }, { "external_id": "u2", "email": "bad" }],
        "events": [{ "external_id": "u1", "name": "e", "time": "2026-11-22T10:00:00Z" }, { "external_id": "u1", "name": "e" }],
        "purchases": [{ "external_id": "u1", "product_id": "p", "currency": "EUR", "price": 2.5, "quantity": 2, "time": "2026-11-22T10:00:00Z" }],
    });
    let reply = call(&simulator, "POST", "/users/track", &body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["errors"].as_array().unwrap().len(), 3);
    assert_eq!(
        reply.body["errors"][1],
        json!({ "type": "'email' is not valid", "input_array": "attributes", "index": 2 })
    );
    assert_eq!((&reply.body["attributes_processed"], &reply.body["events_processed"]), (&json!(1), &json!(1)));
    assert_eq!((simulator.records("users").len(), simulator.records("events").len()), (1, 1));
    assert_eq!(simulator.records("users")[0].values["total_revenue"], json!(5));
}

#[tokio::test]
async fn users_that_are_not_there_are_made_unless_they_must_exist() {
    let simulator = start(generous()).await;
    track(&simulator, json!({ "external_id": "u1", "_update_existing_only": true, "first_name": "A" })).await;
    assert!(simulator.records("users").is_empty());
    let alias = json!({ "alias_name": "n", "alias_label": "l" });
    track(&simulator, json!({ "user_alias": alias, "first_name": "B" })).await;
    assert!(simulator.records("users").is_empty(), "an alias makes no user unless it is told to");
    track(&simulator, json!({ "user_alias": alias, "_update_existing_only": false, "first_name": "B" })).await;
    let pair = json!({ "aliases_to_identify": [{ "external_id": "u2", "user_alias": alias }] });
    assert_eq!(call(&simulator, "POST", "/users/identify", &pair).await.body["aliases_processed"], 1);
    let more = json!({ "user_aliases": [{ "external_id": "u2", "alias_name": "m", "alias_label": "l" }] });
    assert_eq!(call(&simulator, "POST", "/users/alias/new", &more).await.status, 201);
    let users = simulator.records("users");
    assert_eq!(
        (users.len(), users[0].id.as_str(), users[0].values["user_aliases"].as_array().unwrap().len()),
        (1, "u2", 2)
    );
    let found = call(&simulator, "POST", "/users/export/ids", &json!({ "user_aliases": [alias] })).await;
    assert_eq!(found.body["users"][0]["external_id"], "u2");
}

#[tokio::test]
async fn items_are_replaced_edited_and_removed() {
    let simulator = start(generous()).await;
    let items = "/catalogs/restaurants/items";
    for (method, item) in [
        ("POST", json!({ "id": "r1", "Name": "One", "Rating": 3 })),
        ("PUT", json!({ "id": "r2", "Name": "Two", "Rating": "4" })),
        ("PATCH", json!({ "id": "r1", "Rating": 5 })),
        ("PUT", json!({ "id": "r2", "Rating": 1 })),
        ("PATCH", json!({ "id": "r9", "Rating": 5 })),
    ] {
        let reply = call(&simulator, method, items, &json!({ "items": [item] })).await;
        assert_eq!((reply.status, reply.body), (202, json!({ "message": "success" })));
    }
    let stored: Vec<Value> =
        simulator.records("restaurants").into_iter().map(|item| Value::Object(item.values)).collect();
    assert_eq!(stored, [json!({ "id": "r1", "Name": "One", "Rating": 5 }), json!({ "id": "r2", "Rating": 1 })]);
    assert_eq!(call(&simulator, "GET", &format!("{items}/r1"), &Value::Null).await.body["items"][0]["Name"], "One");
    call(&simulator, "DELETE", items, &json!({ "items": [{ "id": "r1" }, { "id": "r7" }] })).await;
    assert_eq!(simulator.records("restaurants").len(), 1);
}

#[tokio::test]
async fn custom_attributes_come_fifty_a_page() {
    let simulator = start(generous()).await;
    let mut attributes = json!({ "external_id": "u1" });
    for n in 0..60 {
        attributes[format!("a{n:02}")] = json!(n);
    }
    track(&simulator, attributes).await;
    let first = call(&simulator, "GET", "/custom_attributes", &Value::Null).await;
    assert_eq!(first.body["attributes"].as_array().unwrap().len(), 50);
    assert_eq!(first.body["attributes"][7]["data_type"], "Number");
    assert!(first.headers["link"].contains("cursor=50>; rel=\"next\""), "{:?}", first.headers);
    let second = call(&simulator, "GET", "/custom_attributes?cursor=50", &Value::Null).await;
    assert_eq!(second.body["attributes"].as_array().unwrap().len(), 10);
    assert!(!second.headers.contains_key("link"));
}

#[tokio::test]
async fn a_cap_may_be_of_each_array() {
    let simulator = start(Options { track_cap: TrackCap::Each(75), ..generous() }).await;
    let body = |count: usize| {
        let users: Vec<Value> = (0..count).map(|n| json!({ "external_id": format!("u{n}") })).collect();
        let event = json!({ "external_id": "u0", "name": "e", "time": "2026-11-22T10:00:00Z" });
        json!({ "attributes": users, "events": vec![event; 75] })
    };
    assert_eq!(call(&simulator, "POST", "/users/track", &body(75)).await.status, 201);
    assert_eq!(call(&simulator, "POST", "/users/track", &body(76)).await.body["message"], "Max Input Length Exceeded");
}

#[tokio::test]
async fn limits_say_when_they_reset_and_not_for_how_long_to_wait() {
    let limits = Limits { export: 1, track: 0, ..Limits::GENEROUS };
    let simulator = start(Options { limits, ..generous() }).await;
    let ids = json!({ "external_ids": ["u1"] });
    assert_eq!(call(&simulator, "POST", "/users/export/ids", &ids).await.headers["x-ratelimit-remaining"], "0");
    let refused = call(&simulator, "POST", "/users/track", &json!({ "attributes": [{ "external_id": "u1" }] })).await;
    assert_eq!((refused.status, refused.headers["x-ratelimit-limit"].as_str()), (429, "0"));
    assert!(!refused.headers.contains_key("retry-after"));
    let reset: i64 = refused.headers["x-ratelimit-reset"].parse().unwrap();
    let now = now_in_seconds();
    assert!(reset >= now && reset <= now + 3 && reset % 3 == 0, "{reset} at {now}");
    assert_eq!(simulator.limits_crossed(), 1);
}

fn now_in_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
