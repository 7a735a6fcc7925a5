//! Every class of reply that the simulator gives looks like a recorded one, or is listed as documented only.

use std::collections::BTreeSet;

use offtake_sim::salesforce::{Limits, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, create, generous};
use crate::support::drive::{Ask, Reply, send};
use crate::support::listed::{Classed, Measure, all_driven, readme_lists};
use crate::support::recording::{self, Recording};

/// Classes that no recording shows.
const DOCUMENTED_ONLY: &[&str] = &[
    "DELETE composite/sobjects 200 with errors",
    "DELETE composite/sobjects 400 MISSING_ARGUMENT",
    "DELETE jobs/ingest/{id} 204",
    "DELETE sobjects/{object}/{id} 204",
    "GET jobs/ingest 200",
    "GET jobs/ingest/{id} 200",
    "GET jobs/ingest/{id}/failedResults 200",
    "GET jobs/ingest/{id}/failedResults 400 INVALIDJOBSTATE",
    "GET jobs/ingest/{id}/successfulResults 200",
    "GET jobs/ingest/{id}/unprocessedrecords 200",
    "GET limits 200",
    "GET nothing 404 NOT_FOUND",
    "GET query 400 INVALID_FIELD",
    "GET query 400 INVALID_TYPE",
    "GET query 400 MALFORMED_QUERY",
    "GET query/{id} 400 INVALID_QUERY_LOCATOR",
    "GET queryAll 200",
    "GET sobjects 200",
    "GET sobjects 403 REQUEST_LIMIT_EXCEEDED",
    "GET sobjects/{object} 401 INVALID_SESSION_ID",
    "GET sobjects/{object}/describe 404 NOT_FOUND",
    "PATCH composite/sobjects 200 with errors",
    "PATCH composite/sobjects/{object}/{key} 200",
    "PATCH composite/sobjects/{object}/{key} 404 NOT_FOUND",
    "PATCH jobs/ingest/{id} 200",
    "PATCH jobs/ingest/{id} 400 INVALIDJOBSTATE",
    "PATCH sobjects/{object}/{id} 204",
    "PATCH sobjects/{object}/{id} 404 ENTITY_IS_DELETED",
    "PATCH sobjects/{object}/{key}/{value} 200",
    "PATCH sobjects/{object}/{key}/{value} 201",
    "PATCH sobjects/{object}/{key}/{value} 300",
    "PATCH sobjects/{object}/{key}/{value} 404 NOT_FOUND",
    "POST composite/batch 200",
    "POST composite/sobjects 200 with errors",
    "POST composite/sobjects 400 INVALID_TYPE",
    "POST jobs/ingest 200",
    "POST jobs/ingest 400 INVALIDJOB",
    "POST sobjects/{object} 400 DUPLICATE_VALUE",
    "POST sobjects/{object} 400 INVALID_EMAIL_ADDRESS",
    "POST sobjects/{object} 400 INVALID_FIELD",
    "POST sobjects/{object} 400 JSON_PARSER_ERROR",
    "POST sobjects/{object} 400 REQUIRED_FIELD_MISSING",
    "POST sobjects/{object} 413 REQUEST_ENTITY_TOO_LARGE",
    "POST sobjects/{object} 415 UNSUPPORTED_MEDIA_TYPE",
    "PUT jobs/ingest/{id}/batches 201",
];

/// The endpoint, the status, and the code of an error. A describe and a read are of a class with those of the same object.
fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path = path.split('?').next().unwrap().trim_start_matches("/services/data/v");
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let reads = method == "GET" && status == 200 && path.starts_with("sobjects/");
    let name = |part: &str| match part {
        "Account" | "Contact" | "Lead" | "Campaign" | "Topic" | "Shoe__c" if !reads => "{object}".to_owned(),
        "Custom_External_ID__c" | "Title" | "Email" => "{key}".to_owned(),
        "ada" | "new" | "two@example.com" => "{value}".to_owned(),
        _ if part.len() >= 15 && part.bytes().filter(u8::is_ascii_digit).count() >= 5 => "{id}".to_owned(),
        _ => part.to_owned(),
    };
    let endpoint: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(name).collect();
    let failed = |list: &Vec<Value>| list.iter().any(|element| element["success"] == false);
    let code = match body.as_array() {
        Some(list) if status == 200 && failed(list) => "with errors",
        _ => body[0]["errorCode"].as_str().unwrap_or_default(),
    };
    format!("{method} {} {status} {code}", endpoint.join("/")).trim_end().to_owned()
}

struct Org {
    simulator: Simulator,
    contact: String,
    deleted: String,
    job: String,
}

