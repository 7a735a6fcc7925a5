//! Every class of reply that the simulator gives looks like a recorded one, or is listed as documented only.
//!
//! A class is an endpoint, a status and, for errors, a category. The cases below drive the simulator into each
//! class. What a recording shows must be matched key by key; what none shows must stand in `DOCUMENTED_ONLY`
//! here and in the README, and nothing else may stand there.

use std::collections::BTreeSet;

use offtake_sim::hubspot::{Limits, Options, Simulator};
use serde_json::{Value, json};

use super::cases::{self, BATCHES, RECORDED, SINGLES, TOGETHER, custom_object};
use super::drive::{call, generous, send, start};
use crate::support::drive::Reply;
use crate::support::listed::{Classed, Measure, all_driven, readme_lists};
use crate::support::recording::{self, Recording};

/// Classes that no recording shows.
const DOCUMENTED_ONLY: &[&str] = &[
    "DELETE objects/{id} 204",
    "DELETE properties/{name} 204",
    "DELETE properties/{name} 400 VALIDATION_ERROR",
    "DELETE properties/{name} 404 OBJECT_NOT_FOUND",
    "GET account-info 200",
    "GET associations/labels 200",
    "GET objects 200",
    "GET objects 400 VALIDATION_ERROR",
    "GET objects 400 without category",
    "GET objects 401 INVALID_AUTHENTICATION",
    "GET objects 429 RATE_LIMITS",
    "GET objects/{id} 200",
    "GET objects/{id} 404 OBJECT_NOT_FOUND",
    "GET properties 200",
    "GET properties/{name} 200",
    "GET properties/{name} 404 OBJECT_NOT_FOUND",
    "GET schemas 200",
    "GET unknown 404 OBJECT_NOT_FOUND",
    "PATCH objects/{id} 200",
    "PATCH objects/{id} 400 VALIDATION_ERROR",
    "PATCH objects/{id} 404 OBJECT_NOT_FOUND",
    "POST associations/batch/archive 204",
    "POST associations/batch/archive 400 without category",
    "POST associations/batch/associate/default 200",
    "POST associations/batch/associate/default 207",
    "POST associations/batch/create 201",
    "POST associations/batch/create 207",
    "POST associations/batch/create 400 VALIDATION_ERROR",
    "POST associations/batch/create 400 without category",
    "POST associations/batch/labels/archive 204",
    "POST associations/labels 201",
    "POST associations/labels 400 without category",
    "POST lists 200",
    "POST lists 400 VALIDATION_ERROR",
    "POST lists/search 200",
    "POST objects 201",
    "POST objects 400 VALIDATION_ERROR",
    "POST objects 400 without category",
    "POST objects 409 CONFLICT",
    "POST objects 413 VALIDATION_ERROR",
    "POST objects/batch/archive 400 VALIDATION_ERROR",
    "POST objects/batch/archive 400 without category",
    "POST objects/batch/create 207",
    "POST objects/batch/create 400 VALIDATION_ERROR",
    "POST objects/batch/create 400 without category",
    "POST objects/batch/create 409 CONFLICT",
    "POST objects/batch/read 200",
    "POST objects/batch/read 207",
    "POST objects/batch/read 400 VALIDATION_ERROR",
    "POST objects/batch/update 207",
    "POST objects/batch/update 400 VALIDATION_ERROR",
    "POST objects/batch/update 409 CONFLICT",
    "POST objects/batch/upsert 200",
    "POST objects/batch/upsert 207",
    "POST objects/batch/upsert 400 VALIDATION_ERROR",
    "POST objects/batch/upsert 400 without category",
    "POST objects/search 400 VALIDATION_ERROR",
    "POST properties 201",
    "POST properties 400 VALIDATION_ERROR",
    "POST properties 409 OBJECT_ALREADY_EXISTS",
    "POST schemas 201",
    "POST schemas 400 VALIDATION_ERROR",
    "POST schemas 409 OBJECT_ALREADY_EXISTS",
    "PUT lists/memberships/add 200",
    "PUT lists/memberships/add 400 VALIDATION_ERROR",
    "PUT lists/memberships/add 400 without category",
    "PUT lists/memberships/add 404 OBJECT_NOT_FOUND",
    "PUT lists/memberships/remove 200",
];

/// A portal with the properties of the recorded one and a record of each object.
struct Portal {
    simulator: Simulator,
    names: Vec<(&'static str, String)>,
}

impl Portal {
    async fn start() -> Self {
        let options = Options { body_bytes_max: 100_000, ..generous() };
        let simulator = start(options).await;
        let made = async |path: &str, body: Value| {
            let reply = call(&simulator, "POST", path, &body).await;
            assert_eq!(reply.status, 201, "{path}: {reply:?}");
            reply.body
        };
        for (name, kind) in [("text_field", "string"), ("number_field", "number"), ("date_field", "date")] {
            let field = if kind == "string" { "text" } else { kind };
            let body = json!({ "name": name, "label": name, "type": kind, "fieldType": field, "groupName": "x" });
            made("/crm/v3/properties/contacts", body).await;
        }
        let schema = made("/crm/v3/schemas", custom_object()).await;
        let kind = schema["objectTypeId"].as_str().unwrap().to_owned();
        let record = async |object: &str, properties: Value| {
            let path = format!("/crm/v3/objects/{object}");
            made(&path, json!({ "properties": properties })).await["id"].as_str().unwrap().to_owned()
        };
        let contact = record("contacts", json!({ "email": "seed@example.com", "firstname": "S" })).await;
        record("contacts", json!({ "email": "other@example.com" })).await;
        let company = record("companies", json!({ "domain": "example.com", "name": "E" })).await;
        let custom = record(&kind, json!({ "grouparoo_object_property": "k1", "first_name": "K" })).await;
        for (name, processing) in [("Newsletter", "MANUAL"), ("By filter", "DYNAMIC")] {
            let body = json!({ "name": name, "objectTypeId": "0-1", "processingType": processing });
            assert_eq!(call(&simulator, "POST", "/crm/v3/lists", &body).await.status, 200);
        }
        let names = vec![("{contact}", contact), ("{company}", company), ("{custom}", custom), ("{type}", kind)];
        Self { simulator, names }
    }

