//! Insert, update and upsert: requests, and which result is whose.

use super::*;

#[test]
fn an_upsert_of_users_is_one_call_and_one_job() {
    let rows = Rows::upsert("users", "external_id")
        .row(json!({ "external_id": 17, "name": "Ada", "phone": null, "tags": ["a"], "user_fields.plan": "pro" }))
        .row(json!({ "external_id": "18", "name": "Grace", "user_fields.since": "2026-01-02T03:04:05.123456Z" }));
    let results = json!([{ "id": 421_001, "status": "Created" }, { "id": 421_002, "status": "Updated" }]);
    let (results, requests) = written(&rows, vec![], "completed", results);
    assert_eq!(results, [done(0, OutcomeKind::Created, "421001"), done(1, OutcomeKind::Updated, "421002")]);
    assert_eq!((requests[0].method(), requests[0].path()), ("POST", "/api/v2/users/create_or_update_many"));
    assert_eq!(requests[0].auth(), Some("token"));
    assert_eq!(
        requests[0].json(),
        json!({ "users": [
        { "external_id": "17", "name": "Ada", "phone": null, "tags": ["a"], "user_fields": { "plan": "pro" } },
        { "external_id": "18", "name": "Grace", "user_fields": { "since": "2026-01-02T03:04:05.123Z" } },
    ] })
    );
    assert_eq!(requests[1].path(), "/api/v2/job_statuses/V3-f9c311ff38d810c0878af1eeba942661");
}

