//! Insert, update and upsert by Collections calls.

use offtake_sdk::Operation;
use offtake_sdk::testing::{Reply, Request, Vendor};

use super::*;

#[test]
fn an_upsert_goes_by_external_id_and_results_have_the_order_of_the_rows() {
    let answer = json!([
        {"id": "003000000000001AAA", "success": true, "errors": [], "created": true},
        {"id": "003000000000002AAA", "success": true, "errors": [], "created": false},
        refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", &["LastName"]),
    ]);
    let vendor = Vendor::scripted([Reply::json(200, &answer)]);
    let rows = Rows::upsert("Contact", "Ext__c")
        .row(json!({"Ext__c": "u-1", "LastName": "Ada", "Phone": null, "Age__c": 36, "Vip__c": true}))
        .row(json!({"Ext__c": "u-2", "At__c": "2026-11-22T13:45:00.123456789Z", "Colours__c": ["red", "blue"]}))
        .row(json!({"Ext__c": "u-3"}));
    let results = write(rows).unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Created, "003000000000001AAA"));
    assert_eq!(results[1], done(1, OutcomeKind::Updated, "003000000000002AAA"));
    let Failure::Rejected(detail) = failure(&results[2]) else { panic!("{:?}", results[2]) };
    assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("required_field_missing", Some("LastName")));

    let request = &vendor.requests()[0];
    assert_eq!(request.method(), "PATCH");
    assert_eq!(request.path(), "/services/data/v68.0/composite/sobjects/Contact/Ext__c");
    assert_eq!((request.endpoint(), request.auth()), (Some("api"), Some("token")));
    let kind = json!({"type": "Contact"});
    assert_eq!(
        request.json(),
        json!({"allOrNone": false, "records": [
            {"attributes": kind, "Ext__c": "u-1", "LastName": "Ada", "Phone": null, "Age__c": "36", "Vip__c": true},
            {"attributes": kind, "Ext__c": "u-2", "At__c": "2026-11-22T13:45:00.123Z", "Colours__c": "red;blue"},
            {"attributes": kind, "Ext__c": "u-3"},
        ]})
    );
}

#[test]
fn references_go_by_the_external_id_of_the_other_record() {
    let cases = [
        (json!({"Account.Ext__c": "a-1"}), json!({"Account": {"Ext__c": "a-1"}})),
        (json!({"Region__r.Code__c": 7}), json!({"Region__r": {"Code__c": "7"}})),
        (json!({"Contact:Who.Ext__c": "u-1"}), json!({"Who": {"attributes": {"type": "Contact"}, "Ext__c": "u-1"}})),
        (json!({"Account.Ext__c": null}), json!({"AccountId": null})),
        (json!({"Region__r.Code__c": ""}), json!({"Region__c": null})),
    ];
    for (row, expected) in cases {
        let vendor = Vendor::scripted([Reply::json(200, &json!([saved("00T000000000001AAA")]))]);
        write(Rows::insert("Task").row(row)).unwrap();
        let mut sent = vendor.requests()[0].json()["records"][0].clone();
        sent.as_object_mut().unwrap().remove("attributes");
        assert_eq!(sent, expected);
    }
}

#[test]
fn an_update_goes_by_id_that_is_known_or_found() {
    let found = json!({"totalSize": 2, "done": true, "records": [
        {"attributes": {}, "Id": "003000000000009AAA", "Ext__c": "U-2"},
        {"attributes": {}, "Id": "003000000000008AAA", "Ext__c": "u-3"},
    ]});
    let answer = json!([saved("003000000000001AAA"), saved("003000000000009AAA"), saved("003000000000008AAA")]);
    let vendor = Vendor::scripted([Reply::json(200, &found), Reply::json(200, &answer)]);
    let rows = Rows::update("Contact", "Ext__c")
        .row_of("003000000000001AAA", json!({"Ext__c": "u-1", "LastName": "Ada"}))
        .row(json!({"Ext__c": "u-2"}))
        .row(json!({"Ext__c": "u-3"}))
        .row(json!({"Ext__c": "u'4"}));
    let results = write(rows).unwrap();
    assert_eq!(results[1], done(1, OutcomeKind::Updated, "003000000000009AAA"));
    assert!(matches!(failure(&results[3]), Failure::Rejected(detail) if detail.code == "record_not_found"));

    let [question, update] = &vendor.requests()[..] else { panic!() };
    let soql = "/services/data/v68.0/query?q=SELECT%20Ext__c%2CId%20FROM%20Contact%20WHERE%20Ext__c%20IN%20%28\
                %27u-2%27%2C%27u-3%27%2C%27u%5C%274%27%29";
    assert_eq!((question.method(), question.path()), ("GET", soql));
    assert_eq!((update.method(), update.path()), ("PATCH", "/services/data/v68.0/composite/sobjects"));
    assert_eq!(update.json()["records"][1]["id"], "003000000000009AAA");
}

