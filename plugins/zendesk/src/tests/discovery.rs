//! The account, its objects and their fields.

use offtake_sdk::Operation;

use super::*;

const USER_FIELDS: &str = include_str!("../../testdata/user_fields.json");

#[test]
fn the_account_is_that_of_the_token() {
    let me = json!({ "user": { "id": 7, "url": "https://acme.zendesk.com/api/v2/users/7.json", "role": "admin", "time_zone": "Berlin" } });
    let _vendor = Vendor::scripted([Reply::json(200, &me)]);
    assert_eq!(zendesk().check().unwrap()["facts"][0], json!({ "label": "Account", "value": "acme.zendesk.com" }));
}

#[test]
fn an_anonymous_answer_is_no_account() {
    let _vendor = Vendor::scripted([Reply::json(200, &json!({ "user": { "id": null, "name": "Anonymous user" } }))]);
    assert!(matches!(zendesk().check().unwrap_err().failure, Failure::Auth(_)));
}

#[test]
fn custom_objects_stand_beside_the_standard_ones() {
    let custom = json!({ "custom_objects": [{ "key": "car", "title": "Car", "title_pluralized": "Cars" }] });
    let _vendor = Vendor::scripted([Reply::json(200, &custom)]);
    let (objects, next) = zendesk().objects(None).unwrap();
    let shown: Vec<(&str, &Value, &Value)> = objects["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| (object["id"].as_str().unwrap(), &object["operations"], &object["match_keys"]))
        .collect();
    let all = json!(["insert", "update", "upsert", "delete"]);
    assert_eq!(
        shown,
        [
            ("users", &all, &json!(["email", "external_id", "id"])),
            ("organizations", &all, &json!(["external_id", "id"])),
            ("tickets", &json!(["insert", "update", "delete"]), &json!(["external_id", "id"])),
            ("custom_objects/car", &all, &json!(["external_id", "id", "name"])),
        ]
    );
    assert_eq!(next, None);
}

#[test]
fn an_account_without_custom_objects_has_the_others() {
    for status in [403, 404] {
        let _vendor = Vendor::scripted([Reply::status(status)]);
        assert_eq!(zendesk().objects(None).unwrap().0["objects"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn recorded_fields_of_users_are_shown_with_their_types() {
    let recorded: Value = serde_json::from_str(USER_FIELDS).unwrap();
    let _vendor = Vendor::scripted([Reply::json(200, &recorded)]);
    let fields = zendesk().fields("users").unwrap();
    let find =
        |name: &str| fields["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned().unwrap();
    for (name, kind) in [
        ("user_fields.text_field", "string"),
        ("user_fields.numeric_field", "integer"),
        ("user_fields.decimal_field", "number"),
        ("user_fields.checkbox_field", "boolean"),
        ("user_fields.date_field", "date"),
        ("user_fields.dropdown_field", "enumeration"),
        ("email", "string"),
        ("organization_id", "integer"),
    ] {
        assert_eq!(find(name)["type"], kind, "{name}");
    }
    assert_eq!(find("user_fields.dropdown_field")["options"][1], json!({ "value": "pear", "label": "pear" }));
    assert_eq!(
        (&find("name")["required"], &find("id")["read_only"], &find("tags")["multiple"]),
        (&json!(true), &json!(true), &json!(true))
    );
}

#[test]
fn fields_come_in_pages_and_inactive_ones_are_left_out() {
    let page = |key: &str, active: bool, next: Value| {
        json!({ "organization_fields": [
        { "id": 1, "key": key, "type": "multiselect", "title": "T", "active": active, "custom_field_options": [{ "value": "v" }] }],
        "next_page": next })
    };
    let vendor = Vendor::scripted([
        Reply::json(200, &page("one", true, json!("https://acme.zendesk.com/api/v2/organization_fields.json?page=2"))),
        Reply::json(200, &page("two", false, Value::Null)),
    ]);
    let fields = zendesk().fields("organizations").unwrap();
    let custom: Vec<&Value> = fields["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field["name"].as_str().unwrap().starts_with("organization_fields."))
        .collect();
    assert_eq!(custom.len(), 1);
    assert_eq!((&custom[0]["multiple"], &custom[0]["options"][0]["label"]), (&json!(true), &json!("v")));
    assert_eq!(vendor.requests()[1].path(), "https://acme.zendesk.com/api/v2/organization_fields.json?page=2");
}

#[test]
fn plans_decide_how_many_requests_go() {
    for (plan, minutely) in
        [("team", 200), ("growth", 400), ("professional", 400), ("enterprise", 700), ("enterprise_plus", 2_500)]
    {
        let call = Call::<Zendesk>::new(json!({ "plan": plan }));
        let limits = call.limits("users", Operation::Upsert).unwrap();
        assert_eq!((limits.max_rows, limits.rates[0].requests, limits.rates[0].window_ms), (100, minutely, 60_000));
    }
    assert_eq!(zendesk().limits("organizations", Operation::Upsert).unwrap().max_rows, 20);
    assert!(zendesk().limits("tickets", Operation::Upsert).is_err());
    assert!(zendesk().limits("users", Operation::Append).is_err());
}
