//! Every class of reply that the simulator gives looks like a recorded one, or is listed as documented only.

use std::collections::BTreeSet;

use offtake_sim::marketo::{App, Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start, sync};
use crate::support::drive::{Ask, Reply, send};
use crate::support::listed::{Classed, Measure, all_driven, readme_lists};
use crate::support::recording::{self, Recording};

/// Classes that no recording shows.
const DOCUMENTED_ONLY: &[&str] = &[
    "GET bulk/v1/leads/batch/{id} 200",
    "GET bulk/v1/leads/batch/{id} 200 1003",
    "GET bulk/v1/leads/batch/{id}/failures 200",
    "GET bulk/v1/leads/batch/{id}/warnings 200",
    "GET identity/oauth/token 401",
    "GET v1/companies/describe 200",
    "GET v1/customobjects 200",
    "GET v1/customobjects/{custom}/describe 200",
    "GET v1/lead/{id} 200",
    "GET v1/leads 200 701",
    "GET v1/leads/describe 200",
    "GET v1/leads/describe2 200",
    "GET v1/lists 200",
    "GET v1/lists 200 601",
    "GET v1/lists 200 602",
    "GET v1/lists 200 606",
    "GET v1/lists 200 607",
    "GET v1/nothing 200 610",
    "GET v1/stats/usage 200",
    "POST bulk/v1/leads 200",
    "POST v1/companies 200",
    "POST v1/customobjects/{custom} 200",
    "POST v1/customobjects/{custom}/delete 200 skipped 1013",
    "POST v1/leads 200 609",
    "POST v1/leads 200 612",
    "POST v1/leads 200 702",
    "POST v1/leads 200 skipped 1004",
    "POST v1/leads 413",
    "POST v1/leads/delete 200",
    "POST v1/lists/{id}/leads 200 1013",
    "PUT v1/leads 200 605",
];

/// The endpoint, the status, and the code of the refusal, or of the first reason why a record was skipped.
fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path =
        path.split('?').next().unwrap().trim_start_matches('/').trim_start_matches("rest/").trim_end_matches(".json");
    let name = |part: &str| match part {
        _ if part.parse::<u64>().is_ok() => "{id}".to_owned(),
        "car_c" => "{custom}".to_owned(),
        _ => part.to_owned(),
    };
    let endpoint: Vec<String> = path.split('/').map(name).collect();
    let results = body["result"].as_array().cloned().unwrap_or_default();
    let skipped = results.iter().find_map(|result| result["reasons"][0]["code"].as_str().map(str::to_owned));
    let code = match body["errors"][0]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => skipped.map(|code| format!("skipped {code}")).unwrap_or_default(),
    };
    format!("{method} {} {status} {code}", endpoint.join("/")).trim_end().to_owned()
}

struct Instance {
    simulator: Simulator,
}

impl Instance {
    async fn start(options: Options) -> Self {
        let app = App { client_id: "id".to_owned(), client_secret: "secret".to_owned() };
        let simulator = start(Options { app: Some(app), ..options }).await;
        let ada =
            json!([{"email": "ada@example.com", "firstName": "Ada", "lastName": "A"}, {"email": "grace@example.com"}]);
        assert_eq!(sync(&simulator, ada).await.body["success"], true);
        simulator.add_list("High Value");
        call(&simulator, "POST", "lists/1159/leads.json", &json!({"input": [{"id": 7149}]})).await;
        Self { simulator }
    }

