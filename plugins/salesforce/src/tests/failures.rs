//! Calls that fail whole, and records that fail alone.

use offtake_sdk::http::TransportError;
use offtake_sdk::testing::{Reply, Vendor};
use offtake_sdk::{Effect, Operation};

use super::*;

fn rows(count: u32) -> Rows {
    (0..count).fold(Rows::upsert("Contact", "Ext__c"), |rows, n| rows.row(json!({"Ext__c": format!("u-{n}")})))
}

fn error(code: &str, message: &str) -> Value {
    json!([{"message": message, "errorCode": code}])
}

#[test]
fn a_call_that_is_refused_whole_says_why() {
    type Is = fn(&Failure) -> bool;
    let cases: [(u16, &str, &str, Is, Effect); 10] = [
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
            |f| matches!(f, Failure::RateLimited(t) if t.scope.as_deref() == Some("daily") && t.retry_after_ms == Some(3_600_000)),
            Effect::None,
        ),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentPerOrgLongTxn Limit exceeded.",
            |f| matches!(f, Failure::RateLimited(t) if t.scope.as_deref() == Some("concurrent") && t.retry_after_ms.is_none()),
            Effect::None,
        ),
        (401, "INVALID_SESSION_ID", "Session expired or invalid", |f| matches!(f, Failure::Auth(_)), Effect::None),
        (403, "API_DISABLED_FOR_ORG", "API is not enabled", |f| matches!(f, Failure::Forbidden(_)), Effect::None),
        (
            400,
            "INVALID_FIELD",
            "No such column 'Shoe__c' on sobject of type Contact",
            |f| matches!(f, Failure::SchemaChanged(d) if d.field.as_deref() == Some("Shoe__c")),
            Effect::None,
        ),
        (
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
            |f| matches!(f, Failure::SchemaChanged(_)),
            Effect::None,
        ),
        (
            400,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of double from VALUE_STRING value abc",
            |f| matches!(f, Failure::Unattributed(_)),
            Effect::None,
        ),
        (503, "SERVER_UNAVAILABLE", "Server Unavailable", |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
        (
            500,
            "UNKNOWN_EXCEPTION",
            "An unexpected error occurred",
            |f| matches!(f, Failure::Transient(_)),
            Effect::Unknown,
        ),
        (
            400,
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access",
            |f| matches!(f, Failure::Transient(_)),
            Effect::Unknown,
        ),
    ];
    for (status, code, message, is, effect) in cases {
        let _vendor = Vendor::scripted([Reply::json(status, &error(code, message))]);
        let failed = write(rows(2)).unwrap_err();
        assert!(is(&failed.failure), "{code}: {failed:?}");
        assert_eq!(failed.effect, effect, "{code}");
        assert_eq!(failed.failure.detail().code, code.to_ascii_lowercase());
    }
}

#[test]
fn silence_and_garbage_leave_the_rows_unknown() {
    for reply in [
        Reply::failing(TransportError::Timeout),
        Reply::text(200, "<html>"),
        Reply::json(200, &json!([saved("003000000000001AAA")])),
        Reply::text(502, "bad gateway"),
    ] {
        let _vendor = Vendor::scripted([reply]);
        assert_eq!(write(rows(2)).unwrap_err().effect, Effect::Unknown);
    }
}

#[test]
fn a_record_fails_in_its_own_way() {
    type Is = fn(&Failure) -> bool;
    let cases: [(&str, &str, Is); 9] = [
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", |f| matches!(f, Failure::Rejected(_))),
        ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 001", |f| {
            matches!(f, Failure::Transient(_))
        }),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Trigger: System.DmlException: UNABLE_TO_LOCK_ROW, unable to …",
            |f| matches!(f, Failure::Transient(_)),
        ),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trigger: no", |f| matches!(f, Failure::Rejected(_))),
        ("DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 003", |f| {
            matches!(f, Failure::Transient(_))
        }),
        ("DUPLICATE_VALUE", "duplicate value found: Other__c duplicates value on record with id: 003", |f| {
            matches!(f, Failure::Rejected(_))
        }),
        ("ENTITY_IS_DELETED", "entity is deleted", |f| matches!(f, Failure::Rejected(_))),
        ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", |f| matches!(f, Failure::RateLimited(_))),
        ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", |f| matches!(f, Failure::Forbidden(_))),
    ];
    for (code, message, is) in cases {
        let _vendor = Vendor::scripted([Reply::json(200, &json!([refused(code, message, &[])]))]);
        let results = write(rows(1)).unwrap();
        assert!(is(failure(&results[0])), "{results:?}");
    }
}

