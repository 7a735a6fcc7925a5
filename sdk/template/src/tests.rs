//! The connector against a vendor that follows a script: no wasm, no network.

use offtake_sdk::testing::{Call, Reply, Rows, Vendor};
use offtake_sdk::{Failure, Outcome, OutcomeKind};
use serde_json::json;

use super::Destination;

fn call() -> Call<Destination> {
    Call::new(json!({"workspace": "sales"}))
}

#[test]
fn check_names_the_account() {
    let vendor = Vendor::scripted([Reply::json(200, &json!({"name": "Acme"}))]);
    assert_eq!(call().check().unwrap()["facts"][0]["value"], "Acme");
    assert_eq!(vendor.requests()[0].path(), "/v1/sales/me");
    assert_eq!(vendor.requests()[0].auth(), Some("token"));
}

#[test]
fn discovers_people_and_nothing_else() {
    assert_eq!(call().objects(None).unwrap().0["objects"][0]["id"], "people");
    assert_eq!(call().fields("people").unwrap()["fields"][0]["name"], "email");
    assert!(matches!(call().fields("shoes").unwrap_err().failure, Failure::SchemaChanged(_)));
}

#[test]
fn writes_each_row_and_leaves_absent_fields_alone() {
    let vendor = Vendor::scripted([
        Reply::json(201, &json!({"id": "p1"})),
        Reply::json(422, &json!({"code": "age_negative", "message": "age must not be negative", "field": "age"})),
        Reply::json(200, &json!({"id": "p3"})),
    ]);
    let rows = Rows::upsert("people", "email")
        .row(json!({"email": "a@example.com", "name": null}))
        .row(json!({"email": "b@example.com", "age": -1}))
        .row(json!({"email": "c@example.com"}));
    let results = call().write(rows).unwrap();

    assert_eq!(results[0].outcome, Outcome::Done(OutcomeKind::Created));
    assert_eq!(results[0].remote_id.as_deref(), Some("p1"));
    let Outcome::Failed(Failure::Rejected(detail)) = &results[1].outcome else { panic!("{results:?}") };
    assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("age_negative", Some("age")));
    assert_eq!(results[2].outcome, Outcome::Done(OutcomeKind::Updated));

    let first = &vendor.requests()[0];
    assert_eq!((first.method(), first.path()), ("PUT", "/v1/sales/people/a%40example.com"));
    assert_eq!(first.json(), json!({"email": "a@example.com", "name": null}));
    assert_eq!(first.idempotency_key(), Some("key-0"));
}

#[test]
fn a_rate_limit_ends_the_call() {
    let _vendor = Vendor::scripted([Reply::status(429).header("Retry-After", "7")]);
    let rows =
        Rows::delete("people", "email").row(json!({"email": "a@example.com"})).row(json!({"email": "b@example.com"}));
    let results = call().write(rows).unwrap();
    assert_eq!(results.len(), 1, "the second row is unknown and goes again");
    let Outcome::Failed(Failure::RateLimited(throttle)) = &results[0].outcome else { panic!("{results:?}") };
    assert_eq!(throttle.retry_after_ms, Some(7000));
}
