//! Current values for a plan.

use offtake_sdk::Effect;
use offtake_sdk::testing::{Reply, Vendor};

use super::*;

#[test]
fn values_come_in_the_order_of_the_rows_and_references_by_their_path() {
    let found = json!({"totalSize": 2, "done": true, "records": [
        {"attributes": {}, "Id": "003000000000002AAA", "Ext__c": "u-2", "LastName": "Grace", "Account": null, "Vip__c": false},
        {"attributes": {}, "Id": "003000000000001AAA", "Ext__c": "u-1", "LastName": "Ada", "Vip__c": true,
         "Account": {"attributes": {}, "Ext__c": "a-1"}},
    ]});
    let vendor = Vendor::scripted([Reply::json(200, &found)]);
    let rows = ["u-1", "u-2", "u-3", ""].map(|key| json!({"Ext__c": key}));
    let fields = ["LastName", "Account.Ext__c", "Vip__c", "Contact:Who.Ext__c"];
    let found = salesforce().look_up("Contact", "Ext__c", &fields, &rows).unwrap().unwrap();
    assert_eq!(
        found,
        [
            json!({"LastName": "Ada", "Account.Ext__c": "a-1", "Vip__c": true}),
            json!({"LastName": "Grace", "Account.Ext__c": null, "Vip__c": false}),
            Value::Null,
            Value::Null,
        ]
    );
    assert!(vendor.requests()[0].path().contains("SELECT%20Account.Ext__c%2CExt__c%2CId%2CLastName%2CVip__c%20FROM"));
}

#[test]
fn many_keys_go_in_questions_that_a_uri_holds() {
    let vendor = Vendor::answering(|_| Reply::json(200, &json!({"records": []})));
    let rows: Vec<Value> = (0..1200).map(|n| json!({"Ext__c": format!("user-{n:05}@example.com")})).collect();
    assert_eq!(salesforce().look_up("Contact", "Ext__c", &["LastName"], &rows).unwrap().unwrap().len(), 1200);
    let lengths: Vec<usize> = vendor.requests().iter().map(|request| request.path().len()).collect();
    assert!(lengths.len() > 3 && lengths.iter().all(|length| *length < 16_000), "{lengths:?}");
}

#[test]
fn a_question_that_fails_has_no_effect() {
    let _vendor = Vendor::scripted([Reply::status(500)]);
    let failed = salesforce().look_up("Contact", "Ext__c", &["Id"], &[json!({"Ext__c": "u-1"})]).unwrap_err();
    assert_eq!(failed.effect, Effect::None);
}
