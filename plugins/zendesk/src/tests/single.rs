//! Upsert of organizations, one request a row.

use offtake_sdk::http::TransportError;

use super::*;

fn organization(id: u64) -> Value {
    json!({ "organization": { "id": id, "name": "N", "external_id": "o" } })
}

#[test]
fn each_row_has_the_outcome_of_its_own_request() {
    let taken = json!({ "error": "RecordInvalid", "description": "Record validation errors",
        "details": { "name": [{ "description": "Name: N has already been taken", "error": "DuplicateValue" }] } });
    let vendor = Vendor::scripted([
        Reply::json(201, &organization(1)),
        Reply::json(200, &organization(2)),
        Reply::json(422, &taken),
        Reply::failing(TransportError::Timeout),
        Reply::status(429).header("Retry-After", "9"),
    ]);
    let rows = (0..5).fold(Rows::upsert("organizations", "external_id"), |rows, n| {
        rows.row(json!({ "external_id": format!("o{n}"), "name": format!("N{n}"), "organization_fields.tier": n }))
    });
    let JobState::Done(results) = zendesk().start(rows).unwrap() else { panic!() };
    assert_eq!(results[..2], [done(0, OutcomeKind::Created, "1"), done(1, OutcomeKind::Updated, "2")]);
    assert_eq!(rejection(&results[2]), ("record_invalid", "Name: N has already been taken", Some("name")));
    assert_eq!(results[3].row, 4, "the row without an answer stays unknown");
    assert!(matches!(&results[3].outcome, Outcome::Failed(Failure::RateLimited(_))));
    let request = &vendor.requests()[0];
    assert_eq!((request.method(), request.path()), ("POST", "/api/v2/organizations/create_or_update"));
    let body = json!({ "organization": { "external_id": "o0", "name": "N0", "organization_fields": { "tier": 0 } } });
    assert_eq!(request.json(), body);
}

#[test]
fn a_host_without_jobs_can_do_it_too() {
    let _vendor = Vendor::scripted([Reply::json(200, &organization(2))]);
    let rows = Rows::upsert("organizations", "id").row(json!({ "id": 2, "details": null }));
    assert_eq!(zendesk().write(rows).unwrap(), [done(0, OutcomeKind::Updated, "2")]);
}

#[test]
fn an_organization_that_is_not_there_is_one_rows_fault() {
    let gone = json!({ "error": "RecordNotFound", "description": "Not found" });
    let _vendor = Vendor::scripted([Reply::json(404, &gone), Reply::json(200, &organization(2))]);
    let rows = Rows::upsert("organizations", "id").row(json!({ "id": 1 })).row(json!({ "id": 2 }));
    let results = zendesk().write(rows).unwrap();
    assert_eq!(rejection(&results[0]).0, "record_not_found");
    assert_eq!(results[1], done(1, OutcomeKind::Updated, "2"));
}
