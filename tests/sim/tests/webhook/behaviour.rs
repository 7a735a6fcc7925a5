//! What the API does with requests that are in order.

use offtake_sim::webhook::{Fault, Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, ask, call, generous, send, start};

fn people(simulator: &Simulator) -> Vec<Value> {
    simulator.records("people").into_iter().map(|person| Value::Object(person.values)).collect()
}

#[tokio::test]
async fn a_person_is_made_changed_cleared_and_deleted() {
    let simulator = start(generous()).await;
    let path = "/v1/people/Ada%40example.com";
    let made = call(&simulator, "PUT", path, &json!({ "name": "Ada", "plan": "free", "seats": 3 })).await;
    assert_eq!((made.status, made.body), (201, json!({ "id": "per_000001" })));
    let changes = json!({ "email": "ada@example.com", "name": null, "plan": "pro" });
    let changed = call(&simulator, "PUT", path, &changes).await;
    assert_eq!((changed.status, changed.body), (200, json!({ "id": "per_000001" })));
    assert_eq!(people(&simulator), [json!({ "email": "ada@example.com", "plan": "pro", "seats": 3 })]);
    for status in [204, 404] {
        assert_eq!(call(&simulator, "DELETE", path, &Value::Null).await.status, status);
    }
    assert!(people(&simulator).is_empty());
    assert_eq!(call(&simulator, "GET", "/v1/me", &Value::Null).await.body, json!({ "account": "acme" }));
}

#[tokio::test]
async fn a_batch_is_answered_person_by_person() {
    let simulator = start(generous()).await;
    let batch = json!({ "people": [{ "email": "ada@example.com" }, { "email": "bad" }, { "email": "grace@example.com", "plan": "gold" }, 7] });
    let reply = call(&simulator, "POST", "/v1/people/batch", &batch).await;
    assert_eq!(reply.status, 200);
    let results = reply.body["results"].as_array().unwrap();
    assert_eq!(results[0], json!({ "ok": true, "id": "per_000001" }));
    let codes: Vec<(&Value, &Value, &Value)> = results[1..]
        .iter()
        .map(|result| (&result["ok"], &result["error"]["code"], &result["error"]["field"]))
        .collect();
    let no = &json!(false);
    assert_eq!(
        codes,
        [
            (no, &json!("invalid_email"), &json!("email")),
            (no, &json!("unknown_plan"), &json!("plan")),
            (no, &json!("invalid_person"), &Value::Null)
        ]
    );
    assert_eq!(people(&simulator), [json!({ "email": "ada@example.com" })]);
}

#[tokio::test]
async fn events_come_one_a_line() {
    let simulator = start(generous()).await;
    let lines = "{\"email\":\"ada@example.com\",\"name\":\"a\",\"time\":\"2026-11-22T10:00:00Z\"}\n\n{\"email\":\"ada@example.com\",\"name\":\"b\"}\n";
    let reply = send(&simulator, &ask("POST", "/v1/events").body("application/x-ndjson", lines)).await;
    assert_eq!((reply.status, reply.body), (202, json!({ "accepted": 2 })));
    let events = simulator.records("events");
    assert_eq!((events.len(), &events[1].values["name"]), (2, &json!("b")));
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before() {
    let simulator = start(generous()).await;
    let put = |key: &str, path: &str, plan: &str| {
        ask("PUT", path).header("idempotency-key", key).json(&json!({ "plan": plan }))
    };
    let path = "/v1/people/ada@example.com";
    for (key, path, plan, status, stored) in [
        ("k1", path, "free", 201, "free"),
        ("k2", path, "pro", 200, "pro"),
        ("k1", path, "free", 201, "pro"),
        ("k1", path, "pro", 422, "pro"),
        ("k1", "/v1/people/grace@example.com", "free", 422, "pro"),
        ("k3", path, "gold", 422, "pro"),
        ("k3", path, "gold", 422, "pro"),
    ] {
        let reply = send(&simulator, &put(key, path, plan)).await;
        assert_eq!(reply.status, status, "{key} {path} {plan}: {reply:?}");
        assert_eq!(people(&simulator), [json!({ "email": "ada@example.com", "plan": stored })], "{key} {plan}");
    }
    let reused = send(&simulator, &put("k1", path, "pro")).await;
    assert_eq!(reused.body["error"]["code"], "key_reused");
}

#[tokio::test]
async fn an_event_is_taken_once_also_when_its_answer_was_lost() {
    let simulator = start(generous()).await;
    let lines = "{\"email\":\"ada@example.com\",\"name\":\"a\"}\n{\"email\":\"ada@example.com\",\"name\":\"b\"}\n";
    let events =
        |key: &str| ask("POST", "/v1/events").header("idempotency-key", key).body("application/x-ndjson", lines);
    simulator.script([Fault::hangup(), Fault::hangup_after(1).after(1)]);
    let base = simulator.base_url();
    assert!(crate::support::drive::send(&base, &events("k1")).await.is_err());
    assert_eq!(send(&simulator, &events("k1")).await.status, 202);
    assert_eq!(simulator.records("events").len(), 2);
    // Who broke off in the middle has no answer to give again.
    assert!(crate::support::drive::send(&base, &events("k2")).await.is_err());
    assert_eq!(simulator.records("events").len(), 3);
    assert_eq!(send(&simulator, &events("k2")).await.status, 202);
    assert_eq!(send(&simulator, &events("k2")).await.status, 202);
    assert_eq!(simulator.records("events").len(), 5);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let simulator = start(Options { limits: Limits { minutely: 2 }, ..generous() }).await;
    for _ in 0..2 {
        assert_eq!(call(&simulator, "GET", "/v1/me", &Value::Null).await.status, 200);
    }
    let refused = call(&simulator, "GET", "/v1/me", &Value::Null).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (429, &json!("rate_limited")));
    let seconds: u64 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(simulator.limits_crossed(), 1);
}

#[tokio::test]
async fn a_token_ends_and_another_is_let_in() {
    let simulator = start(generous()).await;
    let status = async || call(&simulator, "GET", "/v1/me", &Value::Null).await.status;
    assert_eq!(status().await, 200);
    simulator.expire_token();
    assert_eq!(status().await, 401);
    simulator.rotate_token(TOKEN);
    assert_eq!(status().await, 200);
    assert!(simulator.journal().iter().all(|entry| entry.headers["x-acme-token"] == "REDACTED"));
}
