//! Associations: by label, by none, and what becomes of each pair.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{CallFailure, Failure, Operation, Outcome, OutcomeKind};
use serde_json::json;

use super::*;

const PATH: &str = "/crm/associations/2026-03/contacts/companies";

fn labels() -> Reply {
    Reply::json(
        200,
        &json!({"results": [
            {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": null},
            {"category": "USER_DEFINED", "typeId": 36, "label": "Decision maker"},
        ]}),
    )
}

fn rows(operation: Operation) -> Rows {
    Rows::of("associations/contacts/companies", operation, Some("from.hs_object_id")).and_match("to.hs_object_id")
}

fn pair(from: &str, to: &str, label: Option<&str>) -> Value {
    let row = json!({"from.hs_object_id": from, "to.hs_object_id": to});
    label.map_or(row.clone(), |label| with(row, "label", json!(label)))
}

fn made(pairs: &[(&str, &str)]) -> Value {
    let made = pairs.iter().map(|(from, to)| {
        json!({"fromObjectTypeId": "0-1", "fromObjectId": from, "toObjectTypeId": "0-2", "toObjectId": to, "labels": []})
    });
    complete(made.collect())
}

#[test]
fn a_label_is_sent_as_its_type_and_a_pair_without_one_gets_the_default() {
    let plain = complete(json!([{"from": {"id": "3"}, "to": {"id": "9"},
                                 "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}}]));
    let vendor =
        Vendor::scripted([labels(), Reply::json(201, &made(&[("1", "8"), ("2", "9")])), Reply::json(200, &plain)]);
    let rows = rows(Operation::Upsert)
        .row(pair("2", "9", Some("Decision maker")))
        .row(pair("3", "9", None))
        .row(pair("1", "8", Some("Decision maker")))
        .row(pair("4", "9", Some("Nobody")));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(results.len(), 4);
    assert!(results[..3].iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Accepted)), "{results:?}");
    assert_eq!(rejection(&results[3]).0, "unknown_label");
    let requests = vendor.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path()).collect();
    assert_eq!(
        paths,
        [format!("{PATH}/labels"), format!("{PATH}/batch/create"), format!("{PATH}/batch/associate/default")]
    );
    let label = json!([{"associationCategory": "USER_DEFINED", "associationTypeId": 36}]);
    assert_eq!(
        requests[1].json(),
        json!({"inputs": [
            {"from": {"id": "1"}, "to": {"id": "8"}, "types": label},
            {"from": {"id": "2"}, "to": {"id": "9"}, "types": label},
        ]})
    );
    assert_eq!(requests[2].json(), json!({"inputs": [{"from": {"id": "3"}, "to": {"id": "9"}}]}));
}

#[test]
fn removing_takes_the_label_or_everything() {
    let vendor = Vendor::scripted([labels(), Reply::status(204), Reply::status(204)]);
    let rows = rows(Operation::Delete).row(pair("1", "8", Some("Decision maker"))).row(pair("1", "9", None));
    let results = hubspot().write(rows).unwrap();
    assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)), "{results:?}");
    let requests = vendor.requests();
    assert_eq!(requests[1].path(), format!("{PATH}/batch/labels/archive"));
    assert_eq!(requests[1].json()["inputs"][0]["types"][0]["associationTypeId"], 36);
    assert_eq!(requests[2].path(), format!("{PATH}/batch/archive"));
    assert_eq!(requests[2].json(), json!({"inputs": [{"from": {"id": "1"}, "to": [{"id": "9"}]}]}));
}

#[test]
fn records_are_found_by_unique_properties() {
    let contacts = complete(json!([record("1", json!({"email": "ada@example.com"}))]));
    let companies = complete(json!([record("8", json!({"code": "E-8"}))]));
    let vendor = Vendor::scripted([
        Reply::json(207, &contacts),
        Reply::json(200, &companies),
        Reply::json(200, &made(&[("1", "8")])),
    ]);
    let rows = Rows::of("associations/contacts/companies", Operation::Upsert, Some("from.email"))
        .and_match("to.code")
        .row(json!({"from.email": "Ada@example.com", "to.code": "E-8"}))
        .row(json!({"from.email": "gone@example.com", "to.code": "E-8"}));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(results[0].outcome, Outcome::Done(OutcomeKind::Accepted));
    assert_eq!(
        rejection(&results[1]),
        ("record_not_found", "HubSpot has no record with this value", Some("from.email"))
    );
    assert_eq!(vendor.requests()[2].json()["inputs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_207_says_which_pair_was_not_made() {
    let body = with(
        with(made(&[("1", "8")]), "numErrors", json!(1)),
        "errors",
        json!([{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "no company 9",
                "context": {"fromObjectId": ["1"], "toObjectId": ["9"]}}]),
    );
    let _vendor = Vendor::scripted([Reply::json(207, &body)]);
    let results = hubspot().write(rows(Operation::Upsert).row(pair("1", "8", None)).row(pair("1", "9", None))).unwrap();
    assert_eq!(results[0].outcome, Outcome::Done(OutcomeKind::Accepted));
    assert_eq!(rejection(&results[1]).1, "no company 9");
}

#[test]
fn a_refused_call_is_halved_and_a_refused_pair_is_rejected() {
    let body = json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "no contact 1"});
    let refused = |count: usize| -> Result<_, CallFailure> {
        let _vendor = Vendor::scripted([Reply::json(404, &body)]);
        let pairs = (0..count).map(|n| pair("1", &n.to_string(), None));
        hubspot().write(pairs.fold(rows(Operation::Upsert), Rows::row))
    };
    assert!(matches!(refused(2).unwrap_err().failure, Failure::Unattributed(_)));
    assert_eq!(rejection(&refused(1).unwrap()[0]).1, "no contact 1");
}

#[test]
fn both_ends_have_to_be_among_the_match_keys() {
    let _vendor = Vendor::scripted([]);
    let rows =
        Rows::upsert("associations/contacts/companies", "from.email").row(json!({"from.email": "a@example.com"}));
    assert_eq!(hubspot().write(rows).unwrap_err().failure.detail().code, "match_key_missing");
}

#[test]
fn an_end_that_is_found_under_another_value_is_not_called_gone() {
    let contacts = complete(json!([record("1", json!({"email": "other@example.com"}))]));
    let vendor = Vendor::scripted([Reply::json(200, &contacts)]);
    let rows = Rows::of("associations/contacts/companies", Operation::Delete, Some("from.email"))
        .and_match("to.hs_object_id")
        .row(json!({"from.email": "ada@example.com", "to.hs_object_id": "8"}));
    let results = hubspot().write(rows).unwrap();
    assert_eq!(rejection(&results[0]).0, "record_not_identified");
    assert_eq!(vendor.requests().len(), 1);
}
