//! A Salesforce to test, and requests to it.

use std::time::Duration;

use offtake_sim::salesforce::{Limits, Options, Simulator};
use serde_json::{Value, json};

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "salesforce-test";

/// Jobs are done as soon as they are asked for, and a request holds its locks no longer than it takes.
pub(crate) fn generous() -> Options {
    Options {
        token: TOKEN.to_owned(),
        limits: Limits::GENEROUS,
        write_takes: Duration::ZERO,
        job_takes: Duration::ZERO,
        body_bytes_max: 400_000,
        ..Options::default()
    }
}

/// With external ids on accounts and contacts, beside the recorded org's own fields, and a custom object.
pub(crate) async fn start(options: Options) -> Simulator {
    let simulator = Simulator::start(options).await.unwrap();
    assert!(simulator.add_field("Account", "Ext__c", "string", true));
    assert!(simulator.add_field("Contact", "Ext__c", "string", true));
    assert!(simulator.add_field("Contact", "Nr__c", "double", true));
    assert!(simulator.add_object("Region__c"));
    assert!(simulator.add_field("Region__c", "Code__c", "string", true));
    assert!(simulator.add_lookup("Contact", "Region__c", "Region__c"));
    simulator
}

/// Sends a request with the token and with `body`, unless that is null. The path is one below `/services/data/v68.0/`.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    let ask = Ask::new(method, &format!("/services/data/v68.0/{path}")).bearer(TOKEN).json(body);
    drive::send(&simulator.base_url(), &ask).await.unwrap()
}

/// Upserts contacts by their external id.
pub(crate) async fn upsert(simulator: &Simulator, records: Value) -> Reply {
    let records: Vec<Value> = records.as_array().unwrap().iter().map(|record| typed("Contact", record)).collect();
    let body = json!({"allOrNone": false, "records": records});
    call(simulator, "PATCH", "composite/sobjects/Contact/Ext__c", &body).await
}

pub(crate) fn typed(kind: &str, record: &Value) -> Value {
    let mut record = record.clone();
    record["attributes"] = json!({"type": kind});
    record
}

/// Creates a record and returns its id.
pub(crate) async fn create(simulator: &Simulator, object: &str, record: &Value) -> String {
    let made = call(simulator, "POST", &format!("sobjects/{object}"), record).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}
