//! Members of lists.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{Operation, Outcome, OutcomeKind};
use serde_json::json;

use super::*;

const LIST: &str = "lists/0-1/12";

#[test]
fn members_are_found_by_email_and_added_by_id() {
    let found = complete(json!([
        record("1", json!({"email": "ada@example.com"})),
        record("2", json!({"email": "grace@example.com"})),
        record("3", json!({"email": "edith@example.com"})),
    ]));
    let answer = json!({"recordsIdsAdded": ["1"], "recordIdsMissing": ["3"], "recordIdsRemoved": []});
    let vendor = Vendor::scripted([Reply::json(207, &found), Reply::json(200, &answer)]);
    let rows = ["Ada", "grace", "edith", "gone"]
        .into_iter()
        .fold(Rows::of(LIST, Operation::MemberAdd, Some("email")), |rows, name| {
            rows.row(json!({"email": format!("{name}@example.com")}))
        });
    let results = hubspot().write(rows).unwrap();
    let requests = vendor.requests();
    assert_eq!((requests[0].path(), requests[1].method()), ("/crm/objects/2026-03/0-1/batch/read", "PUT"));
    assert_eq!(requests[1].path(), "/crm/lists/2026-03/12/memberships/add");
    assert_eq!(requests[1].json(), json!(["1", "2", "3"]));
    assert_eq!(results[0], done(0, OutcomeKind::Created, "1"));
    assert_eq!(results[1], done(1, OutcomeKind::Unchanged, "2"), "who is on the list already");
    assert_eq!(rejection(&results[2]).0, "record_not_found");
    assert_eq!(rejection(&results[3]).2, Some("email"));
}

#[test]
fn members_are_taken_off_by_the_id_that_the_host_has_kept() {
    let answer = json!({"recordsIdsAdded": [], "recordIdsMissing": ["8"], "recordIdsRemoved": ["7"]});
    let vendor = Vendor::scripted([Reply::json(200, &answer)]);
    let rows = Rows::of(LIST, Operation::MemberRemove, Some("email"))
        .row_of("7", json!({"email": "ada@example.com"}))
        .row_of("8", json!({"email": "grace@example.com"}));
    let results = hubspot().write(rows).unwrap();
    assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)));
    assert_eq!(vendor.requests()[0].path(), "/crm/lists/2026-03/12/memberships/remove");
    assert_eq!(vendor.requests()[0].json(), json!(["7", "8"]));
}

#[test]
fn who_is_found_under_another_address_is_not_called_gone() {
    let found = complete(json!([record("1", json!({"email": "other@example.com"}))]));
    let vendor = Vendor::scripted([Reply::json(200, &found)]);
    let rows = Rows::of(LIST, Operation::MemberRemove, Some("email")).row(json!({"email": "ada@example.com"}));
    assert_eq!(rejection(&hubspot().write(rows).unwrap()[0]).0, "record_not_identified");
    assert_eq!(vendor.requests().len(), 1);
}

#[test]
fn a_list_takes_members_and_nothing_else() {
    let _vendor = Vendor::scripted([]);
    let failure = hubspot().write(Rows::upsert(LIST, "email").row(json!({"email": "a@example.com"}))).unwrap_err();
    assert_eq!(failure.failure.detail().code, "operation_unsupported");
    assert_eq!(hubspot().limits(LIST, Operation::MemberAdd).unwrap().max_rows, 2_000);
}