#[test]
fn results_stand_at_their_places_or_name_them() {
    type Kinds<'a> = &'a [(u32, OutcomeKind)];
    let cases: [(&str, Value, Kinds<'_>); 6] = [
        (
            "in order",
            json!([{ "id": 1, "status": "Created" }, { "id": 2, "status": "Updated" }]),
            &[(0, OutcomeKind::Created), (1, OutcomeKind::Updated)],
        ),
        (
            "by index",
            json!([{ "index": 1, "id": 2, "status": "Updated" }, { "index": 0, "id": 1, "status": "Created" }]),
            &[(0, OutcomeKind::Created), (1, OutcomeKind::Updated)],
        ),
        ("one too few", json!([{ "id": 1, "status": "Created" }]), &[]),
        ("one too few, but named", json!([{ "index": 1, "id": 1, "status": "Created" }]), &[(1, OutcomeKind::Created)]),
        (
            "another's address",
            json!([
            { "id": 1, "status": "Created", "email": "P1@example.com" }, { "id": 2, "status": "Created", "email": "P1@example.com" }]),
            &[(1, OutcomeKind::Created)],
        ),
        (
            "without a word",
            json!([{ "id": 1 }, { "id": 2 }]),
            &[(0, OutcomeKind::Accepted), (1, OutcomeKind::Accepted)],
        ),
    ];
    for (name, results, expected) in cases {
        let (results, _) = written(&people(2), vec![], "completed", results);
        let kinds: Vec<(u32, OutcomeKind)> = results
            .iter()
            .map(|result| match result.outcome {
                Outcome::Done(kind) => (result.row, kind),
                Outcome::Failed(_) => panic!("{name}: {result:?}"),
            })
            .collect();
        assert_eq!(kinds, expected, "{name}");
    }
}

#[test]
fn a_completed_job_may_hold_failures_in_every_shape() {
    // Reported in public: a failed result of a create-or-update has its place under `id`.
    let results = json!([
        { "id": 421_001, "status": "Created", "email": "p0@example.com" },
        { "id": 1, "error": "UserUpdateError", "details": "Email: x is not properly formatted", "status": "Failed" },
        { "index": 2, "error": "UserCreateFailed", "details": "External: has already been taken" },
        { "index": 3, "error": "UserUpdateFailed", "details": "You have exceeded the rate limit for updating a single unique user." },
        { "index": 4, "error": "DatabaseConflict", "details": "The record could not be updated" },
        { "index": 5, "error": "UserCreateFailed" },
    ]);
    let (results, _) = written(&people(6), vec![], "completed", results);
    assert_eq!(results[0], done(0, OutcomeKind::Created, "421001"));
    assert_eq!(rejection(&results[1]), ("user_update_error", "Email: x is not properly formatted", Some("email")));
    assert_eq!(rejection(&results[2]).2, Some("external_id"));
    assert!(matches!(&results[3].outcome, Outcome::Failed(Failure::RateLimited(throttle)) if throttle.scope.is_some()));
    assert!(matches!(&results[4].outcome, Outcome::Failed(Failure::Transient(_))));
    assert_eq!(rejection(&results[5]), ("user_create_failed", "Zendesk does not say why", None));
}

#[test]
fn a_job_of_failures_fails_and_says_why() {
    let results = json!([{ "index": 0, "error": "TicketCreateFailed", "details": "Description: cannot be blank" }]);
    let rows = Rows::insert("tickets").row(json!({ "subject": "S" }));
    let (results, _) = written(&rows, vec![], "failed", results);
    assert_eq!(rejection(&results[0]), ("ticket_create_failed", "Description: cannot be blank", Some("description")));
}

#[test]
fn tickets_are_inserted_with_their_comment_and_their_custom_fields() {
    let rows = Rows::insert("tickets").row(json!({
        "subject": "S", "comment": "B", "requester.email": "ada@example.com", "requester.name": "Ada",
        "custom_fields.360001": "x", "custom_fields.360002": null, "assignee_id": "7", "tags": "a b" }));
    let results = json!([{ "index": 0, "id": 6170, "account_id": 2 }]);
    let (results, requests) = written(&rows, vec![], "completed", results);
    assert_eq!(results, [done(0, OutcomeKind::Created, "6170")]);
    assert_eq!(requests[0].path(), "/api/v2/tickets/create_many");
    assert_eq!(
        requests[0].json()["tickets"][0],
        json!({
        "subject": "S", "comment": { "body": "B" }, "requester": { "email": "ada@example.com", "name": "Ada" },
        "custom_fields": [{ "id": 360_001, "value": "x" }, { "id": 360_002, "value": null }],
        "assignee_id": 7, "tags": ["a", "b"] })
    );
}

#[test]
fn an_update_names_its_records_by_id_or_external_id() {
    let updated = json!([{ "action": "update", "id": 7, "status": "Updated", "success": true }]);
    for (object, key, row, expected) in [
        ("users", "id", json!({ "id": 7, "name": "A" }), json!({ "id": 7, "name": "A" })),
        (
            "users",
            "external_id",
            json!({ "external_id": "x", "name": "A" }),
            json!({ "external_id": "x", "name": "A" }),
        ),
        ("organizations", "id", json!({ "id": "7", "details": "D" }), json!({ "id": 7, "details": "D" })),
        ("tickets", "id", json!({ "id": 7, "status": "solved" }), json!({ "id": 7, "status": "solved" })),
    ] {
        let (results, requests) = written(&Rows::update(object, key).row(row), vec![], "completed", updated.clone());
        assert_eq!(results, [done(0, OutcomeKind::Updated, "7")], "{object}");
        assert_eq!(
            (requests[0].method(), requests[0].path()),
            ("PUT", format!("/api/v2/{object}/update_many").as_str())
        );
        assert_eq!(requests[0].json(), json!({ object: [expected] }));
    }
}

#[test]
fn an_update_by_address_looks_for_the_users_first() {
    let found = |users: Value| {
        Reply::json(200, &json!({ "users": users, "next_page": null, "previous_page": null, "count": 1 }))
    };
    let rows = Rows::update("users", "email")
        .row(json!({ "email": "Ada@example.com", "name": "A" }))
        .row(json!({ "email": "gone@example.com", "name": "G" }))
        .row_of("9", json!({ "email": "kept@example.com", "name": "K" }));
    let before = vec![
        found(
            json!([{ "id": 8, "email": "other@example.com", "name": "ada@example.com" }, { "id": 7, "email": "ada@example.com" }]),
        ),
        found(json!([])),
    ];
    let results = json!([{ "action": "update", "id": 7, "status": "Updated", "success": true },
        { "action": "update", "id": 9, "status": "Updated", "success": true }]);
    let (results, requests) = written(&rows, before, "completed", results);
    assert_eq!(results[0], done(0, OutcomeKind::Updated, "7"));
    assert_eq!(rejection(&results[1]).0, "record_not_found");
    assert_eq!(results[2], done(2, OutcomeKind::Updated, "9"));
    assert_eq!(requests[0].path(), "/api/v2/users/search?query=Ada%40example.com");
    assert_eq!(requests[2].json(), json!({ "users": [{ "id": 7, "name": "A" }, { "id": 9, "name": "K" }] }));
}

#[test]
fn tickets_are_found_by_their_external_id_where_one_alone_has_it() {
    let found = |ids: &[u64], external_id: &str| {
        let tickets: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "external_id": external_id })).collect();
        Reply::json(200, &json!({ "tickets": tickets, "next_page": null, "previous_page": null, "count": ids.len() }))
    };
    let before = || vec![found(&[7], "A,1"), found(&[8, 9], "b"), found(&[], "c")];
    let rows = |rows: Rows| ["a,1", "b", "c"].into_iter().fold(rows, |rows, id| rows.row(json!({ "external_id": id })));
    let updated = json!([{ "action": "update", "id": 7, "status": "Updated", "success": true }]);
    let update = rows(Rows::update("tickets", "external_id"));
    let (results, requests) = written(&update, before(), "completed", updated);
    assert_eq!(results[0], done(0, OutcomeKind::Updated, "7"));
    assert_eq!((rejection(&results[1]).0, rejection(&results[2]).0), ("record_ambiguous", "record_not_found"));
    assert_eq!(requests[0].path(), "/api/v2/tickets?external_id=a%2C1");
    assert_eq!(requests[3].json(), json!({ "tickets": [{ "id": 7, "external_id": "a,1" }] }));
    let deleted = json!([{ "action": "delete", "id": 7, "status": "Deleted", "success": true }]);
    let delete = rows(Rows::delete("tickets", "external_id"));
    let (results, requests) = written(&delete, before(), "completed", deleted);
    assert_eq!(results[0], done(0, OutcomeKind::Deleted, "7"));
    assert_eq!(rejection(&results[1]).0, "record_ambiguous");
    assert_eq!(results[2].outcome, Outcome::Done(OutcomeKind::Deleted));
    assert_eq!(requests[3].path(), "/api/v2/tickets/destroy_many?ids=7");
}

