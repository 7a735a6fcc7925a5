//! Every class of reply that the simulator gives looks like a recorded one, or is listed as documented only.

use std::collections::BTreeSet;
use std::time::Duration;

use offtake_sim::zendesk::{Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start};
use crate::support::drive::{Ask, Reply, send};
use crate::support::listed::{Classed, Measure, all_driven, readme_lists};
use crate::support::recording::{self, Recording};

/// Classes that no recording shows.
const DOCUMENTED_ONLY: &[&str] = &[
    "DELETE organizations/{id} 204",
    "DELETE users/destroy_many 200",
    "DELETE users/{id} 404 RecordNotFound",
    "GET custom_objects 200",
    "GET custom_objects/{key}/fields 200",
    "GET custom_objects/{key}/records 200",
    "GET job_statuses 200",
    "GET job_statuses/{id} 200",
    "GET job_statuses/{id} 404 RecordNotFound",
    "GET organization_fields 200",
    "GET organizations/show_many 200",
    "GET ticket_fields 200",
    "GET tickets 200",
    "GET unknown 404 InvalidEndpoint",
    "GET users 200",
    "GET users 401 Couldn't authenticate you",
    "GET users 401 invalid_token",
    "GET users 429 APIRateLimitExceeded",
    "GET users/me 200",
    "GET users/{id}/identities 200",
    "POST custom_objects 201",
    "POST custom_objects/{key}/jobs 200",
    "POST custom_objects/{key}/jobs 400 Invalid attribute",
    "POST organizations 201",
    "POST organizations 422 RecordInvalid",
    "POST organizations/create_many 200",
    "POST organizations/create_or_update 200",
    "POST tickets 201",
    "POST tickets/create_many 200",
    "POST user_fields 201",
    "POST user_fields 422 RecordInvalid",
    "POST users 413 RequestEntityTooLarge",
    "POST users 415 UnsupportedMediaType",
    "POST users 422 RecordInvalid",
    "POST users/create_many 200",
    "POST users/create_many 400 Invalid attribute",
    "POST users/create_many 400 TooManyValues",
    "POST users/create_many 403 Forbidden",
    "POST users/create_many 429 TooManyJobs",
    "POST users/create_or_update 200",
    "PUT users/update_many 200",
    "PUT users/{id} 404 RecordNotFound",
    "PUT users/{id} 429 text",
];

/// The endpoint, the status, and the code of an error.
fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path = path.split('?').next().unwrap().trim_start_matches("/api/v2/").trim_end_matches(".json");
    let name = |part: &str| match part {
        _ if part.parse::<u64>().is_ok() || part.starts_with("V3-") => "{id}".to_owned(),
        "car" | "boat" => "{key}".to_owned(),
        _ => part.to_owned(),
    };
    let endpoint: Vec<String> = path.split('/').map(name).collect();
    let error = match (status < 400, &body["error"]) {
        (true, _) => "",
        (false, Value::String(code)) => code,
        (false, Value::Object(error)) => error["title"].as_str().unwrap(),
        _ => "text",
    };
    format!("{method} {} {status} {error}", endpoint.join("/")).trim_end().to_owned()
}

struct Account {
    simulator: Simulator,
    user: String,
    identity: String,
    organization: String,
}

impl Account {
    async fn start(options: Options) -> Self {
        let simulator = start(options).await;
        let ada = json!({ "user": { "name": "Ada", "alias": "A", "email": "ada@example.com", "external_id": "a1", "verified": true, "tags": ["x"],
            "user_fields": { "text_field": "t", "numeric_field": 3, "checkbox_field": true } } });
        let user = call(&simulator, "POST", "users", &ada).await.body["user"]["id"].to_string();
        let second = json!({ "user": { "email": "second@example.com" } });
        assert_eq!(call(&simulator, "PUT", &format!("users/{user}"), &second).await.status, 200);
        let identities = call(&simulator, "GET", &format!("users/{user}/identities"), &Value::Null).await;
        let identity = identities.body["identities"][1]["id"].to_string();
        let plain = json!({ "user": { "name": "P", "alias": "A", "email": "plain@example.com", "external_id": "p1",
            "verified": true, "user_fields": { "text_field": "t", "date_field": "2020-08-19" } } });
        assert_eq!(call(&simulator, "POST", "users", &plain).await.status, 201);
        let acme = json!({ "organization": { "name": "Acme", "external_id": "o1" } });
        let organization =
            call(&simulator, "POST", "organizations", &acme).await.body["organization"]["id"].to_string();
        assert!(simulator.add_custom_object("car", &[("seats", "integer")]));
        Self { simulator, user, identity, organization }
    }

