//! What the configuration says can be written.

use offtake_sdk::testing::{Reply, Vendor};
use offtake_sdk::{Operation, Rate};

use super::*;

fn call() -> Call<Webhook> {
    Call::new(json!({
        "check": {"path": "/me"},
        "rate": {"requests": 100, "seconds": 60},
        "concurrency": 3,
        "objects": {
            "people": {
                "label": "People", "match": ["email"],
                "fields": {"plan": {"type": "enumeration", "options": ["free", "pro"], "required": true}},
                "operations": {
                    "upsert": {"method": "PUT", "path": "/people/{email}"},
                    "insert": {"path": "/people", "body": "array", "rows": 500},
                },
            },
            "events": {"open": false, "fields": {"at": {"type": "datetime"}}, "operations": {"append": {"path": "/events"}}},
        },
    }))
}

#[test]
fn objects_and_fields_are_those_that_are_configured() {
    let (document, next) = call().objects(None).unwrap();
    assert_eq!(next, None);
    assert_eq!(document["objects"][0]["id"], "events");
    let people = &document["objects"][1];
    assert_eq!((&people["label"], &people["match_keys"]), (&json!("People"), &json!(["email"])));
    assert_eq!(people["operations"], json!(["insert", "upsert"]));
    let names = |object: &str| {
        let document = call().fields(object).unwrap();
        let fields = document["fields"].as_array().unwrap().clone();
        fields.into_iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("people"), ["plan", "email", "*"]);
    assert_eq!(names("events"), ["at"]);
    assert_eq!(call().fields("people").unwrap()["fields"][0]["options"][1]["value"], "pro");
    assert_eq!(call().fields("dogs").unwrap_err().failure.detail().code, "unknown_object");
}

#[test]
fn limits_are_those_of_the_request() {
    let singles = call().limits("people", Operation::Upsert).unwrap();
    assert_eq!((singles.max_rows, singles.max_concurrency), (100, 1), "requests go side by side within the call");
    let batches = call().limits("people", Operation::Insert).unwrap();
    assert_eq!((batches.max_rows, batches.max_concurrency), (500, 3));
    assert_eq!(batches.rates, [Rate { requests: 100, window_ms: 60_000 }]);
    let refused = call().limits("people", Operation::Delete).unwrap_err();
    assert_eq!(refused.failure.detail().code, "operation_unsupported");
}

#[test]
fn a_check_is_a_request_where_one_is_configured() {
    let vendor = Vendor::scripted([Reply::status(200)]);
    assert_eq!(call().check().unwrap()["facts"][0]["value"], "/me answers 200");
    assert_eq!(vendor.requests()[0].method(), "GET");
    drop(vendor);
    let _vendor = Vendor::scripted([]);
    assert!(upserting(json!({"path": "/"})).check().is_ok());
}
