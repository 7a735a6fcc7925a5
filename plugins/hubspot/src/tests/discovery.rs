//! Check, objects, fields and limits.

use offtake_sdk::testing::{Call, Reply, Vendor};
use offtake_sdk::{Failure, Operation, Rate};
use serde_json::json;

use super::*;

const CONTACT_PROPERTIES: &str = include_str!("../../testdata/contact_properties.json");

fn contact_properties() -> Value {
    serde_json::from_str(CONTACT_PROPERTIES).unwrap()
}

#[test]
fn check_names_the_portal() {
    let body = json!({"portalId": 62515, "timeZone": "US/Eastern", "accountType": "DEVELOPER_TEST",
                      "companyCurrency": "USD", "utcOffset": "-05:00"});
    let vendor = Vendor::scripted([Reply::json(200, &body)]);
    let account = hubspot().check().unwrap();
    assert_eq!(account["facts"][0], json!({"label": "Portal", "value": "62515"}));
    assert_eq!(account["facts"].as_array().unwrap().len(), 4);
    assert_eq!(vendor.requests()[0].path(), "/account-info/2026-03/details");
}

#[test]
fn objects_take_two_requests_and_have_match_keys() {
    let custom = json!({"results": [{
        "objectTypeId": "2-3604285",
        "name": "car",
        "labels": {"singular": "Car", "plural": "Cars"},
        "properties": [{"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": true}],
    }]});
    let lists = json!({"total": 501, "offset": 500, "hasMore": true, "lists": [
        {"listId": "12", "name": "Newsletter", "objectTypeId": "0-1", "processingType": "MANUAL"}]});
    let rest = json!({"total": 501, "offset": 501, "hasMore": false, "lists": [
        {"listId": "13", "name": "Cars to sell", "objectTypeId": "2-3604285", "processingType": "SNAPSHOT"}]});
    let replies = [custom, lists, rest].map(|body| Reply::json(200, &body));
    let vendor = Vendor::scripted(replies);
    let (document, next) = hubspot().objects(None).unwrap();
    let objects = document["objects"].as_array().unwrap();
    assert_eq!(next.as_deref(), Some("500"));
    let of = |id: &str| objects.iter().find(|object| object["id"] == id).unwrap();
    let between = of("associations/contacts/2-3604285");
    assert_eq!(between["operations"], json!(["upsert", "delete"]));
    assert_eq!(between["match_keys"], json!(["from.email", "from.hs_object_id", "to.vin", "to.hs_object_id", "label"]));
    assert_eq!(of("lists/0-1/12")["match_keys"], json!(["email", "hs_object_id"]));
    assert_eq!(objects.len(), 5 + 25 + 1, "every pair of types, both ways and with itself");
    let (more, end) = hubspot().objects(next.as_deref()).unwrap();
    assert_eq!((more["objects"][0]["id"].as_str(), end), (Some("lists/2-3604285/13"), None));
    assert_eq!(more["objects"][0]["operations"], json!(["member-add", "member-remove"]));
    assert_eq!(vendor.requests()[2].json()["offset"], 500);
    assert_eq!(objects[0]["id"], "contacts");
    assert_eq!(objects[0]["match_keys"], json!(["email", "hs_object_id"]));
    assert_eq!(objects[0]["operations"], json!(["insert", "update", "upsert", "delete"]));
    assert_eq!(objects[4]["id"], "2-3604285");
    assert_eq!(objects[4]["label"], "Cars");
    assert_eq!(objects[4]["match_keys"], json!(["vin", "hs_object_id"]));
    assert_eq!(objects[1]["match_keys"], json!(["hs_object_id"]));
    assert_eq!(vendor.requests()[0].path(), "/crm-object-schemas/2026-03/schemas");
}

#[test]
fn a_missing_permission_hides_custom_objects_and_lists_alone() {
    let vendor = Vendor::scripted([Reply::status(403), Reply::status(403)]);
    let (document, _) = hubspot().objects(None).unwrap();
    assert_eq!(document["objects"].as_array().unwrap().len(), 4 + 16);
    assert_eq!(vendor.log_lines().len(), 2);
    drop(vendor);
    let _vendor = Vendor::scripted([Reply::status(401)]);
    assert!(matches!(hubspot().objects(None).unwrap_err().failure, Failure::Auth(_)));
}

#[test]
fn fields_take_one_request() {
    let vendor = Vendor::scripted([Reply::json(200, &contact_properties())]);
    let document = hubspot().fields("contacts").unwrap();
    assert_eq!(vendor.requests()[0].path(), "/crm/properties/2026-03/contacts");
    let field = |name: &str| {
        let fields = document["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!(
        field("email"),
        json!({"name": "email", "label": "Email", "type": "string", "required": false, "read_only": false,
               "unique": true, "multiple": false, "max_length": 65536, "options": []})
    );
    let stage = field("lifecyclestage");
    assert_eq!((&stage["type"], &stage["multiple"]), (&json!("enumeration"), &json!(false)));
    assert_eq!(stage["options"][1], json!({"value": "lead", "label": "Lead"}));
    assert_eq!(field("hs_buying_role")["multiple"], true);
    let id = field("hs_object_id");
    assert_eq!((&id["read_only"], &id["unique"]), (&json!(true), &json!(true)));
    assert_eq!(field("createdate")["type"], "datetime");
}

#[test]
fn an_object_that_is_not_there_has_changed() {
    let body = json!({"status": "error", "message": "Unable to infer object type from: shoes", "category": "OBJECT_NOT_FOUND"});
    let _vendor = Vendor::scripted([Reply::json(404, &body)]);
    assert!(matches!(hubspot().fields("shoes").unwrap_err().failure, Failure::SchemaChanged(_)));
}

#[test]
fn limits_follow_the_subscription() {
    let limits = hubspot().limits("contacts", Operation::Upsert).unwrap();
    assert_eq!((limits.max_rows, limits.max_concurrency), (100, 4));
    assert_eq!(limits.rates[0], Rate { requests: 100, window_ms: 10_000 });
    let limits = Call::<HubSpot>::new(json!({"tier": "enterprise"})).limits("contacts", Operation::Upsert).unwrap();
    assert_eq!(limits.rates[0], Rate { requests: 190, window_ms: 10_000 });
    let failure = Call::<HubSpot>::new(json!({"tier": "gold"})).limits("contacts", Operation::Upsert).unwrap_err();
    assert!(matches!(failure.failure, Failure::Misconfigured(_)));
}

#[test]
fn an_operation_that_no_object_takes_has_no_limits() {
    for operation in [Operation::Append, Operation::MemberAdd, Operation::MemberRemove] {
        let failure = hubspot().limits("contacts", operation).unwrap_err().failure;
        assert!(matches!(&failure, Failure::Misconfigured(detail) if detail.code == "operation_unsupported"));
    }
}
