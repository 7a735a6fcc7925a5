//! Illegal requests: each is refused as Zendesk does, and stores nothing.

use offtake_sim::zendesk::{Options, Record, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, job, start};
use crate::support::drive::{Ask, send};

/// A method, a path, a body, the status, and a part of the body of the refusal.
type Rule = (&'static str, &'static str, &'static str, u16, &'static str);

const REFUSED: &[Rule] = &[
    ("POST", "users/create_many", r#"{"user":[]}"#, 400, "Required parameter missing: users"),
    ("POST", "users/create_many", r#"{"users":{}}"#, 400, "users must be an array"),
    ("POST", "users/create_many", r#"{"users":["x"]}"#, 400, "users.0 must be an object"),
    (
        "POST",
        "users/create_many",
        r#"{"users":[{"name":"A","id":null}]}"#,
        400,
        "users.0.id must be an integer from api/v2/users/create_many",
    ),
    ("POST", "users/create_many", r#"{"users":[{"name":"A"},{"name":17}]}"#, 400, "users.1.name must be a string"),
    (
        "POST",
        "users/create_many",
        r#"{"users":[{"name":"A","user_fields":[]}]}"#,
        400,
        "users.0.user_fields must be an object",
    ),
    ("POST", "users", r#"{"user":{"email":"x@example.com"}}"#, 422, "Name: cannot be blank"),
    ("POST", "users", r#"{"user":{"name":"  "}}"#, 422, "BlankValue"),
    ("POST", "users", r#"{"user":{"name":"A","email":"nobody"}}"#, 422, "Email: nobody is not properly formatted"),
    ("POST", "users", r#"{"user":{"name":"A","email":"ADA@example.com"}}"#, 422, "already being used by another user"),
    ("POST", "users", r#"{"user":{"name":"A","external_id":"a1"}}"#, 422, "External: has already been taken"),
    ("POST", "users", r#"{"user":{"name":"A","role":"king"}}"#, 422, "Role: is invalid"),
    ("POST", "users", r#"{"user":{"name":"A","user_fields":{"numeric_field":"x"}}}"#, 422, "InvalidValue"),
    ("POST", "users", r#"{"user":{"name":"A","user_fields":{"dropdown_field":"plum"}}}"#, 422, "InvalidValue"),
    ("POST", "users", r#"{"user":{"name":"A","user_fields":{"date_field":"tomorrow"}}}"#, 422, "InvalidValue"),
    ("POST", "users/create_or_update", r#"{"user":{"email":"new@example.com"}}"#, 422, "Name: cannot be blank"),
    ("PUT", "users/999", r#"{"user":{"name":"A"}}"#, 404, "RecordNotFound"),
    ("DELETE", "users/999", "", 404, "RecordNotFound"),
    ("GET", "users/999.json", "", 404, "RecordNotFound"),
    ("GET", "users/me2", "", 404, "InvalidEndpoint"),
    ("GET", "users/show_many", "", 400, "ids"),
    ("DELETE", "users/destroy_many", "", 400, "ids"),
    ("POST", "organizations", r#"{"organization":{"name":"acme"}}"#, 422, "Name: acme has already been taken"),
    (
        "POST",
        "organizations/create_or_update",
        r#"{"organization":{"name":"Acme","external_id":"other"}}"#,
        422,
        "DuplicateValue",
    ),
    ("POST", "organizations/create_or_update_many", r#"{"organizations":[]}"#, 404, "InvalidEndpoint"),
    ("POST", "tickets", r#"{"ticket":{"subject":"S"}}"#, 422, "Description: cannot be blank"),
    ("POST", "tickets", r#"{"ticket":{"comment":{"body":"B"},"priority":"extreme"}}"#, 422, "Priority: is invalid"),
    ("POST", "tickets/create_or_update_many", r#"{"tickets":[]}"#, 404, "InvalidEndpoint"),
    ("POST", "custom_objects/boat/jobs", r#"{"job":{"action":"create","items":[]}}"#, 404, "RecordNotFound"),
    ("POST", "custom_objects/car/jobs", r#"{"job":{"action":"upsert","items":[]}}"#, 400, "job.action"),
    ("POST", "custom_objects/car/jobs", r#"{"job":{"action":"create"}}"#, 400, "job.items"),
    (
        "POST",
        "custom_objects/car/jobs",
        r#"{"job":{"action":"delete","items":[{"id":"x"}]}}"#,
        400,
        "job.items.0 must be a string",
    ),
    ("POST", "user_fields", r#"{"user_field":{"key":"text_field","title":"T","type":"text"}}"#, 422, "DuplicateValue"),
    ("POST", "user_fields", r#"{"user_field":{"key":"k","title":"T","type":"colour"}}"#, 422, "Type: is invalid"),
    ("GET", "job_statuses/V3-0", "", 404, "RecordNotFound"),
    ("GET", "nothing", "", 404, "InvalidEndpoint"),
];

async fn seeded(options: Options) -> Simulator {
    let simulator = start(options).await;
    let ada = json!({ "user": { "name": "Ada", "email": "ada@example.com", "external_id": "a1" } });
    assert_eq!(call(&simulator, "POST", "users", &ada).await.status, 201);
    let acme = json!({ "organization": { "name": "Acme" } });
    assert_eq!(call(&simulator, "POST", "organizations", &acme).await.status, 201);
    assert!(simulator.add_custom_object("car", &[("seats", "integer")]));
    simulator
}

fn contents(simulator: &Simulator) -> Vec<Record> {
    ["users", "organizations", "tickets", "car"].iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let simulator = seeded(generous()).await;
    let before = contents(&simulator);
    let many = |wrapper: &str, count: usize| {
        let records: Vec<Value> = (0..count).map(|n| json!({ "name": format!("N{n}") })).collect();
        json!({ wrapper: records })
    };
    let mut rules: Vec<(String, String, Value, u16, &str)> = Vec::new();
    for (method, path, body, status, says) in REFUSED {
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        rules.push(((*method).to_owned(), (*path).to_owned(), body, *status, says));
    }
    let too_many = "Parameter  cannot specify more than 100 values";
    for (method, path) in [("POST", "create_many"), ("POST", "create_or_update_many"), ("PUT", "update_many")] {
        rules.push((method.to_owned(), format!("users/{path}.json"), many("users", 101), 400, too_many));
    }
    let items = many("items", 101)["items"].clone();
    let cars = json!({ "job": { "action": "create", "items": items } });
    rules.push(("POST".to_owned(), "custom_objects/car/jobs".to_owned(), cars, 400, too_many));
    let ids: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    rules.push(("DELETE".to_owned(), format!("users/destroy_many?ids={}", ids.join(",")), Value::Null, 400, too_many));
    for (method, path, body, status, says) in rules {
        let reply = call(&simulator, &method, &path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}: {reply:?}");
        assert!(reply.text.contains(says), "{method} {path} {body}: {reply:?}");
        assert_eq!(contents(&simulator), before, "{method} {path} {body} stored something");
    }
    assert_eq!(call(&simulator, "POST", "users/create_many", &many("users", 100)).await.status, 200);
}

#[tokio::test]
async fn what_a_job_refuses_it_names_and_does_not_store() {
    let simulator = seeded(generous()).await;
    let before = contents(&simulator);
    for (method, path, body, says) in [
        ("POST", "users/create_many", r#"{"users":[{"email":"x@example.com"}]}"#, "Name: cannot be blank"),
        ("POST", "users/create_many", r#"{"users":[{"name":"A","email":"ada@example.com"}]}"#, "already being used"),
        (
            "POST",
            "users/create_or_update_many",
            r#"{"users":[{"external_id":"A1","email":"bad"}]}"#,
            "not properly formatted",
        ),
        ("PUT", "users/update_many", r#"{"users":[{"id":999,"name":"A"}]}"#, "not found"),
        ("PUT", "users/update_many", r#"{"users":[{"external_id":"nobody","name":"A"}]}"#, "not found"),
        ("PUT", "tickets/update_many", r#"{"tickets":[{"id":999,"subject":"A"}]}"#, "not found"),
        ("DELETE", "tickets/destroy_many?ids=999", "null", "not found"),
        (
            "POST",
            "custom_objects/car/jobs",
            r#"{"job":{"action":"create_or_update_by_external_id","items":[{"name":"A"}]}}"#,
            "External: cannot be blank",
        ),
        (
            "POST",
            "custom_objects/car/jobs",
            r#"{"job":{"action":"update","items":[{"id":"x","name":"A"}]}}"#,
            "Record not found",
        ),
        (
            "POST",
            "custom_objects/car/jobs",
            r#"{"job":{"action":"create","items":[{"name":"A","custom_object_fields":{"seats":"x"}}]}}"#,
            "Seats: is invalid",
        ),
    ] {
        let ended = job(&simulator, method, path, &serde_json::from_str(body).unwrap()).await;
        assert_eq!(ended["status"], "failed", "{path} {body}: {ended}");
        assert!(ended["results"][0]["details"].as_str().unwrap().contains(says), "{path} {body}: {ended}");
        assert_eq!(contents(&simulator), before, "{path} {body} stored something");
    }
}

#[tokio::test]
async fn a_request_must_carry_the_token_in_its_header_and_json_in_its_body() {
    let simulator = seeded(generous()).await;
    let before = contents(&simulator);
    let body = r#"{"user":{"name":"A"}}"#;
    let users = "/api/v2/users.json";
    let ask = |path: &str| Ask::new("POST", path);
    for (name, ask, status, error) in [
        ("no token", ask(users).body("application/json", body), 401, "Couldn't authenticate you"),
        ("wrong token", ask(users).bearer("other").body("application/json", body), 401, "invalid_token"),
        ("basic", ask(users).header("authorization", "Basic YTpi").body("application/json", body), 401, "Couldn't"),
        ("in query", ask(&format!("{users}?access_token={TOKEN}")).body("application/json", body), 401, "Couldn't"),
        ("a form", ask(users).bearer(TOKEN).body("application/x-www-form-urlencoded", "a=b"), 415, "Unsupported"),
        ("broken", ask(users).bearer(TOKEN).body("application/json", "{"), 400, "Unprocessable"),
        ("large", ask(users).bearer(TOKEN).body("application/json", "x".repeat(200_001)), 413, "too large"),
        ("old path", ask("/api/v1/users.json").bearer(TOKEN).body("application/json", body), 404, "InvalidEndpoint"),
    ] {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        assert!(reply.text.contains(error), "{name}: {reply:?}");
        assert_eq!(contents(&simulator), before, "{name} stored something");
    }
}

#[tokio::test]
async fn bulk_import_has_to_be_enabled() {
    let simulator = start(Options { bulk_users: false, ..generous() }).await;
    for path in ["users/create_many", "users/create_or_update_many"] {
        let reply = call(&simulator, "POST", path, &json!({ "users": [{ "name": "A" }] })).await;
        assert_eq!((reply.status, &reply.body["error"]["title"]), (403, &json!("Forbidden")));
    }
    assert!(simulator.records("users").is_empty());
}
