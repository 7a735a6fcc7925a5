//! Delete.

use offtake_sdk::testing::{Reply, Rows, Vendor};

use super::*;

#[test]
fn users_are_deleted_by_their_ids_or_aliases() {
    let alias = |name: &str| json!({ "alias_name": name, "alias_label": "crm" });
    for (key, list, expected) in [
        ("external_id", "external_ids", json!(["a", "b"])),
        ("braze_id", "braze_ids", json!(["a", "b"])),
        ("alias_name", "user_aliases", json!([alias("a"), alias("b")])),
    ] {
        // Recorded: what is counted are the ids.
        let vendor = Vendor::scripted([Reply::json(201, &json!({ "deleted": 2, "message": "success" }))]);
        let rows =
            Rows::delete("users", key).row(json!({ key: "a" })).row(json!({ key: "b" })).row(json!({ key: null }));
        let results = braze().write(rows).unwrap();
        assert_eq!(kinds(&results[..2]), [(0, OutcomeKind::Deleted), (1, OutcomeKind::Deleted)]);
        assert_eq!(rejection(&results[2]).0, "match_value_missing");
        assert_eq!(
            (vendor.requests()[0].path(), vendor.requests()[0].json()),
            ("/users/delete", json!({ list: expected }))
        );
    }
}

#[test]
fn users_are_not_deleted_by_an_address() {
    let _vendor = Vendor::scripted([]);
    let failure = braze().write(Rows::delete("users", "email").row(json!({ "email": "a@example.com" }))).unwrap_err();
    assert_eq!(failure.failure.detail().code, "match_key_unsupported");
}

#[test]
fn a_refused_delete_is_halved_and_then_rejected() {
    let refused = || Reply::json(400, &json!({ "message": "Bad Request" }));
    let rows = |count: usize| {
        (0..count).fold(Rows::delete("users", "external_id"), |rows, n| rows.row(json!({ "external_id": n })))
    };
    let vendor = Vendor::scripted([refused()]);
    assert!(matches!(braze().write(rows(2)).unwrap_err().failure, Failure::Unattributed(_)));
    drop(vendor);
    let _vendor = Vendor::scripted([refused()]);
    assert_eq!(rejection(&braze().write(rows(1)).unwrap()[0]).1, "Bad Request");
}
