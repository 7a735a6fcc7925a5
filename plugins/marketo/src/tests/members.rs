//! Members of static lists.

use offtake_sdk::Operation;
use offtake_sdk::testing::Vendor;

use super::*;

fn rows(operation: Operation) -> Rows {
    Rows::of("lists/1160", operation, Some("email"))
        .row_of("7149", json!({"email": "ada@example.com"}))
        .row(json!({"email": "grace@example.com"}))
        .row(json!({"email": "nobody@example.com"}))
}

#[test]
fn members_are_added_by_the_ids_of_leads() {
    let found = json!([{"id": 7150, "email": "grace@example.com"}]);
    let answer = json!([{"id": 7149, "status": "added"}, {"id": 7150, "status": "memberof"}]);
    let vendor = Vendor::scripted([success(found), success(answer)]);
    let results = write(rows(Operation::MemberAdd)).unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Created, "7149"));
    assert_eq!(results[1], done(1, OutcomeKind::Unchanged, "7150"));
    assert!(matches!(failure(&results[2]), Failure::Rejected(detail) if detail.code == "lead_not_found"));
    let request = &vendor.requests()[1];
    assert_eq!((request.method(), request.path()), ("POST", "/rest/v1/lists/1160/leads.json"));
    assert_eq!(request.json(), json!({"input": [{"id": 7149}, {"id": 7150}]}));
}

#[test]
fn members_are_removed_by_ids_in_the_query() {
    let found = json!([{"id": 7150, "email": "grace@example.com"}]);
    let answer = json!([{"id": 7149, "status": "removed"},
        {"id": 7150, "status": "skipped", "reasons": [{"code": "1015", "message": "Lead not in list"}]}]);
    let vendor = Vendor::scripted([success(found), success(answer)]);
    let results = write(rows(Operation::MemberRemove)).unwrap();
    assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)), "{results:?}");
    let request = &vendor.requests()[1];
    assert_eq!((request.method(), request.path()), ("DELETE", "/rest/v1/lists/1160/leads.json?id=7149&id=7150"));
    assert_eq!(request.text(), "");
}
