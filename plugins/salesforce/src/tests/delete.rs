//! Delete by Collections calls.

use offtake_sdk::testing::{Reply, Vendor};

use super::*;

#[test]
fn ids_are_known_or_found_and_what_is_gone_is_deleted() {
    let found = json!({"records": [{"Id": "003000000000002AAA", "Ext__c": "u-2"}]});
    let answer = json!([
        saved("003000000000001AAA"),
        saved("003000000000002AAA"),
        refused("ENTITY_IS_DELETED", "entity is deleted", &[]),
    ]);
    let vendor = Vendor::scripted([Reply::json(200, &found), Reply::json(200, &answer)]);
    let rows = Rows::delete("Contact", "Ext__c")
        .row_of("003000000000001AAA", json!({"Ext__c": "u-1"}))
        .row(json!({"Ext__c": "u-2"}))
        .row_of("003000000000003AAA", json!({"Ext__c": "u-3"}))
        .row(json!({"Ext__c": "u-4"}));
    let results = write(rows).unwrap();
    assert_eq!(results.len(), 4);
    assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)), "{results:?}");
    let delete = &vendor.requests()[1];
    assert_eq!(delete.method(), "DELETE");
    let ids = "003000000000001AAA,003000000000002AAA,003000000000003AAA";
    assert_eq!(delete.path(), format!("/services/data/v68.0/composite/sobjects?ids={ids}&allOrNone=false"));
}

#[test]
fn a_key_that_is_not_clear_deletes_nothing() {
    for (records, code) in [
        (
            json!([{"Id": "003000000000001AAA", "Ext__c": "u-1"}, {"Id": "003000000000002AAA", "Ext__c": "U-1"}]),
            "match_key_not_unique",
        ),
        (json!([{"Id": "003000000000001AAA", "Ext__c": "another"}]), "record_not_identified"),
    ] {
        let vendor = Vendor::scripted([Reply::json(200, &json!({"records": records}))]);
        let results = write(Rows::delete("Contact", "Ext__c").row(json!({"Ext__c": "u-1"}))).unwrap();
        assert!(matches!(failure(&results[0]), Failure::Rejected(detail) if detail.code == code), "{results:?}");
        assert_eq!(vendor.requests().len(), 1);
    }
}

#[test]
fn a_question_of_many_pages_is_read_to_its_end() {
    let first = json!({"records": [{"Id": "003000000000001AAA", "Ext__c": "u-1"}], "done": false,
                       "nextRecordsUrl": "/services/data/v68.0/query/01g000000000001AAA-2000"});
    let second = json!({"records": [{"Id": "003000000000002AAA", "Ext__c": "u-2"}], "done": true});
    let answer = json!([saved("003000000000001AAA"), saved("003000000000002AAA")]);
    let vendor = Vendor::scripted([first, second, answer].map(|body| Reply::json(200, &body)));
    let rows = Rows::delete("Contact", "Ext__c").row(json!({"Ext__c": "u-1"})).row(json!({"Ext__c": "u-2"}));
    assert_eq!(write(rows).unwrap().len(), 2);
    assert_eq!(vendor.requests()[1].path(), "/services/data/v68.0/query/01g000000000001AAA-2000");
    drop(vendor);

    let elsewhere = json!({"records": [], "nextRecordsUrl": "https://elsewhere.example.com/"});
    let _vendor = Vendor::scripted([Reply::json(200, &elsewhere)]);
    write(Rows::delete("Contact", "Ext__c").row(json!({"Ext__c": "u-1"}))).unwrap_err();
}

#[test]
fn fifteen_characters_of_an_id_are_enough() {
    let found = json!([{"Id": "003000000000001AAA", "LastName": "Ada"}]);
    let _vendor = Vendor::scripted([Reply::json(200, &json!({"records": found}))]);
    let rows = [json!({"Id": "003000000000001"})];
    let found = salesforce().look_up("Contact", "Id", &["LastName"], &rows).unwrap().unwrap();
    assert_eq!(found, [json!({"LastName": "Ada"})]);
}

#[test]
fn what_is_no_id_deletes_nothing() {
    for id in ["003000000000001AAA,003000000000002AAA", "003", "00300000000000'"] {
        let vendor = Vendor::scripted([]);
        let results = write(Rows::delete("Contact", "Id").row(json!({"Id": id}))).unwrap();
        assert_eq!(failure(&results[0]).detail().code, "malformed_id", "{id}");
        assert_eq!(vendor.requests().len(), 0, "{id}");
    }
}