    /// Runs a case in a portal of its own.
    async fn run(method: &str, path: &str, body: &str) -> (String, Reply) {
        let portal = Self::start().await;
        let fill = |text: &str| {
            let names = portal.names.iter();
            names.fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let (path, body) = (fill(path), fill(body));
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() };
        let reply = call(&portal.simulator, method, &path, &body).await;
        (class(method, &path, reply.status, &reply.body), reply)
    }
}

/// The classes that need a portal or a client of another kind.
async fn refusals_at_the_gate() -> Vec<(String, Reply)> {
    let limits = Limits { secondly: 0, ..Limits::default() };
    let simulator = Simulator::start(Options { limits, search_secondly: 0, ..generous() }).await.unwrap();
    let mut replies = Vec::new();
    let path = "/crm/v3/objects/contacts";
    let base = simulator.base_url();
    let bare = send(&base, "GET", path, None, String::new());
    let reply = bare.await.unwrap();
    replies.push((class("GET", path, reply.status, &reply.body), reply));
    for (method, path, body) in
        [("GET", path, Value::Null), ("POST", "/crm/v3/objects/contacts/search", json!({ "limit": 1 }))]
    {
        let reply = call(&simulator, method, path, &body).await;
        replies.push((class(method, path, reply.status, &reply.body), reply));
    }
    replies
}

/// What documentation promises of any reply: the envelope of errors, of batches and of records.
fn plausible(reply: &Reply) -> Result<(), String> {
    let keys: BTreeSet<&str> = reply.body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let (must, may): (&[&str], &[&str]) = match reply.status {
        400.. => (
            &["status", "message", "correlationId"],
            &["category", "subCategory", "errors", "context", "links", "errorType", "policyName"],
        ),
        207 => (&["status", "results", "startedAt", "completedAt", "numErrors", "errors"], &[]),
        _ => return Ok(()),
    };
    let missing: Vec<_> = must.iter().filter(|key| !keys.contains(**key)).collect();
    let extra: Vec<_> = keys.iter().filter(|key| !must.contains(key) && !may.contains(key)).collect();
    if missing.is_empty() && extra.is_empty() { Ok(()) } else { Err(format!("without {missing:?}, with {extra:?}")) }
}

async fn replies() -> Vec<Classed> {
    let mut replies = refusals_at_the_gate().await;
    for (method, path, body) in RECORDED.iter().chain(BATCHES).chain(SINGLES).chain(TOGETHER) {
        replies.push(Portal::run(method, path, body).await);
    }
    for (method, path, body) in cases::large() {
        replies.push(Portal::run(method, path, &body).await);
    }
    replies
}

/// What kind of reply this is: the endpoint, whatever its version, the status, and the category of an error.
fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let endpoint = match parts.as_slice() {
        ["crm", "v3", "objects", rest @ ..] | ["crm", "objects", _, rest @ ..] => match rest {
            [_, "search"] => "objects/search".to_owned(),
            [_, "batch", verb] => format!("objects/batch/{verb}"),
            [_, _] => "objects/{id}".to_owned(),
            _ => "objects".to_owned(),
        },
        ["crm", "v3", "schemas", rest @ ..] | ["crm-object-schemas", _, "schemas", rest @ ..] => {
            if rest.is_empty() { "schemas" } else { "schemas/{type}" }.to_owned()
        }
        ["crm", "v3", "properties", rest @ ..] | ["crm", "properties", _, rest @ ..] => {
            if rest.len() == 1 { "properties" } else { "properties/{name}" }.to_owned()
        }
        ["crm", "v4", "associations", _, _, rest @ ..] | ["crm", "associations", _, _, _, rest @ ..] => {
            format!("associations/{}", rest.join("/"))
        }
        ["crm", "v3", "lists", rest @ ..] | ["crm", "lists", _, rest @ ..] => match rest {
            [_, "memberships", verb] => format!("lists/memberships/{verb}"),
            ["search"] => "lists/search".to_owned(),
            _ => "lists".to_owned(),
        },
        ["account-info", _, "details"] => "account-info".to_owned(),
        _ => path.trim_matches('/').to_owned(),
    };
    let category = if status < 400 { "" } else { body["category"].as_str().unwrap_or("without category") };
    format!("{method} {endpoint} {status} {category}").trim_end().to_owned()
}

fn recordings() -> Vec<Recording> {
    recording::load("hubspot", "api.hubapi.com", class)
}

#[tokio::test]
async fn every_class_of_reply_is_recorded_or_listed() {
    let recordings = recordings();
    let measure = Measure {
        recordings: &recordings,
        documented_only: DOCUMENTED_ONLY,
        deviating: &[],
        telling: |name| name.starts_with("x-hubspot-"),
        plausible,
    };
    measure.hold(&replies().await);
}

#[test]
fn the_readme_lists_what_is_documented_only() {
    readme_lists("hubspot", DOCUMENTED_ONLY);
}

#[tokio::test]
async fn recorded_classes_of_the_crm_are_all_driven() {
    all_driven(&recordings(), &replies().await, |class| class.contains(" objects/") || class.contains(" schemas/"));
}
