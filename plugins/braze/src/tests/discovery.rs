//! The workspace, its objects and their fields.

use offtake_sdk::Operation;
use offtake_sdk::testing::{Reply, Vendor};

use super::*;

fn attributes(list: Value) -> Value {
    json!({ "attributes": list, "message": "success" })
}

fn catalogs() -> Value {
    json!({ "catalogs": [{ "name": "restaurants", "description": "My Restaurants", "num_items": 10, "fields": [
        { "name": "id", "type": "string" }, { "name": "Rating", "type": "number" }, { "name": "Open", "type": "boolean" },
        { "name": "Since", "type": "time" }, { "name": "Name", "type": "string" }, { "name": "Place", "type": "object" }] }],
        "message": "success" })
}

fn find(fields: &Value, name: &str) -> Value {
    fields["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned().unwrap_or_default()
}

#[test]
fn an_account_is_known_by_its_attributes() {
    let reply = Reply::json(200, &attributes(json!([{ "name": "plan", "data_type": "String" }])));
    let _vendor = Vendor::scripted([
        reply.header("Link", "<https://rest.iad-01.braze.com/custom_attributes?cursor=c2tpcDow>; rel=\"next\"")
    ]);
    assert_eq!(braze().check().unwrap()["facts"][0], json!({ "label": "Custom attributes", "value": "1 or more" }));
}

#[test]
fn catalogs_stand_beside_users_events_and_purchases() {
    let vendor = Vendor::scripted([Reply::json(200, &catalogs())]);
    let (objects, _) = braze().objects(None).unwrap();
    let shown: Vec<(&str, &Value)> = objects["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| (object["id"].as_str().unwrap(), &object["operations"]))
        .collect();
    assert_eq!(
        shown,
        [
            ("users", &json!(["upsert", "update", "delete"])),
            ("events", &json!(["append"])),
            ("purchases", &json!(["append"])),
            ("catalogs/restaurants", &json!(["insert", "upsert", "update", "delete"])),
        ]
    );
    drop(vendor);
    let _vendor = Vendor::scripted([Reply::status(403)]);
    assert_eq!(braze().objects(None).unwrap().0["objects"].as_array().unwrap().len(), 3);
}

#[test]
fn custom_attributes_come_in_pages_and_others_are_taken() {
    let next = "https://rest.iad-01.braze.com/custom_attributes?cursor=c2tpcDow";
    let first = Reply::json(
        200,
        &attributes(json!([
        { "name": "plan", "data_type": "String", "status": "Active" }, { "name": "old", "data_type": "String", "status": "Blocklisted" }])),
    );
    let vendor = Vendor::scripted([
        first.header("Link", &format!("<https://x/>; rel=\"prev\", <{next}>; rel=\"next\"")),
        Reply::json(
            200,
            &attributes(json!([{ "name": "ltv", "data_type": "Number" }, { "name": "list", "data_type": "Array" }])),
        ),
    ]);
    let fields = braze().fields("users").unwrap();
    for (name, kind) in [
        ("plan", "string"),
        ("ltv", "number"),
        ("list", "json"),
        ("dob", "date"),
        ("gender", "enumeration"),
        ("*", "json"),
    ] {
        assert_eq!(find(&fields, name)["type"], kind, "{name}");
    }
    assert_eq!(find(&fields, "old"), Value::Null);
    assert_eq!(vendor.requests()[1].path(), next);
}

#[test]
fn fields_of_items_are_those_of_their_catalog() {
    let vendor = Vendor::scripted([Reply::json(200, &catalogs())]);
    let fields = braze().fields("catalogs/restaurants").unwrap();
    assert_eq!((&find(&fields, "id")["required"], &find(&fields, "id")["max_length"]), (&json!(true), &json!(250)));
    for (name, kind) in [("Rating", "number"), ("Open", "boolean"), ("Since", "datetime"), ("Place", "json")] {
        assert_eq!(find(&fields, name)["type"], kind, "{name}");
    }
    assert_eq!(find(&fields, "*"), Value::Null);
    drop(vendor);
    let _vendor = Vendor::scripted([Reply::json(200, &catalogs())]);
    assert!(matches!(braze().fields("catalogs/shoes").unwrap_err().failure, Failure::SchemaChanged(_)));
}

#[test]
fn events_need_no_request() {
    let _vendor = Vendor::scripted([]);
    let fields = braze().fields("purchases").unwrap();
    for name in ["purchase_id", "product_id", "currency", "price", "time"] {
        assert_eq!(find(&fields, name)["required"], true, "{name}");
    }
    assert_eq!(find(&braze().fields("events").unwrap(), "*")["type"], "json");
}

#[test]
fn the_contract_decides_how_many_objects_go() {
    for (cap, rows) in [("50_combined", 50), ("75_combined", 75), ("75_each", 75)] {
        let call = Call::<Braze>::new(json!({ "track_cap": cap }));
        assert_eq!(call.limits("users", Operation::Upsert).unwrap().max_rows, rows);
        assert_eq!(call.limits("events", Operation::Append).unwrap().max_rows, rows);
        assert_eq!(call.limits("users", Operation::Delete).unwrap().max_rows, 50);
        assert_eq!(call.limits("catalogs/restaurants", Operation::Upsert).unwrap().max_rows, 50);
    }
    assert!(braze().limits("users", Operation::Insert).is_err());
}
