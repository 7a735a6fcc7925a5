//! Items of catalogs.

use offtake_sdk::Operation;
use offtake_sdk::testing::{Reply, Rows, Vendor};

use super::*;

const OBJECT: &str = "catalogs/restaurants";

fn rows(operation: Operation) -> Rows {
    Rows::of(OBJECT, operation, Some("id"))
        .row(json!({ "id": "r1", "Name": "One", "ltv": "1.5" }))
        .row(json!({ "id": 2, "Name": null }))
}

#[test]
fn each_operation_has_its_method() {
    let whole = json!([{ "id": "r1", "Name": "One", "ltv": 1.5 }, { "id": "2", "Name": null }]);
    let ids = json!([{ "id": "r1" }, { "id": "2" }]);
    for (operation, method, items, kind) in [
        (Operation::Insert, "POST", &whole, OutcomeKind::Accepted),
        (Operation::Upsert, "PUT", &whole, OutcomeKind::Accepted),
        (Operation::Update, "PATCH", &whole, OutcomeKind::Accepted),
        (Operation::Delete, "DELETE", &ids, OutcomeKind::Deleted),
    ] {
        let vendor = Vendor::scripted([Reply::json(202, &json!({ "message": "success" }))]);
        assert_eq!(kinds(&braze().write(rows(operation)).unwrap()), [(0, kind), (1, kind)]);
        let request = &vendor.requests()[0];
        assert_eq!((request.method(), request.path()), (method, "/catalogs/restaurants/items"));
        assert_eq!(request.json(), json!({ "items": items }));
    }
}

#[test]
fn an_error_that_names_every_item_is_theirs_and_any_other_is_halved() {
    let body = |ids: Value| {
        let error = json!({ "id": "invalid-fields", "message": "Some of the fields given do not exist in the catalog",
            "parameters": ["id"], "parameter_values": ids });
        Reply::json(400, &json!({ "message": "Invalid Request", "errors": [error] }))
    };
    let expected = ("invalid_fields", "Some of the fields given do not exist in the catalog", None);
    let vendor = Vendor::scripted([body(json!(["r1", "2"]))]);
    let results = braze().write(rows(Operation::Upsert)).unwrap();
    assert!(results.len() == 2 && results.iter().all(|result| rejection(result) == expected), "{results:?}");
    drop(vendor);
    let vendor = Vendor::scripted([body(json!(["r1"]))]);
    let failure = braze().write(rows(Operation::Upsert)).unwrap_err().failure;
    assert!(matches!(&failure, Failure::Unattributed(detail) if detail.code == "invalid_fields"), "{failure:?}");
    drop(vendor);
    let _vendor = Vendor::scripted([body(json!([]))]);
    let results = braze().write(Rows::upsert(OBJECT, "id").row(json!({ "id": "r1" }))).unwrap();
    assert_eq!(rejection(&results[0]), expected);
}

#[test]
fn what_does_not_say_that_it_was_taken_is_unknown() {
    for reply in
        [Reply::text(202, "<html>"), Reply::json(202, &json!({})), Reply::json(200, &json!({ "message": "?" }))]
    {
        let _vendor = Vendor::scripted([reply]);
        assert_eq!(braze().write(rows(Operation::Upsert)).unwrap_err().effect, offtake_sdk::Effect::Unknown);
    }
}

#[test]
fn an_error_that_names_no_item_is_halved() {
    let body = json!({ "message": "Invalid Request", "errors": [{ "id": "items-too-large", "message": "too long" }] });
    let _vendor = Vendor::scripted([Reply::json(400, &body)]);
    let failure = braze().write(rows(Operation::Upsert)).unwrap_err().failure;
    assert!(matches!(&failure, Failure::Unattributed(detail) if detail.code == "items_too_large"), "{failure:?}");
}

#[test]
fn a_catalog_that_is_gone_is_the_schemas_fault() {
    let body = json!({ "message": "Invalid Request", "errors": [{ "id": "catalog-not-found", "message": "Could not find catalog",
        "parameters": ["catalog_name"], "parameter_values": ["restaurants"] }] });
    let _vendor = Vendor::scripted([Reply::json(404, &body)]);
    let failure = braze().write(rows(Operation::Upsert)).unwrap_err().failure;
    assert!(matches!(&failure, Failure::SchemaChanged(detail) if detail.code == "catalog_not_found"), "{failure:?}");
}

#[test]
fn the_second_row_of_an_item_waits() {
    let vendor = Vendor::scripted([Reply::json(202, &json!({ "message": "success" }))]);
    let rows =
        Rows::upsert(OBJECT, "id").row(json!({ "id": "r1" })).row(json!({ "id": "r1" })).row(json!({ "id": null }));
    let results = braze().write(rows).unwrap();
    assert_eq!(results.iter().map(|result| result.row).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(vendor.requests()[0].json()["items"].as_array().unwrap().len(), 1);
}
