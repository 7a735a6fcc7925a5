//! Lookups.

use super::*;

#[test]
fn values_are_matched_by_key_and_never_by_position() {
    let users = json!({ "users": [
        { "id": 2, "external_id": "B", "name": "Bea", "phone": null, "user_fields": { "plan": "pro" } },
        { "id": 1, "external_id": "a", "name": "Ann", "phone": "1", "user_fields": { "plan": null } },
    ], "next_page": null, "previous_page": null, "count": 2 });
    let vendor = Vendor::scripted([Reply::json(200, &users)]);
    let rows = ["A", "b", "gone", ""].map(|id| json!({ "external_id": id }));
    let found = zendesk()
        .look_up("users", "external_id", &["name", "id", "phone", "user_fields.plan"], &rows)
        .unwrap()
        .unwrap();
    assert_eq!(found[0], json!({ "name": "Ann", "id": "1", "phone": "1", "user_fields.plan": null }));
    assert_eq!(found[1], json!({ "name": "Bea", "id": "2", "phone": null, "user_fields.plan": "pro" }));
    assert_eq!(found[2..], [Value::Null, Value::Null]);
    assert_eq!(vendor.requests()[0].path(), "/api/v2/users/show_many?external_ids=A,b,gone");
}

#[test]
fn a_hundred_keys_are_a_request() {
    let vendor = Vendor::answering(|request| {
        let (_, ids) = request.path().split_once("?ids=").unwrap();
        let tickets: Vec<Value> = ids
            .split(',')
            .rev()
            .map(|id| json!({ "id": id.parse::<u64>().unwrap(), "custom_fields": [{ "id": 360, "value": id }] }))
            .collect();
        assert!(tickets.len() <= 100);
        Reply::json(200, &json!({ "tickets": tickets }))
    });
    let rows: Vec<Value> = (0..250).map(|n| json!({ "id": n })).collect();
    let found = zendesk().look_up("tickets", "id", &["custom_fields.360"], &rows).unwrap().unwrap();
    for (n, record) in found.iter().enumerate() {
        assert_eq!(record, &json!({ "custom_fields.360": n.to_string() }));
    }
    assert_eq!(vendor.requests().len(), 3);
}

#[test]
fn addresses_are_searched_for_one_by_one() {
    let vendor = Vendor::answering(|request| {
        let known = request.path().ends_with("query=ada%40example.com");
        let users = if known { json!([{ "id": 7, "email": "ada@example.com", "name": "Ada" }]) } else { json!([]) };
        Reply::json(200, &json!({ "users": users }))
    });
    let rows = ["ada@example.com", "b@example.com"].map(|email| json!({ "email": email }));
    let found = zendesk().look_up("users", "email", &["name"], &rows).unwrap().unwrap();
    assert_eq!(found, [json!({ "name": "Ada" }), Value::Null]);
    assert_eq!(vendor.requests().len(), 2);
}

#[test]
fn what_cannot_be_read_is_not_what_is_not_there() {
    let _vendor = Vendor::scripted([]);
    assert_eq!(zendesk().look_up("custom_objects/car", "name", &["id"], &[json!({ "name": "N" })]).unwrap(), None);
}
