//! The daily allocation, sessions that end, and tokens.

use offtake_sim::salesforce::{App, Limits, Options};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start};
use crate::support::drive::{Ask, Reply, send};

#[tokio::test]
async fn the_daily_allocation_is_told_and_kept() {
    let simulator = start(Options { limits: Limits { daily: 2, ..Limits::GENEROUS }, ..generous() }).await;
    for n in 1..=2 {
        let reply = call(&simulator, "GET", "sobjects", &Value::Null).await;
        assert_eq!(
            (reply.status, reply.headers["sforce-limit-info"].as_str()),
            (200, format!("api-usage={n}/2").as_str())
        );
    }
    let refused = call(&simulator, "GET", "sobjects", &Value::Null).await;
    assert_eq!((refused.status, &refused.body[0]["errorCode"]), (403, &json!("REQUEST_LIMIT_EXCEEDED")));
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(simulator.limits_crossed(), 1);
}

fn app() -> App {
    App {
        client_id: "key".to_owned(),
        client_secret: "secret".to_owned(),
        refresh_token: "refresh".to_owned(),
        username: "ada@example.com".to_owned(),
    }
}

async fn token(base: &str, form: &str) -> Reply {
    let ask = Ask::new("POST", "/services/oauth2/token").body("application/x-www-form-urlencoded", form);
    send(base, &ask).await.unwrap()
}

#[tokio::test]
async fn an_app_gets_a_session_when_the_old_one_has_ended() {
    let simulator = start(Options { app: Some(app()), ..generous() }).await;
    let base = simulator.base_url();
    simulator.expire_token();
    assert_eq!(call(&simulator, "GET", "sobjects", &Value::Null).await.status, 401);
    for form in [
        "grant_type=refresh_token&client_id=key&client_secret=secret&refresh_token=refresh",
        "grant_type=client_credentials&client_id=key&client_secret=secret",
    ] {
        let issued = token(&base, form).await;
        assert_eq!((issued.status, issued.body.get("expires_in")), (200, None), "{form}: the answer names no lifetime");
        assert_eq!(issued.body["instance_url"], base);
        let ask =
            Ask::new("GET", "/services/data/v68.0/sobjects").bearer(issued.body["access_token"].as_str().unwrap());
        assert_eq!(send(&base, &ask).await.unwrap().status, 200);
    }
    assert_eq!(call(&simulator, "GET", "sobjects", &Value::Null).await.status, 401, "{TOKEN} stays out");
}

#[tokio::test]
async fn grants_that_are_no_good_are_refused() {
    let simulator = start(Options { app: Some(app()), ..generous() }).await;
    for (form, error) in [
        ("grant_type=refresh_token&client_id=key&client_secret=secret&refresh_token=old", "invalid_grant"),
        ("grant_type=refresh_token&client_id=key&client_secret=wrong&refresh_token=refresh", "invalid_client"),
        ("grant_type=client_credentials&client_id=other&client_secret=secret", "invalid_client_id"),
        ("grant_type=password&client_id=key&client_secret=secret", "unsupported_grant_type"),
        ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b", "invalid_grant"),
        // {"alg":"RS256"} and {"iss":"key","sub":"ada@example.com","aud":"https://login.salesforce.com","exp":1}
        (
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrZXkiLCJzdWIiOiJhZ\
             GFAZXhhbXBsZS5jb20iLCJhdWQiOiJodHRwczovL2xvZ2luLnNhbGVzZm9yY2UuY29tIiwiZXhwIjoxfQ.c2ln",
            "invalid_grant",
        ),
    ] {
        let refused = token(&simulator.base_url(), form).await;
        assert_eq!((refused.status, &refused.body["error"]), (400, &json!(error)), "{form}: {}", refused.text);
    }
}
