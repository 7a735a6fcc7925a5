//! The org, its objects and their fields.

use offtake_sdk::testing::{Reply, Request, Vendor};
use offtake_sdk::{Effect, Operation};

use super::*;

const CONTACT: &str = include_str!("../../testdata/contact_describe.json");
const ACCOUNT: &str = include_str!("../../testdata/account_describe.json");

/// Answers a batch of describes.
fn batch(request: &Request) -> Reply {
    let one = |asked: &Value| match asked["url"].as_str().unwrap() {
        "v68.0/sobjects/Contact/describe" => json!({"statusCode": 200, "result": parsed(CONTACT)}),
        "v68.0/sobjects/Account/describe" => json!({"statusCode": 200, "result": parsed(ACCOUNT)}),
        _ => {
            json!({"statusCode": 404, "result": [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]})
        }
    };
    let results: Vec<Value> = request.json()["batchRequests"].as_array().unwrap().iter().map(one).collect();
    Reply::json(200, &json!({"hasErrors": true, "results": results}))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn described() -> Vec<Value> {
    let vendor = Vendor::answering(|request| match request.path() {
        "/services/data/v68.0/sobjects/Contact/describe" => Reply::json(200, &parsed(CONTACT)),
        "/services/data/v68.0/composite/batch" => batch(request),
        path => panic!("{path}"),
    });
    let fields = salesforce().fields("Contact").unwrap()["fields"].as_array().unwrap().clone();
    assert_eq!(vendor.requests().len(), 2);
    fields
}

fn field<'a>(fields: &'a [Value], name: &str) -> &'a Value {
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn fields_of_a_recorded_describe() {
    let fields = described();
    let last = field(&fields, "LastName");
    assert_eq!((&last["required"], &last["max_length"], &last["type"]), (&json!(true), &json!(80), &json!("string")));
    for name in ["Id", "Name", "CreatedDate", "MailingAddress"] {
        assert_eq!(field(&fields, name)["read_only"], true, "{name}");
    }
    let key = field(&fields, "Custom_External_ID__c");
    assert_eq!((&key["unique"], &key["required"]), (&json!(true), &json!(false)));
    let picklist = field(&fields, "picklist_field__c");
    assert_eq!(picklist["type"], "enumeration");
    assert_eq!(picklist["options"].as_array().unwrap().len(), 3);
    for (name, kind) in [
        ("checkbox_field__c", "boolean"),
        ("datetime_field__c", "datetime"),
        ("Birthdate", "date"),
        ("number_field__c", "number"),
        ("Email", "string"),
    ] {
        assert_eq!(field(&fields, name)["type"], kind, "{name}");
    }
    assert_eq!(field(&fields, "LeadSource")["options"], json!([]), "an open picklist takes other values as well");
}

#[test]
fn references_can_be_written_by_the_keys_of_the_other_record() {
    let fields = described();
    let path = field(&fields, "Account.Custom_External_ID__c");
    assert_eq!((&path["type"], &path["partition"], &path["unique"]), (&json!("string"), &json!(true), &json!(false)));
    assert_eq!(field(&fields, "AccountId")["partition"], true);
    assert_eq!(field(&fields, "ReportsTo.Custom_External_ID__c")["partition"], true);
    assert_eq!(field(&fields, "OwnerId").get("partition"), None, "an owner is not locked");
}

fn object(name: &str, create: bool, update: bool, delete: bool) -> Value {
    json!({"name": name, "label": name, "labelPlural": format!("{name}s"), "createable": create, "updateable": update,
           "deletable": delete, "layoutable": name == "Contact", "deprecatedAndHidden": name == "Old__c"})
}

