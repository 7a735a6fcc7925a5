//! Delete.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{Effect, Failure, Outcome, OutcomeKind, RowResult};
use serde_json::json;

use super::*;

fn deleted(row: u32) -> RowResult {
    RowResult { row, outcome: Outcome::Done(OutcomeKind::Deleted), remote_id: None }
}

#[test]
fn archives_by_the_id_that_the_host_has_kept() {
    let vendor = Vendor::scripted([Reply::status(204)]);
    let rows = Rows::delete("contacts", "email")
        .row_of("286101", json!({"email": "a@example.com"}))
        .row_of("286102", json!({"email": "b@example.com"}));
    assert_eq!(hubspot().write(rows).unwrap(), [deleted(0), deleted(1)]);
    assert_eq!(vendor.requests()[0].path(), "/crm/objects/2026-03/contacts/batch/archive");
    assert_eq!(vendor.requests()[0].json(), json!({"inputs": [{"id": "286101"}, {"id": "286102"}]}));
}

#[test]
fn looks_up_the_others_first() {
    let read = complete(json!([
        record("9", json!({"email": "new@example.com", "hs_additional_emails": "old@example.com;older@example.com"})),
        record("8", json!({"email": "ann@example.com", "hs_additional_emails": null})),
    ]));
    let vendor = Vendor::scripted([Reply::json(207, &read), Reply::status(204)]);
    let rows = Rows::delete("contacts", "email")
        .row(json!({"email": "Ann@example.com"}))
        .row(json!({"email": "old@example.com"}))
        .row(json!({"email": "gone@example.com"}))
        .row_of("7", json!({"email": "kept@example.com"}));
    assert_eq!(hubspot().write(rows).unwrap(), [deleted(0), deleted(1), deleted(2), deleted(3)]);
    let requests = vendor.requests();
    assert_eq!(requests[0].path(), "/crm/objects/2026-03/contacts/batch/read");
    assert_eq!(requests[0].json()["idProperty"], "email");
    assert_eq!(requests[1].json(), json!({"inputs": [{"id": "7"}, {"id": "8"}, {"id": "9"}]}));
}

#[test]
fn archives_nothing_when_nothing_is_there() {
    let _vendor = Vendor::scripted([Reply::json(200, &complete(json!([])))]);
    let rows = Rows::delete("companies", "code").row(json!({"code": "x"}));
    assert_eq!(hubspot().write(rows).unwrap(), [deleted(0)]);
}

#[test]
fn does_not_call_deleted_what_it_could_not_identify() {
    let _vendor = Vendor::scripted([Reply::json(200, &complete(json!([record("9", json!({"code": "X"}))])))]);
    let rows = Rows::delete("companies", "code").row(json!({"code": "x"}));
    assert_eq!(rejection(&hubspot().write(rows).unwrap()[0]).0, "record_not_identified");
}

#[test]
fn a_look_up_that_fails_changed_nothing() {
    let _vendor = Vendor::scripted([Reply::status(502)]);
    let failure = hubspot().write(Rows::delete("companies", "code").row(json!({"code": "x"}))).unwrap_err();
    assert!(matches!(failure.failure, Failure::Transient(_)));
    assert_eq!(failure.effect, Effect::None);
}

#[test]
fn a_207_names_what_was_not_archived() {
    let body = json!({"status": "COMPLETE", "results": [], "numErrors": 2, "errors": [
        {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "not there", "context": {"ids": ["2"]}},
        {"status": "error", "category": "VALIDATION_ERROR", "message": "protected", "context": {"ids": ["3"]}},
    ]});
    let _vendor = Vendor::scripted([Reply::json(207, &body)]);
    let rows = ["1", "2", "3"]
        .into_iter()
        .fold(Rows::delete("deals", "hs_object_id"), |rows, id| rows.row(json!({"hs_object_id": id})));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(results[..2], [deleted(0), deleted(1)]);
    assert_eq!(rejection(&results[2]).1, "protected");
}
