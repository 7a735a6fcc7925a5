//! Lookups.

use offtake_sdk::testing::{Reply, Vendor};

use super::*;

#[test]
fn values_are_matched_by_external_id() {
    // After a recorded export.
    let users = json!({ "users": [
        { "created_at": "2021-11-23T22:42:08.040Z", "external_id": "b", "user_aliases": [], "first_name": "Bea",
          "custom_attributes": { "plan": "pro", "car": { "make": "V" } } },
        { "external_id": "a", "user_aliases": [] },
    ], "invalid_user_ids": ["gone"], "message": "success" });
    let vendor = Vendor::scripted([Reply::json(201, &users)]);
    let rows = ["a", "b", "gone", ""].map(|id| json!({ "external_id": id }));
    let fields = ["first_name", "plan", "car.make", "external_id"];
    let found = braze().look_up("users", "external_id", &fields, &rows).unwrap().unwrap();
    assert_eq!(found[0], json!({ "first_name": null, "plan": null, "car.make": null, "external_id": "a" }));
    assert_eq!(found[1], json!({ "first_name": "Bea", "plan": "pro", "car.make": "V", "external_id": "b" }));
    assert_eq!(found[2..], [Value::Null, Value::Null]);
    let body = vendor.requests()[0].json();
    assert_eq!(body["external_ids"], json!(["a", "b", "gone"]));
    assert_eq!(
        body["fields_to_export"],
        json!(["braze_id", "custom_attributes", "external_id", "first_name", "user_aliases"])
    );
}

#[test]
fn fifty_ids_are_a_request() {
    let vendor = Vendor::answering(|request| {
        let body = request.json();
        let aliases = body["user_aliases"].as_array().unwrap();
        assert!(aliases.len() <= 50);
        let user = |alias: &Value| json!({ "user_aliases": [{ "alias_name": "x", "alias_label": "y" }, alias], "braze_id": alias["alias_name"] });
        Reply::json(201, &json!({ "users": aliases.iter().rev().map(user).collect::<Vec<_>>(), "message": "success" }))
    });
    let rows: Vec<Value> = (0..120).map(|n| json!({ "alias_name": n.to_string() })).collect();
    let found = braze().look_up("users", "alias_name", &["braze_id"], &rows).unwrap().unwrap();
    for (n, record) in found.iter().enumerate() {
        assert_eq!(record, &json!({ "braze_id": n.to_string() }));
    }
    assert_eq!(vendor.requests().len(), 3);
}

#[test]
fn what_cannot_be_read_is_not_what_is_not_there() {
    let _vendor = Vendor::scripted([]);
    for (object, key) in [("users", "email"), ("events", "event_id"), ("catalogs/restaurants", "id")] {
        assert_eq!(braze().look_up(object, key, &["x"], &[json!({ key: "x" })]).unwrap(), None, "{object}");
    }
}
