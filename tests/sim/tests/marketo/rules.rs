//! Illegal requests: each is refused as Marketo does, and stores nothing.

use offtake_sim::marketo::{Record, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, import, start, sync};
use crate::support::drive::{Ask, send};

/// A method, a path, a body, and the code and a part of the words of the refusal.
type Rule = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Refused whole.
const REFUSED: &[Rule] = &[
    ("POST", "leads.json", r#"{"leads":[]}"#, "702", "input"),
    ("POST", "leads.json", r#"{"input":[]}"#, "702", "input"),
    ("POST", "leads.json", r#"{"input":{}}"#, "702", "input"),
    ("POST", "leads.json", "[]", "609", "Invalid JSON"),
    ("POST", "leads.json", r#"{"action":"merge","input":[{"email":"x@example.com"}]}"#, "1001", "merge"),
    ("POST", "leads.json", r#"{"lookupField":"shoe","input":[{"email":"x@example.com"}]}"#, "1003", "lookupField"),
    ("GET", "leads.json", "", "701", "filterType"),
    ("GET", "leads.json?filterType=email", "", "701", "filterValues"),
    ("GET", "leads.json?filterType=shoe&filterValues=1", "", "1003", "Invalid filterType"),
    (
        "GET",
        "leads.json?filterType=email&filterValues=ada@example.com&fields=shoe",
        "",
        "1006",
        "Field 'shoe' not found",
    ),
    ("GET", "lead/1.json", "", "1004", "Lead '1' not found"),
    ("POST", "leads/delete.json", r#"{"input":[]}"#, "702", "input"),
    ("POST", "companies.json", r#"{"dedupeBy":"name","input":[{"externalCompanyId":"n"}]}"#, "1003", "dedupeBy"),
    (
        "POST",
        "companies.json",
        r#"{"input":[{"externalCompanyId":"n"},{"externalCompanyId":"n"}]}"#,
        "1036",
        "Duplicate object",
    ),
    ("POST", "companies/delete.json", r#"{"deleteBy":"name","input":[{"externalCompanyId":"c"}]}"#, "1003", "deleteBy"),
    ("POST", "customobjects/shoe_c.json", r#"{"input":[{"size":"n"}]}"#, "1013", "shoe_c"),
    ("GET", "customobjects/shoe_c/describe.json", "", "1013", "shoe_c"),
    ("POST", "lists/1/leads.json", r#"{"input":[{"id":7149}]}"#, "1013", "Static list '1' not found"),
    ("POST", "lists/1159/leads.json", "{}", "702", "input"),
    ("PUT", "leads.json", "{}", "605", "HTTP Method 'PUT' not supported"),
    ("GET", "nothing.json", "", "610", "Requested resource not found"),
];

/// Skipped alone.
const RECORDS: &[(&str, &str, &str)] = &[
    (
        r#"{"email":"n@example.com","email_field":"bademail"}"#,
        "1003",
        "Invalid value for field 'email_field' and value 'bademail'",
    ),
    (r#"{"email":"nobody"}"#, "1003", "Invalid value for field 'email'"),
    (r#"{"email":"n@example.com","numberOfEmployees":"many"}"#, "1003", "numberOfEmployees"),
    (r#"{"email":"n@example.com","dateOfBirth":"tomorrow"}"#, "1003", "dateOfBirth"),
    (r#"{"email":"n@example.com","at_field":"2026-11-22"}"#, "1003", "at_field"),
    (r#"{"email":"n@example.com","firstName":["a"]}"#, "1003", "firstName"),
    (r#"{"email":"n@example.com","shoe":"1"}"#, "1006", "Field 'shoe' not found"),
    (r#"{"email":"n@example.com","createdAt":"2020-01-01T00:00:00Z"}"#, "1011", "createdAt"),
    (r#"{"firstName":"N"}"#, "1002", "Missing value for required parameter 'email'"),
    (r#"{"email":null}"#, "1002", "email"),
    (r#""lead""#, "1001", "object"),
];

async fn seeded() -> Simulator {
    let simulator = start(generous()).await;
    sync(&simulator, json!([{"email": "ada@example.com"}])).await;
    simulator.add_list("High Value");
    let company = json!({"input": [{"externalCompanyId": "c"}]});
    assert_eq!(call(&simulator, "POST", "companies.json", &company).await.body["success"], true);
    simulator
}

fn contents(simulator: &Simulator) -> Vec<Record> {
    ["leads", "companies", "car_c", "1159"].iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    let mut rules: Vec<(&str, String, Value, &str, &str)> = Vec::new();
    for (method, path, body, code, says) in REFUSED {
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        rules.push((method, (*path).to_owned(), body, code, says));
    }
    let many: Vec<Value> = (0..301).map(|n| json!({"email": format!("{n}@example.com"), "id": n})).collect();
    for path in ["leads.json", "leads/delete.json", "lists/1159/leads.json"] {
        rules.push(("POST", path.to_owned(), json!({"input": many}), "1003", "Too many records"));
    }
    let values = vec!["1"; 301].join(",");
    let question = format!("leads.json?filterType=id&filterValues={values}");
    rules.push(("GET", question, Value::Null, "1003", "at most 300"));
    for (method, path, body, code, says) in rules {
        let reply = call(&simulator, method, &path, &body).await;
        assert_eq!((reply.status, &reply.body["success"]), (200, &json!(false)), "{method} {path}: {}", reply.text);
        let error = &reply.body["errors"][0];
        assert_eq!(error["code"], code, "{method} {path} {body}: {error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{method} {path} {body}: {error}");
        assert_eq!(contents(&simulator), before, "{method} {path}");
    }
}

#[tokio::test]
async fn records_are_skipped_alone() {
    let simulator = seeded().await;
    for (record, code, says) in RECORDS {
        let record: Value = serde_json::from_str(record).unwrap();
        let reply = sync(&simulator, json!([record, {"email": "ada@example.com"}])).await;
        let result = &reply.body["result"][0];
        assert_eq!(
            (&result["status"], &result["reasons"][0]["code"]),
            (&json!("skipped"), &json!(code)),
            "{record}: {result}"
        );
        assert!(result["reasons"][0]["message"].as_str().unwrap().contains(says), "{record}: {result}");
        assert_eq!(reply.body["result"][1]["status"], "updated", "the good record is stored");
        assert_eq!(simulator.records("leads").len(), 1);
    }
}

#[tokio::test]
async fn the_token_stands_in_the_header_alone() {
    let simulator = seeded().await;
    let before = contents(&simulator);
    let body = json!({"input": [{"email": "x@example.com"}]});
    let post = |path: &str| Ask::new("POST", path).json(&body);
    for ask in [
        post("/rest/v1/leads.json"),
        post(&format!("/rest/v1/leads.json?access_token={TOKEN}")),
        post("/rest/v1/leads.json").bearer("other"),
        post("/rest/v1/leads.json").header("authorization", &format!("Basic {TOKEN}")),
    ] {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        assert_eq!((reply.status, &reply.body["errors"][0]["code"]), (200, &json!("601")), "{ask:?}");
    }
    let typed = |kind: &str, body: &str| Ask::new("POST", "/rest/v1/leads.json").bearer(TOKEN).body(kind, body);
    for (ask, code) in [(typed("text/plain", "{}"), "612"), (typed("application/json", "{"), "609")] {
        assert_eq!(send(&simulator.base_url(), &ask).await.unwrap().body["errors"][0]["code"], code);
    }
    let large = typed("application/json", &"x".repeat(1_048_577));
    assert_eq!(send(&simulator.base_url(), &large).await.unwrap().status, 413);
    assert_eq!(contents(&simulator), before);
}

#[tokio::test]
async fn illegal_imports_are_refused() {
    let simulator = seeded().await;
    for (query, csv, code) in [
        ("", "email\nx@example.com\n", "1002"),
        ("format=xls", "email\nx@example.com\n", "1003"),
        ("format=csv&lookupField=shoe", "email\nx@example.com\n", "1003"),
        ("format=csv", "", "1003"),
    ] {
        let reply = import(&simulator, query, csv).await;
        assert_eq!(reply.body["errors"][0]["code"], code, "{query}: {}", reply.text);
    }
    let bulk = Ask::new("POST", "/bulk/v1/leads.json?format=csv").bearer(TOKEN);
    for (ask, code) in [
        (bulk.clone().body("text/csv", "email\nx@example.com\n"), "612"),
        (
            bulk.body(
                "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--",
            ),
            "613",
        ),
        (Ask::new("GET", "/bulk/v1/leads/batch/1.json").bearer(TOKEN), "1003"),
    ] {
        assert_eq!(send(&simulator.base_url(), &ask).await.unwrap().body["errors"][0]["code"], code);
    }
    assert_eq!(simulator.records("leads").len(), 1);
}