    async fn run(&self, method: &str, path: &str, body: &str) -> Classed {
        let names = [("{user}", &self.user), ("{identity}", &self.identity), ("{organization}", &self.organization)];
        let path = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        let reply = call(&self.simulator, method, &path, &body).await;
        (class(method, &path, reply.status, &reply.body), reply)
    }
}

/// `{user}` and the like stand for what the account under test holds.
const CASES: &[(&str, &str, &str)] = &[
    ("GET", "user_fields.json", ""),
    ("GET", "users/{user}.json", ""),
    ("GET", "users/search.json?query=plain%40example.com", ""),
    ("GET", "users/search.json?query=nobody%40example.com", ""),
    (
        "POST",
        "users.json",
        r#"{"user":{"name":"B","alias":"MU","email":"b@example.com","tags":["x"],"user_fields":{"text_field":"t","numeric_field":3,"checkbox_field":true}}}"#,
    ),
    (
        "POST",
        "users/create_or_update.json",
        r#"{"user":{"verified":true,"email":"c@example.com","name":"C","external_id":"c1","tags":[]}}"#,
    ),
    (
        "PUT",
        "users/{user}.json",
        r#"{"user":{"name":"D","alias":null,"user_fields":{"text_field":"t","numeric_field":null,"date_field":"2020-08-19T20:50:04.000Z"},"tags":[]}}"#,
    ),
    ("PUT", "users/{user}.json", r#"{"user":{"alias":"BL","user_fields":{"date_field":null,"numeric_field":null}}}"#),
    ("PUT", "users/{user}/identities/{identity}/make_primary.json", "{}"),
    ("DELETE", "users/{user}.json", ""),
    ("GET", "users", ""),
    ("GET", "users/me.json", ""),
    ("POST", "users", r#"{"user":{"name":"B","email":"bad"}}"#),
    ("POST", "users/create_or_update", r#"{"user":{"external_id":"a1","alias":"X"}}"#),
    ("PUT", "users/1", r#"{"user":{"name":"D"}}"#),
    ("DELETE", "users/1", ""),
    ("GET", "users/{user}/identities", ""),
    ("POST", "users/create_many", r#"{"users":[{"name":"B"}]}"#),
    ("POST", "users/create_many", r#"{"users":[{"id":null}]}"#),
    ("PUT", "users/update_many", r#"{"users":[{"external_id":"a1","alias":"X"}]}"#),
    ("DELETE", "users/destroy_many?ids={user}", ""),
    ("POST", "organizations", r#"{"organization":{"name":"Two"}}"#),
    ("POST", "organizations", r#"{"organization":{"name":"Acme"}}"#),
    ("POST", "organizations/create_or_update", r#"{"organization":{"external_id":"o1","details":"D"}}"#),
    ("POST", "organizations/create_many", r#"{"organizations":[{"name":"Two"}]}"#),
    ("GET", "organizations/show_many?ids={organization}", ""),
    ("DELETE", "organizations/{organization}", ""),
    ("GET", "organization_fields", ""),
    ("POST", "tickets", r#"{"ticket":{"comment":{"body":"B"}}}"#),
    ("POST", "tickets/create_many", r#"{"tickets":[{"comment":{"body":"B"}}]}"#),
    ("GET", "tickets", ""),
    ("GET", "ticket_fields", ""),
    ("POST", "user_fields", r#"{"user_field":{"key":"k","title":"K","type":"text"}}"#),
    ("POST", "user_fields", r#"{"user_field":{"key":"k"}}"#),
    ("GET", "custom_objects", ""),
    ("POST", "custom_objects", r#"{"custom_object":{"key":"boat","title":"Boat","title_pluralized":"Boats"}}"#),
    ("GET", "custom_objects/car/fields", ""),
    ("GET", "custom_objects/car/records", ""),
    ("POST", "custom_objects/car/jobs", r#"{"job":{"action":"create","items":[{"name":"N"}]}}"#),
    ("POST", "custom_objects/car/jobs", r#"{"job":{"action":"upsert","items":[]}}"#),
    ("GET", "job_statuses", ""),
    ("GET", "job_statuses/V3-0", ""),
    ("GET", "unknown", ""),
];

async fn replies() -> Vec<Classed> {
    let mut replies = Vec::new();
    for (method, path, body) in CASES {
        replies.push(Account::start(generous()).await.run(method, path, body).await);
    }
    let account = Account::start(generous()).await;
    let users: Vec<Value> = (0..101).map(|n| json!({ "name": format!("N{n}") })).collect();
    replies.push(account.run("POST", "users/create_many", &json!({ "users": users }).to_string()).await);
    let queued = account.run("POST", "users/create_many", r#"{"users":[{"name":"B"},{}]}"#).await.1;
    let path = format!("job_statuses/{}", queued.body["job_status"]["id"].as_str().unwrap());
    replies.push(account.run("GET", &path, "").await);
    replies.extend(at_the_gate(&account.simulator).await);
    replies.extend(beyond_limits().await);
    replies
}

async fn at_the_gate(simulator: &Simulator) -> Vec<Classed> {
    let users = "/api/v2/users";
    let asks = [
        ("GET", Ask::new("GET", users)),
        ("GET", Ask::new("GET", users).bearer("other")),
        ("POST", Ask::new("POST", users).bearer(TOKEN).body("text/csv", "a")),
        ("POST", Ask::new("POST", users).bearer(TOKEN).body("application/json", "x".repeat(200_001))),
    ];
    let mut replies = Vec::new();
    for (method, ask) in asks {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        replies.push((class(method, users, reply.status, &reply.body), reply));
    }
    replies
}

async fn beyond_limits() -> Vec<Classed> {
    let create = ("POST", "users/create_many", r#"{"users":[{"name":"B"}]}"#);
    let with = |limits: Limits| Options { limits, job_takes: Duration::from_secs(9), ..generous() };
    let mut replies = Vec::new();
    for (options, (method, path, body)) in [
        (Options { bulk_users: false, ..generous() }, create),
        (with(Limits { open_jobs: 0, ..Limits::GENEROUS }), create),
        (
            with(Limits { user_updates_minutely: 1, ..Limits::GENEROUS }),
            ("PUT", "users/{user}", r#"{"user":{"alias":"A"}}"#),
        ),
        (with(Limits { minutely: 6, ..Limits::GENEROUS }), ("GET", "users", "")),
    ] {
        replies.push(Account::start(options).await.run(method, path, body).await);
    }
    replies
}

/// What documentation promises: the envelopes of errors, and the one of jobs.
fn plausible(reply: &Reply) -> Result<(), String> {
    let keys: BTreeSet<&str> = reply.body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    if reply.status >= 400 {
        let known = ["error", "description", "details", "max_count", "message", "error_description"];
        let fits = reply.body.is_null() || (keys.contains("error") && keys.iter().all(|key| known.contains(key)));
        return if fits { Ok(()) } else { Err(format!("an error with {keys:?}")) };
    }
    let Some(job) = reply.body.get("job_status").and_then(Value::as_object) else { return Ok(()) };
    let keys: BTreeSet<&str> = job.keys().map(String::as_str).collect();
    let expected = BTreeSet::from(["id", "url", "total", "progress", "status", "message", "results"]);
    if keys == expected { Ok(()) } else { Err(format!("a job with {keys:?}")) }
}

fn recordings() -> Vec<Recording> {
    recording::load("zendesk", "zendesk.com", class)
}

#[tokio::test]
async fn every_class_of_reply_is_recorded_or_listed() {
    let recordings = recordings();
    let measure = Measure {
        recordings: &recordings,
        documented_only: DOCUMENTED_ONLY,
        deviating: &[],
        telling: |name| name.starts_with("x-rate-limit") || name == "x-zendesk-api-version",
        plausible,
    };
    measure.hold(&replies().await);
}

#[test]
fn the_readme_lists_what_is_documented_only() {
    readme_lists("zendesk", DOCUMENTED_ONLY);
}

#[tokio::test]
async fn recorded_classes_are_all_driven() {
    all_driven(&recordings(), &replies().await, |_| true);
}