#[test]
fn custom_objects_have_an_action_for_each_operation() {
    let rows = |operation, key: Option<&str>| Rows::of("custom_objects/car", operation, key);
    use offtake_sdk::Operation::{Insert, Upsert};
    let row = json!({ "external_id": "c1", "name": "N", "custom_object_fields.seats": 4 });
    for (rows, action) in [
        (rows(Insert, None), "create"),
        (rows(Upsert, Some("external_id")), "create_or_update_by_external_id"),
        (rows(Upsert, Some("name")), "create_or_update_by_name"),
    ] {
        let results = json!([{ "id": "01HZ", "status": "Created", "external_id": "c1", "name": "N" }]);
        let (results, requests) = written(&rows.row(row.clone()), vec![], "completed", results);
        assert_eq!(results, [done(0, OutcomeKind::Created, "01HZ")]);
        assert_eq!(requests[0].path(), "/api/v2/custom_objects/car/jobs");
        let item = json!({ "external_id": "c1", "name": "N", "custom_object_fields": { "seats": 4 } });
        assert_eq!(requests[0].json(), json!({ "job": { "action": action, "items": [item] } }));
    }
}

#[test]
fn an_update_of_custom_records_looks_for_their_ids() {
    let found = json!({ "custom_object_records": [{ "id": "01HZ", "external_id": "C1" }] });
    let rows = Rows::update("custom_objects/car", "external_id")
        .row(json!({ "external_id": "c1", "name": "N" }))
        .row(json!({ "external_id": "c2", "name": "M" }));
    let results = json!([{ "id": "01HZ", "status": "Updated" }]);
    let (results, requests) = written(&rows, vec![Reply::json(200, &found)], "completed", results);
    assert_eq!(results[0], done(0, OutcomeKind::Updated, "01HZ"));
    assert_eq!(rejection(&results[1]).0, "record_not_found");
    assert!(requests[0].path().contains("/records?filter%5Bexternal_ids%5D=c1,c2"), "{}", requests[0].path());
    assert_eq!(requests[1].json()["job"]["items"], json!([{ "id": "01HZ", "external_id": "c1", "name": "N" }]));
}

#[test]
fn a_row_that_cannot_be_sent_holds_up_no_other() {
    let rows = Rows::upsert("users", "email")
        .row(json!({ "email": null, "name": "A" }))
        .row(json!({ "email": "b@example.com", "organization_id": "Acme" }))
        .row(json!({ "email": "c@example.com", "name": "C" }));
    let (results, requests) = written(&rows, vec![], "completed", json!([{ "id": 3, "status": "Created" }]));
    assert_eq!(rejection(&results[0]).0, "match_value_missing");
    assert_eq!(rejection(&results[1]), ("value_unfit", "organization_id takes an id", Some("organization_id")));
    assert_eq!(results[2], done(2, OutcomeKind::Created, "3"));
    assert_eq!(requests[0].json()["users"].as_array().unwrap().len(), 1);
}

#[test]
fn nothing_is_sent_where_nothing_can_be() {
    let vendor = Vendor::scripted([]);
    for rows in [people(0), Rows::upsert("users", "email").row(json!({ "name": "A" }))] {
        assert!(matches!(zendesk().start(rows).unwrap(), JobState::Done(_)));
    }
    for (rows, code) in [
        (Rows::upsert("tickets", "id").row(json!({ "id": 1 })), "operation_unsupported"),
        (Rows::upsert("users", "id").row(json!({ "id": 1 })), "match_key_unsupported"),
        (Rows::delete("custom_objects/car", "name").row(json!({ "name": "N" })), "match_key_unsupported"),
        (Rows::update("organizations", "name").row(json!({ "name": "N" })), "match_key_unsupported"),
        (Rows::insert("shoes").row(json!({ "size": 44 })), "object_unknown"),
        (people(101), "too_many_rows"),
    ] {
        let failure = zendesk().start(rows).unwrap_err();
        assert_eq!((failure.failure.detail().code.as_str(), failure.effect), (code, offtake_sdk::Effect::None));
    }
    assert!(vendor.requests().is_empty());
}