#[test]
fn objects_have_the_operations_that_the_user_has_and_the_keys_of_their_describe() {
    let answer = json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [
        object("Contact", true, true, true),
        object("Log__c", true, false, false),
        object("AccountHistory", false, false, false),
        object("Old__c", true, true, true),
    ]});
    let _vendor = Vendor::answering(move |request| match request.method() {
        "GET" => Reply::json(200, &answer),
        _ => batch(request),
    });
    let (objects, next) = salesforce().objects(None).unwrap();
    assert_eq!(next, None);
    let keys = ["Email", "Custom_External_ID__c", "Id"];
    assert_eq!(
        objects["objects"],
        json!([
            {"id": "Contact", "label": "Contacts", "operations": ["insert", "update", "upsert", "delete"], "match_keys": keys},
            {"id": "Log__c", "label": "Log__cs", "operations": ["insert"], "match_keys": ["Id"]},
        ])
    );
}

#[test]
fn a_describe_that_failed_is_no_object_without_keys() {
    for answer in [
        json!({"hasErrors": true, "results": [{"statusCode": 503, "result": []}]}),
        json!({"hasErrors": false, "results": []}),
        json!({"hasErrors": false, "results": [{"statusCode": 200, "result": {}}]}),
    ] {
        let list = json!({"sobjects": [object("Contact", true, true, true)]});
        let _vendor = Vendor::scripted([Reply::json(200, &list), Reply::json(200, &answer)]);
        salesforce().objects(None).unwrap_err();
    }
}

#[test]
fn objects_come_in_pages() {
    let all: Vec<Value> = (0..60).map(|n| object(&format!("O{n}__c"), true, true, true)).collect();
    let answer = json!({"sobjects": all});
    let _vendor = Vendor::answering(move |_| Reply::json(200, &answer));
    let (mut cursor, mut sizes) = (None, Vec::new());
    loop {
        let (page, next) = salesforce().objects(cursor.as_deref()).unwrap();
        sizes.push(page["objects"].as_array().unwrap().len());
        let Some(next) = next else { break };
        cursor = Some(next);
    }
    assert_eq!(sizes, [25, 25, 10]);
}

#[test]
fn the_account_is_the_org() {
    let answer = json!({"totalSize": 1, "done": true, "records": [{"attributes": {}, "Id": "00D000000000001EAA",
        "Name": "Acme", "OrganizationType": "Enterprise Edition", "InstanceName": "EU46", "IsSandbox": false}]});
    let reply = Reply::json(200, &answer).header("Sforce-Limit-Info", "api-usage=18/5000; api-bursts=1/750");
    let _vendor = Vendor::scripted([reply]);
    let facts = salesforce().check().unwrap()["facts"].clone();
    assert_eq!(facts[0], json!({"label": "Organization", "value": "00D000000000001EAA"}));
    assert_eq!(facts[5], json!({"label": "API requests in 24 hours", "value": "18/5000"}));
}

#[test]
fn limits_are_those_of_the_way_that_the_rows_go() {
    let call = salesforce();
    assert_eq!(call.limits("Contact", Operation::Insert).unwrap().max_rows, 200);
    let upsert = call.limits("Contact", Operation::Upsert).unwrap();
    assert_eq!((upsert.max_rows, upsert.max_concurrency), (10_000, 4));
    assert!(matches!(call.limits("Contact", Operation::Append).unwrap_err().failure, Failure::Misconfigured(_)));
}

#[test]
fn what_cannot_be_read_is_a_failure() {
    let _vendor = Vendor::scripted([Reply::text(200, "<html>")]);
    assert_eq!(salesforce().objects(None).unwrap_err().effect, Effect::None);
}

#[test]
fn an_object_without_an_external_id_takes_no_upsert() {
    let list = json!({"sobjects": [object("Contact", true, true, true)]});
    let described = json!({"hasErrors": false, "results": [{"statusCode": 200, "result": {"fields": []}}]});
    let _vendor = Vendor::scripted([Reply::json(200, &list), Reply::json(200, &described)]);
    let (objects, _) = salesforce().objects(None).unwrap();
    assert_eq!(objects["objects"][0]["operations"], json!(["insert", "update", "delete"]));
}