/// Answers the call that has row `n` with `reply`, and the others well.
fn spoiled(n: u32, reply: Reply) -> Vendor {
    let marker = format!("\"u-{n}\"");
    Vendor::answering(move |request| {
        if request.text().contains(&marker) {
            return reply.clone();
        }
        let records = request.json()["records"].as_array().unwrap().len();
        Reply::json(200, &vec![saved("003000000000001AAA"); records])
    })
}

#[test]
fn what_was_written_beside_a_failure_stays_done() {
    type Is = fn(&RowResult) -> bool;
    let parser = error("JSON_PARSER_ERROR", "Cannot deserialize");
    let cases: [(Reply, usize, Is); 4] = [
        // Somebody of two hundred is to blame: they go again without the others, and are halved then.
        (
            Reply::json(400, &parser),
            450,
            |r| matches!(failure(r), Failure::Transient(d) if d.code == "json_parser_error"),
        ),
        (Reply::json(403, &error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")), 450, |r| {
            matches!(failure(r), Failure::RateLimited(_))
        }),
        // Nobody knows: no answer.
        (Reply::failing(TransportError::Timeout), 250, |_| false),
        (Reply::status(500), 250, |_| false),
    ];
    for (reply, answered, is) in cases {
        let _vendor = spoiled(250, reply.clone());
        let results = write(rows(450)).unwrap();
        assert_eq!(results.len(), answered, "{reply:?}");
        let (done, failed): (Vec<_>, Vec<_>) =
            results.iter().partition(|result| matches!(result.outcome, Outcome::Done(_)));
        assert_eq!(done.len(), 250);
        assert!(failed.iter().all(|result| (200..400).contains(&result.row) && is(result)), "{reply:?}");
    }
}

#[test]
fn where_nothing_was_written_the_call_fails_whole() {
    let parser = error("JSON_PARSER_ERROR", "Cannot deserialize");
    let _vendor = Vendor::answering(move |_| Reply::json(400, &parser));
    let failed = write(rows(450)).unwrap_err();
    assert!(matches!(failed.failure, Failure::Unattributed(_)));
    assert_eq!(failed.effect, Effect::None);
}

#[test]
fn what_stops_one_wave_stops_the_next() {
    let limited = error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    let vendor = Vendor::answering(move |_| Reply::json(403, &limited));
    let all_of_one = (0..450).fold(Rows::of("Contact", Operation::Upsert, Some("Ext__c")), |rows, n| {
        rows.row(json!({"Ext__c": format!("u-{n}"), "Account.Ext__c": "a"}))
    });
    assert!(matches!(write(all_of_one).unwrap_err().failure, Failure::RateLimited(_)));
    assert_eq!(vendor.requests().len(), 1);
}

#[test]
fn a_host_without_jobs_is_served_as_well() {
    let _vendor = Vendor::scripted([Reply::json(200, &json!([saved("003000000000001AAA")]))]);
    assert_eq!(salesforce().write(rows(1)).unwrap().len(), 1);
}

#[test]
fn a_boolean_in_a_text_field_goes_as_a_word() {
    let parser = error(
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of string from VALUE_TRUE value true or request may be missing a required field",
    );
    let field = |name: &str, kind: &str| {
        json!({"name": name, "label": name, "type": kind, "length": 0, "createable": true, "updateable": true,
               "nillable": true, "defaultedOnCreate": false, "externalId": false, "idLookup": false, "unique": false,
               "restrictedPicklist": false, "relationshipName": null, "referenceTo": [], "picklistValues": []})
    };
    let described = json!({"fields": [field("Vip__c", "boolean"), field("Note__c", "string")]});
    let vendor = Vendor::scripted([
        Reply::json(400, &parser),
        Reply::json(200, &described),
        Reply::json(200, &json!([{"id": "003000000000001AAA", "success": true, "errors": [], "created": true}])),
    ]);
    let row = json!({"Ext__c": "u-1", "Vip__c": true, "Note__c": true, "Account.Ext__c": false});
    let results = write(Rows::upsert("Contact", "Ext__c").row(row)).unwrap();
    assert_eq!(results, [done(0, OutcomeKind::Created, "003000000000001AAA")]);
    let sent = &vendor.requests()[2].json()["records"][0];
    assert_eq!((&sent["Vip__c"], &sent["Note__c"]), (&json!(true), &json!("true")));
    assert_eq!(sent["Account"]["Ext__c"], "false");
}

#[test]
fn a_refusal_that_texts_do_not_mend_stands() {
    let parser = error("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_TRUE value true");
    let _vendor = Vendor::scripted([Reply::json(400, &parser), Reply::json(200, &json!({"fields": []}))]);
    let failure = write(rows(2)).unwrap_err();
    assert!(matches!(failure.failure, Failure::Unattributed(_)), "{failure:?}");
}
