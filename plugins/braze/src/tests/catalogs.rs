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
fn an_item_that_an_error_names_is_at_fault() {
    let body = json!({ "message": "Invalid Request", "errors": [{ "id": "invalid-fields",
        "message": "Some of the fields given do not exist in the catalog", "parameters": ["id"], "parameter_values": ["r1"] }] });
    let _vendor = Vendor::scripted([Reply::json(400, &body)]);
    let results = braze().write(rows(Operation::Upsert)).unwrap();
    assert_eq!(
        rejection(&results[0]),
        ("invalid_fields", "Some of the fields given do not exist in the catalog", None)
    );
    assert!(matches!(results[1].outcome, Outcome::Failed(Failure::Transient(_))));
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