impl Org {
    /// With what a recorded org has and nothing more.
    async fn start(options: Options) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let account = create(&simulator, "Account", &json!({"Name": "Acme"})).await;
        let contact = json!({"LastName": "Ada", "Email": "ada@example.com", "AccountId": account, "Custom_External_ID__c": "ada"});
        let contact = create(&simulator, "Contact", &contact).await;
        let deleted = create(&simulator, "Contact", &json!({"LastName": "Gone"})).await;
        call(&simulator, "DELETE", &format!("sobjects/Contact/{deleted}"), &Value::Null).await;
        let body = json!({"object": "Contact", "operation": "insert"});
        let job = call(&simulator, "POST", "jobs/ingest", &body).await.body["id"].as_str().unwrap().to_owned();
        Self { simulator, contact, deleted, job }
    }

    async fn run(&self, method: &str, path: &str, body: &str) -> Classed {
        let names = [("{contact}", &self.contact), ("{deleted}", &self.deleted), ("{job}", &self.job)];
        let place = |text: &str| names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let (path, body) = (place(path), place(body));
        let full = format!("/services/data/v68.0/{path}");
        let ask = Ask::new(method, &full).bearer(TOKEN);
        let ask = if path.ends_with("/batches") { ask.body("text/csv", body) } else { ask.json(&parse(&body)) };
        let reply = send(&self.simulator.base_url(), &ask).await.unwrap();
        (class(method, &full, reply.status, &reply.body), reply)
    }
}

fn parse(body: &str) -> Value {
    if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
}