    async fn run(&self, method: &str, path: &str, kind: &str, body: &str) -> Classed {
        let ask = Ask::new(method, path).bearer(TOKEN);
        let ask = if body.is_empty() { ask } else { ask.body(kind, body) };
        let reply = send(&self.simulator.base_url(), &ask).await.unwrap();
        (class(method, path, reply.status, &reply.body), reply)
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=b";

const CASES: &[(&str, &str, &str, &str)] = &[
    ("GET", "/identity/oauth/token?grant_type=client_credentials&client_id=id&client_secret=secret", JSON, ""),
    ("GET", "/identity/oauth/token?grant_type=client_credentials&client_id=id&client_secret=x", JSON, ""),
    ("GET", "/rest/v1/leads.json?filterType=email&filterValues=nobody%40example.com", JSON, ""),
    ("GET", "/rest/v1/leads.json", JSON, ""),
    ("POST", "/rest/v1/leads.json", JSON, r#"{"input":[{"email":"new@example.com"}]}"#),
    (
        "POST",
        "/rest/v1/leads.json",
        JSON,
        r#"{"lookupField":"id","action":"updateOnly","input":[{"id":7149,"firstName":"B"}]}"#,
    ),
    (
        "POST",
        "/rest/v1/leads.json",
        JSON,
        r#"{"input":[{"email":"ada@example.com"},{"email":"grace@example.com","email_field":"bademail"}]}"#,
    ),
    ("POST", "/rest/v1/leads.json", JSON, r#"{"action":"updateOnly","input":[{"email":"nobody@example.com"}]}"#),
    ("POST", "/rest/v1/leads.json?_method=DELETE", JSON, r#"{"input":[{"id":7150}]}"#),
    ("POST", "/rest/v1/leads.json", JSON, r#"{"input":[]}"#),
    ("POST", "/rest/v1/leads.json", JSON, "{"),
    ("POST", "/rest/v1/leads/delete.json", JSON, r#"{"input":[{"id":7150}]}"#),
    ("GET", "/rest/v1/lead/7149.json", JSON, ""),
    ("GET", "/rest/v1/leads/describe.json", JSON, ""),
    ("GET", "/rest/v1/leads/describe2.json", JSON, ""),
    ("GET", "/rest/v1/lists.json", JSON, ""),
    ("POST", "/rest/v1/list/1159/leads.json", FORM, "listId=1159&_method=GET"),
    ("POST", "/rest/v1/lists/1159/leads.json", JSON, r#"{"input":[{"id":7149},{"id":7150}]}"#),
    ("POST", "/rest/v1/lists/1/leads.json", JSON, r#"{"input":[{"id":7149}]}"#),
    ("DELETE", "/rest/v1/lists/1159/leads.json?id=7149", JSON, ""),
    ("DELETE", "/rest/v1/lists/1159/leads.json?id=7149&id=7150", JSON, ""),
    ("GET", "/rest/asset/v1/staticList/byName.json?name=None", JSON, ""),
    (
        "POST",
        "/rest/asset/v1/staticLists.json",
        FORM,
        "name=New&folder=%7B%22type%22%3A%22Folder%22%2C%22id%22%3A12%7D",
    ),
    ("POST", "/rest/asset/v1/staticList/1159/delete.json", JSON, ""),
    ("GET", "/rest/v1/stats/usage.json", JSON, ""),
    ("POST", "/rest/v1/companies.json", JSON, r#"{"input":[{"externalCompanyId":"c"}]}"#),
    ("GET", "/rest/v1/companies/describe.json", JSON, ""),
    ("GET", "/rest/v1/customobjects.json", JSON, ""),
    ("GET", "/rest/v1/customobjects/car_c/describe.json", JSON, ""),
    ("POST", "/rest/v1/customobjects/car_c.json", JSON, r#"{"input":[{"vin":"v"}]}"#),
    ("POST", "/rest/v1/customobjects/car_c/delete.json", JSON, r#"{"input":[{"vin":"v"}]}"#),
    (
        "POST",
        "/bulk/v1/leads.json?format=csv",
        PARTS,
        "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nemail\nb@example.com\n\r\n--b--\r\n",
    ),
    ("GET", "/bulk/v1/leads/batch/1022.json", JSON, ""),
    ("GET", "/rest/v1/nothing.json", JSON, ""),
    ("PUT", "/rest/v1/leads.json", JSON, "{}"),
];

async fn replies() -> Vec<Classed> {
    let mut replies = Vec::new();
    for (method, path, kind, body) in CASES {
        replies.push(Instance::start(generous()).await.run(method, path, kind, body).await);
    }
    let instance = Instance::start(generous()).await;
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nemail\nb@example.com\n\r\n--b--\r\n";
    instance.run("POST", "/bulk/v1/leads.json?format=csv", PARTS, file).await;
    for path in ["1022.json", "1022/failures.json", "1022/warnings.json"] {
        replies.push(instance.run("GET", &format!("/bulk/v1/leads/batch/{path}"), JSON, "").await);
    }
    replies.push(instance.run("POST", "/rest/v1/leads.json", JSON, &"x".repeat(1_048_577)).await);
    replies.push(instance.run("POST", "/rest/v1/leads.json", "text/plain", "{}").await);
    let path = "/rest/v1/lists.json";
    let unknown = send(&instance.simulator.base_url(), &Ask::new("GET", path)).await.unwrap();
    replies.push((class("GET", path, unknown.status, &unknown.body), unknown));
    instance.simulator.expire_token();
    replies.push(instance.run("GET", path, JSON, "").await);
    // The instance itself takes two calls to set up.
    for limits in [Limits { in_20_seconds: 2, ..Limits::GENEROUS }, Limits { daily: 2, ..Limits::GENEROUS }] {
        replies.push(Instance::start(Options { limits, ..generous() }).await.run("GET", path, JSON, "").await);
    }
    replies
}

/// What documentation promises: the envelope, with results or with errors, of which each has a code of digits as text.
fn plausible(reply: &Reply) -> Result<(), String> {
    let Some(body) = reply.body.as_object().filter(|body| body.contains_key("requestId")) else { return Ok(()) };
    let keys: BTreeSet<&str> = body.keys().map(String::as_str).collect();
    let known = ["requestId", "success", "result", "errors", "warnings", "nextPageToken", "moreResult"];
    if !keys.iter().all(|key| known.contains(key)) {
        return Err(format!("an envelope with {keys:?}"));
    }
    match body["success"].as_bool() {
        Some(true) => Ok(()),
        Some(false) if body["errors"][0]["code"].as_str().is_some_and(|code| code.parse::<u32>().is_ok()) => Ok(()),
        _ => Err("a refusal without a code".to_owned()),
    }
}

fn recordings() -> Vec<Recording> {
    recording::load("marketo", "mktorest.com", class)
}

#[tokio::test]
async fn every_class_of_reply_is_recorded_or_listed() {
    let recordings = recordings();
    let measure = Measure {
        recordings: &recordings,
        documented_only: DOCUMENTED_ONLY,
        deviating: &[],
        telling: |name| name == "cache-control" || name == "pragma",
        plausible,
    };
    measure.hold(&replies().await);
}

#[test]
fn the_readme_lists_what_is_documented_only() {
    readme_lists("marketo", DOCUMENTED_ONLY);
}

#[tokio::test]
async fn recorded_classes_are_all_driven() {
    all_driven(&recordings(), &replies().await, |_| true);
}
