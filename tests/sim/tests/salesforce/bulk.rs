//! Bulk API 2.0 ingest jobs.

use std::time::Duration;

use offtake_sim::salesforce::{Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, create, generous, start, upsert};
use crate::support::drive::{Ask, Reply, send};

async fn job(simulator: &Simulator, body: Value, csv: &str) -> String {
    let made = call(simulator, "POST", "jobs/ingest", &body).await;
    assert_eq!((made.status, &made.body["state"]), (200, &json!("Open")), "{}", made.text);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(put(simulator, &id, csv).await.status, 201);
    let closed = call(simulator, "PATCH", &format!("jobs/ingest/{id}"), &json!({"state": "UploadComplete"})).await;
    assert_eq!(closed.body["state"], "UploadComplete", "{}", closed.text);
    id
}

async fn put(simulator: &Simulator, id: &str, csv: &str) -> Reply {
    let path = format!("/services/data/v68.0/jobs/ingest/{id}/batches");
    send(&simulator.base_url(), &Ask::new("PUT", &path).bearer(TOKEN).body("text/csv", csv)).await.unwrap()
}

async fn file(simulator: &Simulator, id: &str, part: &str) -> Vec<String> {
    let reply = call(simulator, "GET", &format!("jobs/ingest/{id}/{part}/"), &Value::Null).await;
    assert_eq!((reply.status, reply.headers["content-type"].as_str()), (200, "text/csv"));
    reply.text.lines().map(str::to_owned).collect()
}

