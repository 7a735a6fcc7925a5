//! Insert, update and upsert.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{Failure, Operation, Outcome, OutcomeKind};
use serde_json::json;

use super::*;

fn two_people() -> Rows {
    Rows::upsert("contacts", "email")
        .row(json!({"email": "Ann@example.com", "age": 40, "vip": true, "phone": null}))
        .row(json!({"email": "bob@example.com", "tags": ["a", "b"]}))
}

#[test]
fn upserts_and_matches_by_trace_in_whatever_order() {
    let answer = complete(json!([
        with(with(record("2", json!({})), "new", json!(false)), "objectWriteTraceId", json!("1-key-1")),
        with(with(record("1", json!({})), "new", json!(true)), "objectWriteTraceId", json!("0-key-0")),
    ]));
    let vendor = Vendor::scripted([Reply::json(200, &answer)]);
    let results = hubspot().write(two_people()).unwrap();
    assert_eq!(results, [done(0, OutcomeKind::Created, "1"), done(1, OutcomeKind::Updated, "2")]);

    let request = &vendor.requests()[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(request.path(), "/crm/objects/2026-03/contacts/batch/upsert");
    assert_eq!((request.endpoint(), request.auth()), (Some("api"), Some("token")));
    assert_eq!(
        request.json(),
        json!({"inputs": [
            {"id": "Ann@example.com", "idProperty": "email", "objectWriteTraceId": "0-key-0",
             "properties": {"email": "Ann@example.com", "age": "40", "vip": "true", "phone": ""}},
            {"id": "bob@example.com", "idProperty": "email", "objectWriteTraceId": "1-key-1",
             "properties": {"email": "bob@example.com", "tags": "a;b"}},
        ]})
    );
}

#[test]
fn matches_by_address_where_no_trace_comes_back() {
    let answer = complete(json!([
        with(record("2", json!({"email": "bob@example.com"})), "new", json!(true)),
        with(record("1", json!({"email": "ann@example.com", "phone": null})), "new", json!(false)),
    ]));
    let _vendor = Vendor::scripted([Reply::json(200, &answer)]);
    let results = hubspot().write(two_people()).unwrap();
    assert_eq!(results, [done(0, OutcomeKind::Updated, "1"), done(1, OutcomeKind::Created, "2")]);
}

#[test]
fn never_matches_by_position() {
    let answer = complete(json!([record("7", json!({})), record("8", json!({}))]));
    let vendor = Vendor::scripted([Reply::json(200, &answer)]);
    assert_eq!(hubspot().write(two_people()).unwrap(), []);
    assert_eq!(vendor.log_lines()[0].level, "warn");
}

#[test]
fn one_result_of_one_row_is_that_rows() {
    let _vendor =
        Vendor::scripted([Reply::json(201, &complete(json!([record("7945057905", json!({"name": "Pete"}))])))]);
    let results = hubspot().write(Rows::insert("companies").row(json!({"name": "Pete"}))).unwrap();
    assert_eq!(results, [done(0, OutcomeKind::Created, "7945057905")]);
}

#[test]
fn inserts_carry_a_trace_and_no_id() {
    let answer = complete(json!([with(record("5", json!({})), "objectWriteTraceId", json!("0-key-0"))]));
    let vendor = Vendor::scripted([Reply::json(201, &answer)]);
    hubspot().write(Rows::insert("deals").row(json!({"dealname": "Big"}))).unwrap();
    assert_eq!(vendor.requests()[0].path(), "/crm/objects/2026-03/deals/batch/create");
    assert_eq!(
        vendor.requests()[0].json(),
        json!({"inputs": [{"objectWriteTraceId": "0-key-0", "properties": {"dealname": "Big"}}]})
    );
}

#[test]
fn updates_by_record_id_without_writing_it() {
    let vendor = Vendor::scripted([Reply::json(200, &complete(json!([record("512", json!({"name": "A"}))])))]);
    let rows = Rows::update("2-3604285", "hs_object_id").row(json!({"hs_object_id": 512, "name": "A"}));
    assert_eq!(hubspot().write(rows).unwrap(), [done(0, OutcomeKind::Updated, "512")]);
    assert_eq!(
        vendor.requests()[0].json(),
        json!({"inputs": [{"id": "512", "objectWriteTraceId": "0-key-0", "properties": {"name": "A"}}]})
    );
}

#[test]
fn a_207_tells_rows_apart() {
    let mut answer = complete(json!([record("1", json!({"email": "ann@example.com"}))]));
    answer["numErrors"] = json!(1);
    answer["errors"] = json!([{
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": ["bob@example.com"]},
    }]);
    let _vendor = Vendor::scripted([Reply::json(207, &answer)]);
    let rows = Rows::update("contacts", "email")
        .row(json!({"email": "bob@example.com", "age": 1}))
        .row(json!({"email": "ann@example.com", "age": 2}));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(rejection(&results[0]).0, "object_not_found");
    assert_eq!(results[1], done(1, OutcomeKind::Updated, "1"));
}

#[test]
fn a_207_names_rows_by_trace() {
    let mut answer = complete(json!([with(record("1", json!({})), "objectWriteTraceId", json!("0-key-0"))]));
    answer["errors"] = json!([{
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "Property values were not valid",
        "context": {"objectWriteTraceId": ["1-key-1"]},
        "errors": [{"message": "age must be a number", "code": "INVALID_NUMBER", "context": {"propertyName": ["age"]}}],
    }]);
    let _vendor = Vendor::scripted([Reply::json(207, &answer)]);
    let rows = Rows::insert("contacts").row(json!({"age": 1})).row(json!({"age": "x"}));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Created, "1"));
    assert_eq!(
        rejection(&results[1]),
        ("invalid_number", "Property values were not valid age must be a number", Some("age"))
    );
}

#[test]
fn rows_that_cannot_be_sent_do_not_stop_the_others() {
    let answer = complete(json!([with(record("1", json!({})), "objectWriteTraceId", json!("1-key-1"))]));
    let vendor = Vendor::scripted([Reply::json(200, &answer)]);
    let rows = Rows::upsert("contacts", "email")
        .row(json!({"email": null}))
        .row(json!({"email": "ann@example.com"}))
        .row(json!({"email": "ANN@example.com"}))
        .row(json!({"email": "bob@example.com", "tags": ["a;b"]}));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(vendor.requests()[0].json()["inputs"].as_array().unwrap().len(), 1);
    assert_eq!(rejection(&results[0]), ("match_key_empty", "email is empty", Some("email")));
    assert_eq!(results[1].remote_id.as_deref(), Some("1"));
    assert!(
        matches!(&results[2].outcome, Outcome::Failed(Failure::Transient(detail)) if detail.code == "duplicate_key_in_batch")
    );
    assert_eq!(rejection(&results[3]).0, "separator_in_list");
}

#[test]
fn nothing_is_sent_for_what_hubspot_has_not() {
    let _vendor = Vendor::scripted([]);
    let append = Rows::of("contacts", Operation::Append, None).row(json!({"a": 1}));
    assert!(matches!(hubspot().write(append).unwrap_err().failure, Failure::Misconfigured(_)));
    let by_id = Rows::upsert("contacts", "hs_object_id").row(json!({"hs_object_id": 1}));
    assert!(matches!(hubspot().write(by_id).unwrap_err().failure, Failure::Misconfigured(_)));
    let many = (0..101).fold(Rows::insert("contacts"), |rows, n| rows.row(json!({"n": n})));
    assert!(matches!(hubspot().write(many).unwrap_err().failure, Failure::TooLarge(_)));
}
