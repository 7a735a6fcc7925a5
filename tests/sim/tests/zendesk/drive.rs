//! A Zendesk to test, and requests to it.

use std::time::Duration;

use offtake_sim::zendesk::{Limits, Options, Simulator};
use serde_json::{Value, json};

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "zendesk-test";

/// Jobs are done as soon as they are asked for.
pub(crate) fn generous() -> Options {
    let limits = Limits::GENEROUS;
    Options {
        token: TOKEN.to_owned(),
        limits,
        job_takes: Duration::ZERO,
        body_bytes_max: 200_000,
        ..Options::default()
    }
}

/// With the custom fields of the recorded account.
pub(crate) async fn start(options: Options) -> Simulator {
    let simulator = Simulator::start(options).await.unwrap();
    for (key, kind) in [
        ("text_field", "text"),
        ("multiline_field", "textarea"),
        ("numeric_field", "integer"),
        ("decimal_field", "decimal"),
        ("date_field", "date"),
        ("regex_field", "regexp"),
    ] {
        assert!(simulator.add_field("users", key, kind, &[]));
    }
    assert!(simulator.add_field("users", "dropdown_field", "dropdown", &["apple", "pear", "banana"]));
    let checkbox = json!({ "user_field": {
        "key": "checkbox_field", "title": "Checkbox Field", "type": "checkbox", "tag": "checkedbox" } });
    assert_eq!(call(&simulator, "POST", "user_fields", &checkbox).await.status, 201);
    simulator
}

/// Sends a request with the token and with `body`, unless that is null. The path is one below `/api/v2/`.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    let ask = Ask::new(method, &format!("/api/v2/{path}")).bearer(TOKEN).json(body);
    drive::send(&simulator.base_url(), &ask).await.unwrap()
}

/// Queues a job and returns what it came to.
pub(crate) async fn job(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Value {
    let queued = call(simulator, method, path, body).await;
    assert_eq!(queued.status, 200, "{path}: {queued:?}");
    let id = queued.body["job_status"]["id"].as_str().unwrap();
    call(simulator, "GET", &format!("job_statuses/{id}.json"), &Value::Null).await.body["job_status"].clone()
}

pub(crate) fn people(count: usize) -> Value {
    let user =
        |n| json!({ "name": format!("P{n}"), "email": format!("p{n}@example.com"), "external_id": format!("x{n}") });
    json!({ "users": (0..count).map(user).collect::<Vec<_>>() })
}
