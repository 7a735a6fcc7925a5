//! Limits, faults, and the life of the server itself.

use std::time::{Duration, Instant};

use offtake_sim::hubspot::{Fault, Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, send, start};
use super::people::{CONTACTS, people, upsert};

#[tokio::test]
async fn limits_refuse_without_saying_when_to_come_back() {
    let limits = Limits { secondly: 2, ..Limits::default() };
    let simulator = Simulator::start(Options { limits, search_secondly: 1, ..generous() }).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(call(&simulator, "GET", CONTACTS, &Value::Null).await);
    }
    let refused = &statuses[2];
    assert_eq!([200, 200, 429], [statuses[0].status, statuses[1].status, refused.status]);
    assert_eq!(refused.body["category"], "RATE_LIMITS");
    assert_eq!(refused.body["policyName"], "SECONDLY");
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(refused.headers["x-hubspot-ratelimit-secondly-remaining"], "0");
    let search = format!("{CONTACTS}/search");
    assert_eq!(call(&simulator, "POST", &search, &json!({})).await.status, 200);
    let refused = call(&simulator, "POST", &search, &json!({})).await;
    assert_eq!(refused.status, 429);
    assert!(!refused.headers.contains_key("x-hubspot-ratelimit-remaining"));
}

#[tokio::test]
async fn faults_strike_as_scripted() {
    let simulator = start(generous()).await;
    simulator.script([
        Fault::reply(503, r#"{"status":"error"}"#).with_header("retry-after", "7"),
        Fault::hangup_after(2),
        Fault::huge(100_000),
        Fault::garbage(),
        Fault::delay(200),
    ]);
    let refused = upsert(&simulator, &people(0..5)).await;
    assert_eq!((refused.status, refused.headers["retry-after"].as_str()), (503, "7"));
    assert!(simulator.records("contacts").is_empty());

    let (base, token) = (simulator.base_url(), format!("Bearer {TOKEN}"));
    let path = format!("{CONTACTS}/batch/upsert");
    let body = people(0..5).to_string();
    assert!(send(&base, "POST", &path, Some(&token), body).await.is_err());
    assert_eq!(simulator.records("contacts").len(), 2);
    let lost = &simulator.journal()[1];
    assert_eq!(lost.status, None);
    let asked = lost.body.as_ref().unwrap();
    assert_eq!(asked["inputs"].as_array().unwrap().len(), 5);

    let huge = upsert(&simulator, &people(0..5)).await;
    assert!(huge.bytes >= 100_000);
    let garbage = upsert(&simulator, &people(5..6)).await;
    assert_eq!((garbage.status, &garbage.body), (200, &Value::Null));
    assert!(garbage.text.starts_with("<html>"), "{garbage:?}");
    assert_eq!(simulator.records("contacts").len(), 6);

    let before = Instant::now();
    assert_eq!(upsert(&simulator, &people(0..1)).await.status, 200);
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn an_answer_is_torn_until_the_faults_are_healed() {
    let simulator = start(generous()).await;
    simulator.script([Fault::torn().on("batch/upsert").times(2)]);
    let (base, path) = (simulator.base_url(), format!("{CONTACTS}/batch/upsert"));
    let token = format!("Bearer {TOKEN}");
    let torn = send(&base, "POST", &path, Some(&token), people(0..5).to_string()).await.unwrap_err();
    assert!(!torn.to_string().contains("refused"), "{torn}");
    assert_eq!((simulator.records("contacts").len(), simulator.journal()[0].status), (5, Some(200)));
    simulator.heal();
    assert_eq!(upsert(&simulator, &people(0..5)).await.status, 200);
}

#[tokio::test]
async fn a_token_is_rotated_and_a_property_added_from_rust() {
    let simulator = start(generous()).await;
    let definition =
        json!({ "name": "score", "label": "Score", "type": "number", "fieldType": "number", "groupName": "g" });
    assert!(simulator.add_property("contacts", &definition));
    assert!(!simulator.add_property("contacts", &definition), "it is there already");
    assert!(!simulator.add_property("nothings", &definition));
    let path = "/crm/properties/2026-03/contacts/score";
    assert_eq!(call(&simulator, "GET", path, &Value::Null).await.body["type"], "number");
    simulator.rotate_token("another");
    assert_eq!(call(&simulator, "GET", path, &Value::Null).await.status, 401);
    let rotated = send(&simulator.base_url(), "GET", path, Some("Bearer another"), String::new()).await.unwrap();
    assert_eq!(rotated.status, 200);
}

#[tokio::test]
async fn faults_and_stores_are_reachable_without_a_token() {
    let simulator = start(generous()).await;
    let faults = json!([{ "path": "batch/upsert", "store": { "first": 1 }, "answer": { "reply": { "status": 502 } } }]);
    let base = simulator.base_url();
    let scripted = send(&base, "POST", "/_sim/faults", None, faults.to_string()).await.unwrap();
    assert_eq!(scripted.status, 204);
    let reply = upsert(&simulator, &people(0..3)).await;
    assert_eq!(reply.status, 502);
    let get = async |path: &str| send(&base, "GET", path, None, String::new()).await.unwrap().body;
    assert_eq!(get("/_sim/records/contacts").await.as_array().unwrap().len(), 1);
    let journal = get("/_sim/journal").await;
    assert_eq!(journal[0]["status"], 502);
    assert_eq!(journal[0]["headers"]["authorization"], "Bearer REDACTED");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_in_the_journal_as_text() {
    let simulator = start(generous()).await;
    let cases = [("{\"a\":1}", Some(json!({ "a": 1 })), None), ("a=1&b=2", None, Some("a=1&b=2")), ("", None, None)];
    for (sent, ..) in &cases {
        let token = format!("Bearer {TOKEN}");
        send(&simulator.base_url(), "POST", CONTACTS, Some(&token), (*sent).to_owned()).await.unwrap();
    }
    for (entry, (_, body, text)) in simulator.take_journal().into_iter().zip(cases) {
        assert_eq!((entry.body, entry.text.as_deref()), (body, text));
    }
    assert!(simulator.journal().is_empty());
}

#[tokio::test]
async fn what_the_limits_refuse_is_counted_and_what_is_scripted_is_not() {
    let limits = Limits { secondly: 1, ..Limits::default() };
    let simulator = Simulator::start(Options { limits, ..generous() }).await.unwrap();
    simulator.script([Fault::reply(429, "{}")]);
    for status in [429, 200, 429] {
        assert_eq!(call(&simulator, "GET", CONTACTS, &Value::Null).await.status, status);
    }
    assert_eq!(simulator.limits_crossed(), 1);
    let base = simulator.base_url();
    let shown = send(&base, "GET", "/_sim/limits", None, String::new()).await.unwrap();
    assert_eq!(shown.body, json!({ "crossed": 1 }));
}

#[tokio::test]
async fn an_expired_token_is_let_in_no_more() {
    let simulator = start(generous()).await;
    let base = simulator.base_url();
    assert_eq!(send(&base, "POST", "/_sim/expire-token", None, String::new()).await.unwrap().status, 204);
    assert_eq!(call(&simulator, "GET", CONTACTS, &Value::Null).await.status, 401);
}

#[tokio::test]
async fn a_stopped_simulator_is_gone() {
    let simulator = start(generous()).await;
    let address = simulator.addr();
    simulator.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn only_loopback_is_served() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(Simulator::start(options).await.is_err());
}

#[tokio::test]
async fn twenty_thousand_records_take_seconds() {
    let simulator = start(generous()).await;
    let before = Instant::now();
    for batch in 0..200 {
        assert_eq!(upsert(&simulator, &people(batch * 100..(batch + 1) * 100)).await.status, 200);
    }
    assert_eq!(simulator.records("contacts").len(), 20_000);
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
}