#[test]
fn an_update_by_id_needs_no_question() {
    let vendor = Vendor::scripted([Reply::json(200, &json!([saved("003000000000001AAA")]))]);
    write(Rows::update("Contact", "Id").row(json!({"Id": "003000000000001AAA", "LastName": "Ada"}))).unwrap();
    let record = vendor.requests()[0].json()["records"][0].clone();
    assert_eq!(record, json!({"attributes": {"type": "Contact"}, "id": "003000000000001AAA", "LastName": "Ada"}));
}

#[test]
fn a_number_field_is_asked_without_quotes() {
    let quoted = json!([{"errorCode": "INVALID_FIELD", "message":
        "value of filter criterion for field 'Nr__c' must be of type double and should not be enclosed in quotes"}]);
    let found = json!({"records": [{"Id": "003000000000001AAA", "Nr__c": 12.0}]});
    let answer = json!([saved("003000000000001AAA")]);
    let replies = [Reply::json(400, &quoted), Reply::json(200, &found), Reply::json(200, &answer)];
    let vendor = Vendor::scripted(replies);
    let results = write(Rows::update("Contact", "Nr__c").row(json!({"Nr__c": "12.00"})).row(json!({"Nr__c": "x'"})));
    let results = results.unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Updated, "003000000000001AAA"));
    assert!(matches!(failure(&results[1]), Failure::Rejected(_)));
    assert!(vendor.requests()[1].path().ends_with("Nr__c%20IN%20%2812.00%29"));
}

#[test]
fn rows_without_a_key_and_second_rows_of_a_key_are_not_sent() {
    let vendor = Vendor::scripted([Reply::json(200, &json!([saved("003000000000001AAA")]))]);
    let rows = Rows::upsert("Contact", "Ext__c")
        .row(json!({"Ext__c": "u-1"}))
        .row(json!({"Ext__c": "U-1"}))
        .row(json!({"Ext__c": null}))
        .row(json!({"LastName": "x"}));
    let results = write(rows).unwrap();
    assert_eq!(vendor.requests()[0].json()["records"].as_array().unwrap().len(), 1);
    assert!(matches!(failure(&results[1]), Failure::Transient(detail) if detail.code == "duplicate_key_in_batch"));
    for result in &results[2..] {
        assert!(matches!(failure(result), Failure::Rejected(detail) if detail.code == "match_key_empty"));
    }
}

#[test]
fn no_upsert_by_the_id_that_only_salesforce_gives() {
    let failure = write(Rows::upsert("Contact", "Id").row(json!({"Id": "003"}))).unwrap_err();
    assert!(matches!(failure.failure, Failure::Misconfigured(_)));
    let rows = Rows::of("Contact", Operation::Append, None).row(json!({}));
    assert!(matches!(write(rows).unwrap_err().failure, Failure::Misconfigured(_)));
}

fn answer_all(request: &Request) -> Reply {
    let results: Vec<Value> =
        request.json()["records"].as_array().unwrap().iter().map(|_| saved("003000000000001AAA")).collect();
    Reply::json(200, &results)
}

#[test]
fn a_call_has_two_hundred_records_and_no_record_twice() {
    let vendor = Vendor::answering(answer_all);
    let rows =
        (0..450).fold(Rows::upsert("Contact", "Ext__c"), |rows, n| rows.row(json!({"Ext__c": format!("u-{n}")})));
    let results = write(rows).unwrap();
    assert_eq!(results.len(), 450);
    assert!(results.iter().all(|result| matches!(result.outcome, Outcome::Done(_))));
    let sizes: Vec<usize> =
        vendor.requests().iter().map(|request| request.json()["records"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [200, 200, 50]);
}

#[test]
fn calls_that_lock_the_same_parent_are_not_under_way_together() {
    // 300 rows of one account and 300 of accounts of their own: three calls, of which two share the account. The second of
    // these waits for the wave of the others.
    let vendor = Vendor::answering(answer_all);
    let rows = (0..600).fold(Rows::upsert("Contact", "Ext__c"), |rows, n| {
        let account = if n < 300 { "a".to_owned() } else { format!("b-{n}") };
        rows.row(json!({"Ext__c": format!("u-{n}"), "Account.Ext__c": account}))
    });
    assert_eq!(write(rows).unwrap().len(), 600);
    let with_account = |request: &Request| {
        let records = request.json()["records"].as_array().unwrap().clone();
        records.iter().filter(|record| record["Account"]["Ext__c"] == "a").count()
    };
    let shared: Vec<usize> = vendor.requests().iter().map(with_account).collect();
    assert_eq!(shared, [200, 0, 100]);
}
