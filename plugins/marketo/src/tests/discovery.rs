//! The instance, its objects and their fields.

use offtake_sdk::testing::Vendor;
use offtake_sdk::{Effect, Operation};

use super::*;

#[test]
fn objects_are_leads_the_standard_ones_custom_ones_and_lists() {
    let custom = json!([{"name": "car_c", "displayName": "Car", "idField": "marketoGUID", "dedupeFields": ["vin"],
                         "searchableFields": [["vin"], ["marketoGUID"]]}]);
    let lists = |id: u64| json!([{"id": id, "name": "High Value", "workspaceName": "Default", "createdAt": "2021-11-23T22:57:24Z"}]);
    let first =
        Reply::json(200, &json!({"requestId": "x", "result": lists(1159), "success": true, "nextPageToken": "PG=="}));
    let vendor = Vendor::scripted([success(custom), first, success(lists(1160))]);
    let (page, next) = marketo().objects(None).unwrap();
    let ids: Vec<&str> =
        page["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["leads", "companies", "opportunities", "salespersons", "customobjects/car_c", "lists/1159"]);
    assert_eq!(page["objects"][4]["match_keys"], json!(["vin", "marketoGUID"]));
    assert_eq!(page["objects"][5]["operations"], json!(["member-add", "member-remove"]));
    let (page, next) = marketo().objects(next.as_deref()).unwrap();
    assert_eq!((page["objects"][0]["id"].as_str(), next), (Some("lists/1160"), None));
    assert_eq!(vendor.requests()[2].path(), "/rest/v1/lists.json?nextPageToken=PG%3D%3D");
}

#[test]
fn leads_have_the_fields_of_describe_and_the_keys_of_describe2() {
    let fields = json!([
        {"id": 2, "displayName": "Company Name", "dataType": "string", "length": 255,
         "rest": {"name": "company", "readOnly": false}, "soap": {"name": "Company", "readOnly": false}},
        {"id": 48, "displayName": "Id", "dataType": "integer", "rest": {"name": "id", "readOnly": true}},
        {"id": 51, "displayName": "Email Address", "dataType": "email", "length": 255, "rest": {"name": "email", "readOnly": false}},
        {"id": 55, "displayName": "Created At", "dataType": "datetime", "rest": {"name": "createdAt", "readOnly": true}},
        {"id": 56, "displayName": "Only SOAP", "dataType": "string", "soap": {"name": "Old", "readOnly": false}},
    ]);
    let keys = json!([{"name": "API Lead", "searchableFields": [["cookie"], ["email"], ["id"]], "fields": []}]);
    let vendor = Vendor::scripted([success(fields), success(keys.clone()), success(keys)]);
    let fields = marketo().fields("leads").unwrap()["fields"].as_array().unwrap().clone();
    assert_eq!(fields.len(), 4);
    assert_eq!((&fields[0]["name"], &fields[0]["max_length"]), (&json!("company"), &json!(255)));
    assert_eq!((&fields[1]["unique"], &fields[1]["read_only"]), (&json!(true), &json!(false)));
    assert_eq!((&fields[2]["unique"], &fields[2]["type"]), (&json!(true), &json!("string")));
    assert_eq!((&fields[3]["read_only"], &fields[3]["type"]), (&json!(true), &json!("datetime")));
    let members = marketo().fields("lists/1159").unwrap();
    assert_eq!(members["fields"].as_array().unwrap().len(), 3);
    assert_eq!(vendor.requests()[0].path(), "/rest/v1/leads/describe.json");
}

#[test]
fn other_objects_have_dedupe_fields() {
    let described = json!([{"name": "car_c", "idField": "marketoGUID", "dedupeFields": ["vin"], "fields": [
        {"name": "marketoGUID", "displayName": "Marketo GUID", "dataType": "string", "length": 36, "updateable": false},
        {"name": "vin", "displayName": "VIN", "dataType": "string", "length": 36, "updateable": false},
        {"name": "price", "displayName": "Price", "dataType": "currency", "updateable": true},
        {"name": "createdAt", "displayName": "Created At", "dataType": "datetime", "updateable": false},
    ]}]);
    let _vendor = Vendor::scripted([success(described), success(json!([]))]);
    let fields = marketo().fields("customobjects/car_c").unwrap()["fields"].as_array().unwrap().clone();
    let flags: Vec<(bool, bool, bool)> = fields
        .iter()
        .map(|field| [&field["required"], &field["read_only"], &field["unique"]].map(|flag| flag.as_bool().unwrap()))
        .map(|[required, read_only, unique]| (required, read_only, unique))
        .collect();
    assert_eq!(flags, [(false, false, true), (true, false, true), (false, false, false), (false, true, false)]);
    assert!(matches!(marketo().fields("customobjects/none_c").unwrap_err().failure, Failure::SchemaChanged(_)));
}

#[test]
fn the_account_tells_how_much_of_its_quota_is_used() {
    let vendor = Vendor::scripted([success(json!([{"date": "2026-11-22", "total": 1200, "users": []}]))]);
    let facts = marketo().check().unwrap()["facts"].clone();
    assert_eq!(facts[1], json!({"label": "API calls today", "value": "1200"}));
    drop(vendor);
    let _vendor = Vendor::scripted([refusal("601", "Access token invalid")]);
    let failed = marketo().check().unwrap_err();
    assert!(matches!(failed.failure, Failure::Auth(_)));
    assert_eq!(failed.effect, Effect::None);
}

#[test]
fn limits_are_those_of_the_way_that_the_rows_go() {
    let rows = |object: &str, operation| marketo().limits(object, operation).unwrap().max_rows;
    assert_eq!(rows("leads", Operation::Upsert), 10_000);
    assert_eq!(rows("leads", Operation::Insert), 300);
    assert_eq!(rows("lists/7", Operation::MemberAdd), 300);
    let limits = marketo().limits("companies", Operation::Delete).unwrap();
    assert_eq!((limits.rates[0].requests, limits.rates[0].window_ms), (100, 20_000));
}
