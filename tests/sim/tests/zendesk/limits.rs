//! Limits: what they refuse, and what they say of when to come back.

use std::time::Duration;

use offtake_sim::zendesk::{Fault, Limits, Options};
use serde_json::{Value, json};

use super::drive::{call, generous, people, start};

#[tokio::test]
async fn requests_a_minute_are_counted_down() {
    // The eight fields of the account take one request.
    let limits = Limits { minutely: 3, ..Limits::GENEROUS };
    let simulator = start(Options { limits, ..generous() }).await;
    for left in ["1", "0"] {
        let reply = call(&simulator, "GET", "users", &Value::Null).await;
        assert_eq!((reply.status, reply.headers["x-rate-limit-remaining"].as_str()), (200, left));
        assert_eq!(reply.headers["ratelimit-limit"], "3");
    }
    let refused = call(&simulator, "GET", "users", &Value::Null).await;
    assert_eq!((refused.status, &refused.body["error"]), (429, &json!("APIRateLimitExceeded")));
    let seconds: u64 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(simulator.limits_crossed(), 1);
}

#[tokio::test]
async fn one_user_is_changed_five_times_a_minute() {
    let limits = Limits { user_updates_minutely: 5, ..Limits::GENEROUS };
    let simulator = start(Options { limits, ..generous() }).await;
    let made = call(&simulator, "POST", "users", &json!({ "user": { "name": "Ada" } })).await;
    let path = format!("users/{}.json", made.body["user"]["id"]);
    let change = json!({ "user": { "alias": "A" } });
    for _ in 0..5 {
        assert_eq!(call(&simulator, "PUT", &path, &change).await.status, 200);
    }
    let refused = call(&simulator, "PUT", &path, &change).await;
    assert_eq!((refused.status, refused.headers["content-type"].as_str()), (429, "text/plain"));
    assert!(
        refused.headers.contains_key("retry-after") && refused.text.starts_with("You have exceeded"),
        "{refused:?}"
    );
    assert_eq!(simulator.limits_crossed(), 1);
}

#[tokio::test]
async fn thirty_jobs_are_open_at_once() {
    let limits = Limits { open_jobs: 30, ..Limits::GENEROUS };
    let simulator = start(Options { limits, job_takes: Duration::from_secs(60), ..generous() }).await;
    for _ in 0..30 {
        assert_eq!(call(&simulator, "POST", "users/create_many", &people(1)).await.status, 200);
    }
    let refused = call(&simulator, "POST", "users/create_many", &people(1)).await;
    assert_eq!((refused.status, &refused.body["error"]), (429, &json!("TooManyJobs")));
    simulator.kill_jobs();
    assert_eq!(call(&simulator, "POST", "users/create_many", &people(1)).await.status, 200);
    assert_eq!(simulator.limits_crossed(), 1);
}

#[tokio::test]
async fn a_fault_cuts_a_batch_in_its_wrapper() {
    let simulator = start(generous()).await;
    assert!(simulator.add_custom_object("car", &[]));
    let items: Vec<Value> = (0..5).map(|n| json!({ "name": format!("N{n}") })).collect();
    let cars = json!({ "job": { "action": "create", "items": items } });
    for (path, body, object) in [("users/create_many", people(5), "users"), ("custom_objects/car/jobs", cars, "car")] {
        simulator.script([Fault { answer: offtake_sim::Answer::Honest, ..Fault::hangup_after(2) }]);
        assert_eq!(call(&simulator, "POST", path, &body).await.body["job_status"]["total"], 2);
        assert_eq!(simulator.records(object).len(), 2, "{object}");
    }
}
