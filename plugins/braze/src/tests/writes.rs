//! Attributes, events and purchases.

use offtake_sdk::Operation;
use offtake_sdk::testing::{Reply, Rows, Vendor};

use super::*;

#[test]
fn an_upsert_of_users_is_one_request_and_accepted() {
    let vendor = Vendor::scripted([Reply::json(201, &success(2))]);
    let rows = Rows::upsert("users", "external_id")
        .row(json!({ "external_id": 17, "first_name": "Ada", "phone": null, "ltv": "12.50", "plan": "pro" }))
        .row(json!({ "external_id": "18", "car.make": "V", "since": "2026-01-02T03:04:05.123456Z" }));
    let results = braze().write(rows).unwrap();
    assert_eq!(kinds(&results), [(0, OutcomeKind::Accepted), (1, OutcomeKind::Accepted)]);
    let request = &vendor.requests()[0];
    assert_eq!((request.method(), request.path(), request.auth()), ("POST", "/users/track", Some("token")));
    assert_eq!(
        request.json(),
        json!({ "attributes": [
        { "external_id": "17", "first_name": "Ada", "phone": null, "ltv": 12.5, "plan": "pro" },
        { "external_id": "18", "car": { "make": "V" }, "since": "2026-01-02T03:04:05.123Z", "_merge_objects": true },
    ] })
    );
}

#[test]
fn users_are_named_by_what_rows_are_matched_by() {
    let alias = json!({ "user_alias": { "alias_name": "a", "alias_label": "crm" }, "_update_existing_only": false, "plan": "p" });
    let labelled = json!({ "user_alias": { "alias_name": "a", "alias_label": "own" }, "_update_existing_only": false, "plan": "p" });
    for (key, row, expected) in [
        ("alias_name", json!({ "alias_name": "a", "plan": "p" }), alias),
        ("alias_name", json!({ "alias_name": "a", "alias_label": "own", "plan": "p" }), labelled),
        ("braze_id", json!({ "braze_id": "b", "plan": "p" }), json!({ "braze_id": "b", "plan": "p" })),
        ("email", json!({ "email": "a@example.com", "plan": "p" }), json!({ "email": "a@example.com", "plan": "p" })),
        ("phone", json!({ "phone": 49, "plan": "p" }), json!({ "phone": "49", "plan": "p" })),
    ] {
        let vendor = Vendor::scripted([Reply::json(201, &success(1))]);
        braze().write(Rows::upsert("users", key).row(row)).unwrap();
        assert_eq!(vendor.requests()[0].json()["attributes"][0], expected, "{key}");
    }
}

#[test]
fn an_update_makes_no_users() {
    let vendor = Vendor::scripted([Reply::json(201, &success(1))]);
    braze().write(Rows::update("users", "external_id").row(json!({ "external_id": "u", "plan": null }))).unwrap();
    let expected = json!({ "external_id": "u", "plan": null, "_update_existing_only": true });
    assert_eq!(vendor.requests()[0].json()["attributes"][0], expected);
}

#[test]
fn events_and_purchases_are_appended_with_their_properties() {
    let body = json!({ "events_processed": 1, "message": "success" });
    let time = "2026-11-22T10:00:00Z";
    for (object, key, row, expected) in [
        (
            "events",
            "event_id",
            json!({ "event_id": "e1", "external_id": "u", "name": "signed_up", "time": time, "plan": "pro", "left": null,
                "properties": { "a": 1 }, "properties.b": 2 }),
            json!({ "external_id": "u", "name": "signed_up", "time": time,
                "properties": { "event_id": "e1", "plan": "pro", "a": 1, "b": 2 } }),
        ),
        (
            "purchases",
            "purchase_id",
            json!({ "purchase_id": 7, "alias_name": "a", "product_id": "p", "currency": "EUR", "price": "2.50", "quantity": 2, "time": time }),
            json!({ "user_alias": { "alias_name": "a", "alias_label": "crm" }, "_update_existing_only": false, "product_id": "p", "currency": "EUR", "price": 2.5,
                "quantity": 2, "time": time, "properties": { "purchase_id": 7 } }),
        ),
    ] {
        let vendor = Vendor::scripted([Reply::json(201, &body)]);
        let results = braze().write(Rows::of(object, Operation::Append, Some(key)).row(row)).unwrap();
        assert_eq!(kinds(&results), [(0, OutcomeKind::Accepted)]);
        assert_eq!(vendor.requests()[0].json(), json!({ object: [expected] }));
    }
}

