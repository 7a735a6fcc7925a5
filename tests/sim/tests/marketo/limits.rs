//! Rates, quotas and concurrency, and tokens that end: all in answers of status 200.

use std::time::Duration;

use offtake_sim::marketo::{App, Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start, sync};
use crate::support::drive::{Ask, Reply, send};

fn code(reply: &Reply) -> (u16, &str, bool) {
    (
        reply.status,
        reply.body["errors"][0]["code"].as_str().unwrap_or_default(),
        reply.headers.contains_key("retry-after"),
    )
}

#[tokio::test]
async fn limits_are_refusals_with_status_200() {
    for (limits, refused, message) in [
        (Limits { in_20_seconds: 2, ..Limits::GENEROUS }, "606", "Max rate limit '2' exceeded with in '20' secs"),
        (Limits { daily: 2, ..Limits::GENEROUS }, "607", "Daily quota '2' reached"),
    ] {
        let simulator = start(Options { limits, ..generous() }).await;
        for _ in 0..2 {
            assert_eq!(call(&simulator, "GET", "lists.json", &Value::Null).await.body["success"], true);
        }
        let reply = call(&simulator, "GET", "lists.json", &Value::Null).await;
        assert_eq!(code(&reply), (200, refused, false));
        assert_eq!(reply.body["errors"][0]["message"], message);
        assert_eq!(simulator.limits_crossed(), 1);
    }
}

#[tokio::test]
async fn too_many_calls_at_once_are_refused() {
    let limits = Limits { at_once: 1, ..Limits::GENEROUS };
    let simulator = start(Options { limits, write_takes: Duration::from_secs(1), ..generous() }).await;
    let one = |email: &str| sync(&simulator, json!([{"email": email}]));
    let (first, second) = tokio::join!(one("a@example.com"), one("b@example.com"));
    let codes = [code(&first).1, code(&second).1];
    assert!(codes.contains(&"615") && codes.contains(&""), "{codes:?}");
    assert_eq!(
        call(&simulator, "GET", "lists.json", &Value::Null).await.body["success"],
        true,
        "the place is free again"
    );
}

async fn token(simulator: &Simulator, query: &str) -> Reply {
    send(&simulator.base_url(), &Ask::new("GET", &format!("/identity/oauth/token?{query}"))).await.unwrap()
}

#[tokio::test]
async fn a_token_is_given_again_while_it_lasts() {
    let app = App { client_id: "id".to_owned(), client_secret: "secret".to_owned() };
    let simulator = start(Options { app: Some(app), ..generous() }).await;
    let good = "grant_type=client_credentials&client_id=id&client_secret=secret";
    let first = token(&simulator, good).await;
    assert_eq!(
        (first.status, &first.body["token_type"], &first.body["access_token"]),
        (200, &json!("bearer"), &json!(TOKEN))
    );
    assert!(first.body["expires_in"].as_u64().unwrap() <= 3_600);
    assert_eq!(token(&simulator, good).await.body["access_token"], TOKEN);
    simulator.expire_token();
    assert_eq!(code(&call(&simulator, "GET", "lists.json", &Value::Null).await), (200, "602", false));
    let next = token(&simulator, good).await;
    let next = next.body["access_token"].as_str().unwrap();
    assert_ne!(next, TOKEN);
    let ask = Ask::new("GET", "/rest/v1/lists.json").bearer(next);
    assert_eq!(send(&simulator.base_url(), &ask).await.unwrap().body["success"], true);
    for (query, status, error) in [
        ("grant_type=client_credentials&client_id=id&client_secret=wrong", 401, "invalid_client"),
        ("grant_type=password&client_id=id&client_secret=secret", 400, "unsupported_grant_type"),
    ] {
        let refused = token(&simulator, query).await;
        assert_eq!((refused.status, refused.body["error"].as_str()), (status, Some(error)));
    }
}