/// `{contact}` and the like stand for what the org under test holds.
const CASES: &[(&str, &str, &str)] = &[
    ("GET", "query?q=SELECT+Id+FROM+Account+WHERE+AccountNumber+=+'none'", ""),
    ("GET", "query?q=SELECT+Id", ""),
    ("GET", "query?q=SELECT+Id+FROM+Shoe__c", ""),
    ("GET", "query?q=SELECT+Shoe__c+FROM+Contact", ""),
    ("GET", "query/01g4S000000000-2000", ""),
    ("GET", "queryAll?q=SELECT+Id+FROM+Contact", ""),
    ("GET", "limits", ""),
    ("GET", "sobjects", ""),
    ("GET", "sobjects/Account/describe", ""),
    ("GET", "sobjects/Contact/describe", ""),
    ("GET", "sobjects/Lead/describe", ""),
    ("GET", "sobjects/Campaign/describe", ""),
    ("GET", "sobjects/Topic/describe", ""),
    ("GET", "sobjects/Shoe__c/describe", ""),
    ("GET", "sobjects/Contact/{contact}", ""),
    ("GET", "sobjects/Contact/{deleted}", ""),
    ("POST", "sobjects/Contact", r#"{"LastName":"A"}"#),
    ("POST", "sobjects/Contact", r#"{"FirstName":"A"}"#),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Email":"nobody"}"#),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Shoe__c":"1"}"#),
    ("POST", "sobjects/Contact", r#"{"LastName":17}"#),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Custom_External_ID__c":"ada"}"#),
    ("PATCH", "sobjects/Contact/{contact}", r#"{"LastName":"B"}"#),
    ("PATCH", "sobjects/Contact/{deleted}", r#"{"LastName":"B"}"#),
    ("PATCH", "sobjects/Contact/Custom_External_ID__c/ada", r#"{"LastName":"B"}"#),
    ("PATCH", "sobjects/Contact/Custom_External_ID__c/new", r#"{"LastName":"B"}"#),
    ("PATCH", "sobjects/Contact/Title/ada", r#"{"LastName":"B"}"#),
    ("DELETE", "sobjects/Contact/{contact}", ""),
    ("POST", "composite/sobjects", r#"{"records":[{"attributes":{"type":"Account"},"Name":"A"}]}"#),
    (
        "POST",
        "composite/sobjects",
        r#"{"records":[{"attributes":{"type":"Account"},"Name":"A"},{"attributes":{"type":"Account"}}]}"#,
    ),
    ("POST", "composite/sobjects", r#"{"records":[{"attributes":{"type":"Shoe__c"}}]}"#),
    (
        "PATCH",
        "composite/sobjects",
        r#"{"records":[{"attributes":{"type":"Contact"},"id":"{contact}","LastName":"B"}]}"#,
    ),
    (
        "PATCH",
        "composite/sobjects",
        r#"{"records":[{"attributes":{"type":"Contact"},"id":"{contact}","Email":"nobody"}]}"#,
    ),
    (
        "PATCH",
        "composite/sobjects/Contact/Custom_External_ID__c",
        r#"{"records":[{"attributes":{"type":"Contact"},"Custom_External_ID__c":"ada","LastName":"B"}]}"#,
    ),
    ("PATCH", "composite/sobjects/Contact/Title", r#"{"records":[]}"#),
    ("DELETE", "composite/sobjects?ids={contact}", ""),
    ("DELETE", "composite/sobjects?ids={deleted}", ""),
    ("DELETE", "composite/sobjects", ""),
    ("POST", "composite/batch", r#"{"batchRequests":[{"method":"GET","url":"v68.0/sobjects/Contact/describe"}]}"#),
    ("POST", "jobs/ingest", r#"{"object":"Contact","operation":"insert"}"#),
    ("POST", "jobs/ingest", r#"{"object":"Contact","operation":"merge"}"#),
    ("GET", "jobs/ingest", ""),
    ("GET", "jobs/ingest/{job}", ""),
    ("GET", "jobs/ingest/{job}/failedResults", ""),
    ("PUT", "jobs/ingest/{job}/batches", "LastName\nA\n"),
    ("PATCH", "jobs/ingest/{job}", r#"{"state":"Aborted"}"#),
    ("PATCH", "jobs/ingest/{job}", r#"{"state":"UploadComplete"}"#),
    ("GET", "nothing", ""),
];

async fn replies() -> Vec<Classed> {
    let mut replies = Vec::new();
    for (method, path, body) in CASES {
        replies.push(Org::start(generous()).await.run(method, path, body).await);
    }
    for (object, record) in [
        ("Account", json!({"Name": "A", "AccountNumber": "ada@example.com"})),
        ("Lead", json!({"LastName": "L", "Company": "C", "Email": "ada@example.com"})),
    ] {
        let org = Org::start(generous()).await;
        let id = create(&org.simulator, object, &record).await;
        replies.push(org.run("GET", &format!("sobjects/{object}/{id}"), "").await);
    }
    let org = Org::start(generous()).await;
    assert_eq!(org.run("PATCH", "jobs/ingest/{job}", r#"{"state":"Aborted"}"#).await.1.status, 200);
    for part in ["successfulResults", "failedResults", "unprocessedrecords"] {
        replies.push(org.run("GET", &format!("jobs/ingest/{{job}}/{part}"), "").await);
    }
    replies.push(org.run("DELETE", "jobs/ingest/{job}", "").await);
    for _ in 0..2 {
        create(&org.simulator, "Contact", &json!({"LastName": "A", "Email": "two@example.com"})).await;
    }
    replies.push(org.run("PATCH", "sobjects/Contact/Email/two@example.com", r#"{"LastName":"B"}"#).await);
    let path = "/services/data/v68.0/sobjects/Contact";
    for (method, ask) in [
        ("POST", Ask::new("POST", path).bearer(TOKEN).body("text/csv", "a")),
        ("POST", Ask::new("POST", path).bearer(TOKEN).body("application/json", "x".repeat(400_001))),
        ("GET", Ask::new("GET", path)),
    ] {
        let reply = send(&org.simulator.base_url(), &ask).await.unwrap();
        replies.push((class(method, path, reply.status, &reply.body), reply));
    }
    // The org itself takes five requests to set up.
    let poor = Options { limits: Limits { daily: 5, ..Limits::GENEROUS }, ..generous() };
    replies.push(Org::start(poor).await.run("GET", "sobjects", "").await);
    replies
}

/// What documentation promises: the list of errors, of which each has a code and a message, and the results of an upsert.
fn plausible(reply: &Reply) -> Result<(), String> {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    if reply.status >= 400 {
        let keys = keys(&reply.body[0]);
        let known = ["errorCode", "message", "fields"];
        let fits = ["errorCode", "message"].iter().all(|key| keys.contains(*key))
            && keys.iter().all(|key| known.contains(&key.as_str()));
        return if fits { Ok(()) } else { Err(format!("an error with {keys:?}")) };
    }
    match reply.body[0].get("created") {
        Some(_) if keys(&reply.body[0]).len() != 4 => Err(format!("a result with {:?}", keys(&reply.body[0]))),
        _ => Ok(()),
    }
}

fn recordings() -> Vec<Recording> {
    recording::load("salesforce", "my.salesforce.com", class)
}

#[tokio::test]
async fn every_class_of_reply_is_recorded_or_listed() {
    let recordings = recordings();
    let measure = Measure {
        recordings: &recordings,
        documented_only: DOCUMENTED_ONLY,
        deviating: &[],
        telling: |name| name == "sforce-limit-info",
        plausible,
    };
    measure.hold(&replies().await);
}

#[test]
fn the_readme_lists_what_is_documented_only() {
    readme_lists("salesforce", DOCUMENTED_ONLY);
}

#[tokio::test]
async fn recorded_classes_are_all_driven() {
    all_driven(&recordings(), &replies().await, |_| true);
}