#[test]
fn what_is_queued_during_maintenance_is_accepted() {
    let _vendor = Vendor::scripted([Reply::json(202, &json!({ "message": "queued" }))]);
    let results = braze().write(Rows::upsert("users", "external_id").row(json!({ "external_id": "u" }))).unwrap();
    assert_eq!(kinds(&results), [(0, OutcomeKind::Accepted)]);
}

#[test]
fn errors_are_about_the_objects_that_were_sent() {
    // The second row cannot be sent, so that index 1 is the third row.
    let answer = json!({ "attributes_processed": 1, "message": "success", "errors": [
        { "type": "'email' is not valid", "input_array": "attributes", "index": 1 }] });
    let _vendor = Vendor::scripted([Reply::json(201, &answer)]);
    let rows = Rows::upsert("users", "external_id")
        .row(json!({ "external_id": "a" }))
        .row(json!({ "external_id": null, "plan": "p" }))
        .row(json!({ "external_id": "c", "email": "bad" }));
    let results = braze().write(rows).unwrap();
    assert_eq!(results[0].outcome, Outcome::Done(OutcomeKind::Accepted));
    assert_eq!(rejection(&results[1]).0, "match_value_missing");
    assert_eq!(rejection(&results[2]), ("email_is_not_valid", "'email' is not valid", Some("email")));
}

#[test]
fn an_error_that_names_no_object_leaves_the_rows_unknown() {
    for error in [json!({ "type": "odd" }), json!({ "type": "odd", "input_array": "events", "index": 0 }), json!("odd")]
    {
        let answer = json!({ "message": "success", "errors": [error] });
        let _vendor = Vendor::scripted([Reply::json(201, &answer)]);
        let rows =
            Rows::upsert("users", "external_id").row(json!({ "external_id": "a" })).row(json!({ "external_id": "b" }));
        assert_eq!(braze().write(rows).unwrap(), []);
    }
    let _vendor = Vendor::scripted([Reply::json(201, &json!({ "message": "success", "errors": ["odd"] }))]);
    let results = braze().write(Rows::upsert("users", "external_id").row(json!({ "external_id": "a" }))).unwrap();
    assert_eq!(rejection(&results[0]), ("odd", "odd", None));
}

#[test]
fn what_cannot_be_sent_is_not() {
    let _vendor = Vendor::scripted([]);
    let no_label = Call::<Braze>::new(json!({}));
    let results = no_label.write(Rows::upsert("users", "alias_name").row(json!({ "alias_name": "a" }))).unwrap();
    assert_eq!(rejection(&results[0]).0, "alias_label_missing");
    let event = |row: Value| braze().write(Rows::of("events", Operation::Append, Some("event_id")).row(row)).unwrap();
    for (row, code) in [
        (json!({ "event_id": "e", "external_id": "u", "time": "2026-11-22T10:00:00Z" }), "value_missing"),
        (json!({ "event_id": "e", "name": "n", "time": "2026-11-22T10:00:00Z" }), "user_missing"),
        (json!({ "external_id": "u", "name": "n", "time": "2026-11-22T10:00:00Z" }), "match_value_missing"),
    ] {
        assert_eq!(rejection(&event(row)[0]).0, code);
    }
    for (rows, code) in [
        (Rows::insert("users").row(json!({ "external_id": "u" })), "operation_unsupported"),
        (Rows::upsert("users", "first_name").row(json!({ "first_name": "A" })), "match_key_unsupported"),
        (
            Rows::upsert("users", "email").row(json!({ "email": "a@example.com", "external_id": "u" })),
            "identity_ambiguous",
        ),
        (Rows::insert("shoes").row(json!({ "size": 44 })), "object_unknown"),
        (
            (0..51).fold(Rows::upsert("users", "external_id"), |rows, n| rows.row(json!({ "external_id": n }))),
            "too_many_rows",
        ),
    ] {
        assert_eq!(braze().write(rows).unwrap_err().failure.detail().code, code);
    }
    assert_eq!(braze().write(Rows::upsert("users", "external_id")).unwrap(), []);
}
