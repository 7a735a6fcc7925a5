//! Lookups.

use offtake_sdk::Failure;
use offtake_sdk::testing::{Reply, Vendor};
use serde_json::json;

use super::*;

fn emails(addresses: &[&str]) -> Vec<Value> {
    addresses.iter().map(|address| json!({"email": address})).collect()
}

#[test]
fn values_are_matched_by_address_and_never_by_position() {
    let read = complete(json!([
        record("9", json!({"email": "new@example.com", "hs_additional_emails": "old@example.com", "age": "40"})),
        record("8", json!({"email": "ann@example.com", "hs_additional_emails": null, "age": null, "city": ""})),
    ]));
    let vendor = Vendor::scripted([Reply::json(207, &read)]);
    let rows = emails(&["Ann@Example.com", "gone@example.com", "OLD@example.com", "ann@example.com", ""]);
    let found = hubspot().look_up("contacts", "email", &["age", "city", "hs_object_id"], &rows).unwrap().unwrap();
    let ann = json!({"age": null, "city": null, "hs_object_id": "8"});
    let old = json!({"age": "40", "city": null, "hs_object_id": "9"});
    assert_eq!(found, [ann.clone(), Value::Null, old, ann, Value::Null]);

    let request = &vendor.requests()[0];
    assert_eq!(request.path(), "/crm/objects/2026-03/contacts/batch/read");
    let body = request.json();
    assert_eq!(body["idProperty"], "email");
    assert_eq!(body["inputs"].as_array().unwrap().len(), 3, "the same address is asked for once");
    assert_eq!(body["properties"], json!(["age", "city", "email", "hs_additional_emails"]));
}

#[test]
fn record_ids_need_no_property() {
    let read = complete(json!([record("2", json!({"name": "B"})), record("1", json!({"name": "A"}))]));
    let vendor = Vendor::scripted([Reply::json(200, &read)]);
    let rows = [json!({"hs_object_id": 1}), json!({"hs_object_id": "2"})];
    let found = hubspot().look_up("companies", "hs_object_id", &["name"], &rows).unwrap().unwrap();
    assert_eq!(found, [json!({"name": "A"}), json!({"name": "B"})]);
    assert_eq!(vendor.requests()[0].json().get("idProperty"), None);
}

#[test]
fn a_hundred_keys_are_a_call() {
    let vendor = Vendor::answering(|request| {
        let body = request.json();
        let inputs = body["inputs"].as_array().unwrap();
        assert!(inputs.len() <= 100);
        let records: Vec<Value> = inputs
            .iter()
            .rev()
            .map(|input| record(input["id"].as_str().unwrap(), json!({"code": input["id"]})))
            .collect();
        Reply::json(200, &complete(json!(records)))
    });
    let rows: Vec<Value> = (0..250).map(|n| json!({"code": n.to_string()})).collect();
    let found = hubspot().look_up("2-1", "code", &["hs_object_id"], &rows).unwrap().unwrap();
    for (n, record) in found.iter().enumerate() {
        assert_eq!(record["hs_object_id"], n.to_string());
    }
    assert_eq!(vendor.requests().len(), 3);
}

#[test]
fn what_could_not_be_read_is_not_called_absent() {
    let body = json!({"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [
        {"status": "error", "category": "VALIDATION_ERROR", "message": "the property is not unique"}]});
    let _vendor = Vendor::scripted([Reply::json(207, &body)]);
    let failure = hubspot().look_up("companies", "name", &["name"], &[json!({"name": "A"})]).unwrap_err();
    assert!(matches!(failure.failure, Failure::Rejected(_)));
}

#[test]
fn nothing_is_asked_for_rows_without_keys() {
    let _vendor = Vendor::scripted([]);
    assert_eq!(
        hubspot().look_up("contacts", "email", &["age"], &[json!({"email": null})]).unwrap(),
        Some(vec![Value::Null])
    );
}