fn contacts() -> Value {
    json!({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Ext__c", "contentType": "CSV", "lineEnding": "LF"})
}

#[tokio::test]
async fn a_job_goes_through_its_states_and_ends_with_three_files() {
    let simulator = start(generous()).await;
    create(&simulator, "Account", &json!({"Name": "Acme", "Ext__c": "a-1"})).await;
    upsert(&simulator, json!([{"Ext__c": "u-1", "LastName": "A", "Phone": "1", "Title": "T"}])).await;
    let csv = "Ext__c,LastName,Phone,Title,Account.Ext__c,Email,number_field__c\n\
        u-1,,#N/A,,a-1,,1.5\nu-2,\"B, \"\"b\"\"\",,,,,\nu-3,,,,,,\nu-4,D,,,,nobody,\nu-5,E,,,nowhere,,\nu-6,F,,,,,many\n";
    let id = job(&simulator, contacts(), csv).await;
    let done = call(&simulator, "GET", &format!("jobs/ingest/{id}"), &Value::Null).await;
    assert_eq!(done.body["state"], "JobComplete");
    assert_eq!((&done.body["numberRecordsProcessed"], &done.body["numberRecordsFailed"]), (&json!(6), &json!(4)));
    let good = file(&simulator, &id, "successfulResults").await;
    assert!(good[0].starts_with("\"sf__Id\",\"sf__Created\",\"Ext__c\",\"LastName\""), "{}", good[0]);
    assert!(good[1].contains("\"true\",\"u-2\",\"B, \"\"b\"\"\"") && good[2].contains("\"false\",\"u-1\""), "{good:?}");
    let bad = file(&simulator, &id, "failedResults").await.join("\n");
    for says in [
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        "INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody:Email --",
        "Foreign key external ID: nowhere not found",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
    ] {
        assert!(bad.contains(says), "{says}: {bad}");
    }
    assert_eq!(file(&simulator, &id, "unprocessedrecords").await.len(), 1);
    let stored = &simulator.records("Contact")[0].values;
    assert_eq!((stored.get("Phone"), &stored["Title"], &stored["number_field__c"]), (None, &json!("T"), &json!(1.5)));
    assert!(stored["AccountId"].is_string(), "#N/A clears, an empty cell leaves alone, and a header names a reference");
}

#[tokio::test]
async fn a_job_takes_its_time_and_stores_nothing_before() {
    let simulator = start(Options { job_takes: Duration::from_secs(3_600), ..generous() }).await;
    let id = job(&simulator, contacts(), "Ext__c,LastName\nu-1,A\n").await;
    let early = call(&simulator, "GET", &format!("jobs/ingest/{id}/successfulResults"), &Value::Null).await;
    assert_eq!(early.status, 400);
    assert!(simulator.records("Contact").is_empty());
    let closed = job(&simulator, contacts(), "Ext__c,LastName\nu-2,B\n").await;
    // Aborted, it leaves its rows undone.
    let path = format!("jobs/ingest/{id}");
    assert_eq!(call(&simulator, "PATCH", &path, &json!({"state": "Aborted"})).await.body["state"], "Aborted");
    assert_eq!(file(&simulator, &id, "unprocessedrecords").await.len(), 2);
    assert_eq!(call(&simulator, "DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(call(&simulator, "GET", &path, &Value::Null).await.status, 404);
    assert!(simulator.records("Contact").is_empty());
    simulator.finish_jobs();
    let ended = call(&simulator, "GET", &format!("jobs/ingest/{closed}"), &Value::Null).await;
    assert_eq!((&ended.body["state"], simulator.records("Contact").len()), (&json!("JobComplete"), 1));
}

#[tokio::test]
async fn a_header_that_does_not_fit_fails_the_job() {
    let simulator = start(generous()).await;
    for (body, csv, says) in [
        (contacts(), "Ext__c,Shoe__c\nu-1,1\n", "InvalidBatch : Field name not found : Shoe__c"),
        (contacts(), "LastName\nA\n", "InvalidBatch"),
        (json!({"object": "Contact", "operation": "update"}), "Ext__c\nu-1\n", "InvalidBatch"),
        (json!({"object": "Contact", "operation": "delete"}), "Id,Ext__c\n1,2\n", "InvalidBatch"),
    ] {
        let id = job(&simulator, body, csv).await;
        let failed = call(&simulator, "GET", &format!("jobs/ingest/{id}"), &Value::Null).await;
        assert_eq!(failed.body["state"], "Failed");
        assert!(failed.body["errorMessage"].as_str().unwrap().contains(says), "{}", failed.text);
        assert_eq!(file(&simulator, &id, "unprocessedrecords").await.len(), 2);
    }
    assert!(simulator.records("Contact").is_empty());
}

#[tokio::test]
async fn steps_out_of_turn_are_refused() {
    let simulator = start(generous()).await;
    let made = call(&simulator, "POST", "jobs/ingest", &contacts()).await;
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.body["contentUrl"], format!("services/data/v68.0/jobs/ingest/{id}/batches"));
    let path = format!("jobs/ingest/{id}");
    let close = json!({"state": "UploadComplete"});
    assert_eq!(call(&simulator, "PATCH", &path, &close).await.status, 400, "nothing to close");
    assert_eq!(call(&simulator, "PATCH", &path, &json!({"state": "Done"})).await.status, 400);
    assert_eq!(call(&simulator, "DELETE", &path, &Value::Null).await.status, 400);
    let json = Ask::new("PUT", &format!("/services/data/v68.0/{path}/batches")).bearer(TOKEN).json(&json!([]));
    assert_eq!(send(&simulator.base_url(), &json).await.unwrap().status, 415);
    assert_eq!(put(&simulator, id, "Ext__c,LastName\nu-1,A\n").await.status, 201);
    assert_eq!(put(&simulator, id, "Ext__c,LastName\nu-2,B\n").await.status, 400, "once a job");
    assert_eq!(call(&simulator, "PATCH", &path, &close).await.status, 200);
    assert_eq!(call(&simulator, "PATCH", &path, &close).await.status, 400);
    assert_eq!(simulator.records("Contact").len(), 1);
}

#[tokio::test]
async fn update_and_delete_go_by_id() {
    let simulator = start(generous()).await;
    let ids = [
        create(&simulator, "Contact", &json!({"LastName": "A"})).await,
        create(&simulator, "Contact", &json!({"LastName": "B"})).await,
    ];
    let csv = format!("Id,LastName\n{},A2\n003000000000000,C\n", ids[0]);
    let id = job(&simulator, json!({"object": "Contact", "operation": "update"}), &csv).await;
    assert_eq!(file(&simulator, &id, "failedResults").await.len(), 2);
    let id = job(&simulator, json!({"object": "Contact", "operation": "delete"}), &format!("Id\n{}\n", ids[1])).await;
    assert_eq!(file(&simulator, &id, "successfulResults").await.len(), 2);
    let records = simulator.records("Contact");
    assert_eq!((&records[0].values["LastName"], records[1].deleted), (&json!("A2"), true));
}
