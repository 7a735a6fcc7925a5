//! Delete.

use super::*;

fn deleted(id: u64) -> Value {
    json!({ "action": "delete", "id": id, "status": "Deleted", "success": true })
}

#[test]
fn records_are_named_by_id_or_by_external_id() {
    let rows = |key: &str| Rows::delete("users", key).row(json!({ key: "7" })).row(json!({ key: "8" }));
    let results = json!([deleted(7), { "index": 1, "error": "UserDeleteFailed", "details": "User not found" }]);
    for (key, list) in [("id", "ids"), ("external_id", "external_ids")] {
        let (results, requests) = written(&rows(key), vec![], "completed", results.clone());
        assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)), "{results:?}");
        assert_eq!(
            (requests[0].method(), requests[0].path()),
            ("DELETE", format!("/api/v2/users/destroy_many?{list}=7,8").as_str())
        );
    }
}

#[test]
fn users_are_found_by_their_address_first() {
    let found = |users: Value| Reply::json(200, &json!({ "users": users }));
    let before = vec![found(json!([{ "id": 7, "email": "ada@example.com" }])), found(json!([]))];
    let rows = Rows::delete("users", "email")
        .row(json!({ "email": "ada@example.com" }))
        .row(json!({ "email": "b@example.com" }));
    let (results, requests) = written(&rows, before, "completed", json!([deleted(7)]));
    assert_eq!(
        results.iter().map(|result| result.outcome.clone()).collect::<Vec<_>>(),
        vec![Outcome::Done(OutcomeKind::Deleted); 2]
    );
    assert_eq!(requests[2].path(), "/api/v2/users/destroy_many?ids=7");
}

#[test]
fn nothing_is_deleted_that_a_row_does_not_name() {
    let _vendor = Vendor::scripted([]);
    for (rows, code) in [
        (Rows::delete("users", "id").row(json!({ "id": "7,8" })), "id_invalid"),
        (Rows::delete("users", "external_id").row(json!({ "external_id": "a,b" })), "external_id_has_comma"),
        (Rows::delete("tickets", "id").row(json!({ "id": null })), "match_value_missing"),
    ] {
        let JobState::Done(results) = zendesk().start(rows).unwrap() else { panic!() };
        assert_eq!(rejection(&results[0]).0, code);
    }
}

#[test]
fn custom_records_are_deleted_by_a_job_of_keys() {
    let rows = Rows::delete("custom_objects/car", "external_id").row(json!({ "external_id": "c1" }));
    let results = json!([{ "id": "01HZ", "status": "Deleted", "success": true }]);
    let (results, requests) = written(&rows, vec![], "completed", results);
    assert_eq!(results, [done(0, OutcomeKind::Deleted, "01HZ")]);
    assert_eq!(requests[0].json(), json!({ "job": { "action": "delete_by_external_id", "items": ["c1"] } }));
}
