//! Calls that HubSpot refuses whole.

use offtake_sdk::http::TransportError;
use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{CallFailure, Effect, Failure};
use serde_json::json;

use super::*;

const RATE_LIMITED: &str = include_str!("../../testdata/rate_limited.json");

fn rows(count: u32) -> Rows {
    (0..count).fold(Rows::upsert("contacts", "email"), |rows, n| rows.row(json!({"email": format!("{n}@example.com")})))
}

fn failure(reply: Reply) -> CallFailure {
    let _vendor = Vendor::scripted([reply]);
    hubspot().write(rows(2)).unwrap_err()
}

/// The list inside the message is how HubSpot reports property values.
fn invalid_property() -> Value {
    json!({
        "status": "error",
        "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"shoe\\\" does not exist\",\
                    \"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"shoe\",\"localizedErrorMessage\":\"\"}]",
        "correlationId": "00000000-0000-0000-0000-000000000000",
        "category": "VALIDATION_ERROR",
    })
}

#[test]
fn a_refused_batch_is_halved() {
    let body = json!({
        "status": "error",
        "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"x is no address\",\
                    \"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]",
        "category": "VALIDATION_ERROR",
    });
    let failure = failure(Reply::json(400, &body));
    assert_eq!(failure.effect, Effect::None);
    let Failure::Unattributed(detail) = failure.failure else { panic!() };
    assert_eq!(detail.message, "x is no address");
    assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("invalid_email", Some("email")));
    assert_eq!(detail.http_status, Some(400));
}

#[test]
fn a_property_that_is_gone_is_the_schemas_fault() {
    let mut behind_another = invalid_property();
    behind_another["message"] = json!(
        "Property values were not valid: [{\"message\":\"x\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"},\
         {\"message\":\"Property \\\"shoe\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"shoe\"}]"
    );
    for body in [invalid_property(), behind_another] {
        let failure = failure(Reply::json(400, &body));
        assert_eq!(failure.effect, Effect::None);
        let Failure::SchemaChanged(detail) = failure.failure else { panic!() };
        assert_eq!(detail.message, "Property \"shoe\" does not exist");
        assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("property_doesnt_exist", Some("shoe")));
    }
}

#[test]
fn a_refused_row_is_rejected() {
    let _vendor = Vendor::scripted([Reply::json(400, &invalid_property())]);
    let results = hubspot().write(rows(1)).unwrap();
    assert_eq!(rejection(&results[0]), ("property_doesnt_exist", "Property \"shoe\" does not exist", Some("shoe")));
}

#[test]
fn a_conflict_is_the_rows_fault() {
    let body =
        json!({"status": "error", "message": "Contact already exists. Existing ID: 512", "category": "CONFLICT"});
    let _vendor = Vendor::scripted([Reply::json(409, &body)]);
    let results = hubspot().write(Rows::insert("contacts").row(json!({"email": "a@example.com"}))).unwrap();
    assert_eq!(rejection(&results[0]), ("conflict", "Contact already exists. Existing ID: 512", None));
}

#[test]
fn an_unknown_record_is_the_rows_fault_and_an_unknown_object_is_not() {
    let body = json!({"status": "error", "message": "resource not found", "category": "OBJECT_NOT_FOUND"});
    let vendor = Vendor::scripted([Reply::json(404, &body)]);
    let update = Rows::update("contacts", "email").row(json!({"email": "a@example.com"}));
    assert_eq!(rejection(&hubspot().write(update).unwrap()[0]).0, "object_not_found");
    drop(vendor);
    assert!(matches!(failure(Reply::json(404, &body)).failure, Failure::SchemaChanged(_)));
}

#[test]
fn rate_limits_name_their_quota_and_no_time() {
    let recorded: Value = serde_json::from_str(RATE_LIMITED).unwrap();
    let Failure::RateLimited(throttle) = failure(Reply::json(429, &recorded)).failure else { panic!() };
    assert_eq!((throttle.retry_after_ms, throttle.scope.as_deref()), (None, Some("secondly")));
    assert_eq!(throttle.detail.message, "You have reached your secondly limit.");

    let body = json!({"status": "error", "message": "slow down", "errorType": "RATE_LIMIT",
                      "policyName": "TEN_SECONDLY_ROLLING"});
    let Failure::RateLimited(throttle) = failure(Reply::json(429, &body)).failure else { panic!() };
    assert_eq!(throttle.scope.as_deref(), Some("ten_secondly_rolling"));
}

#[test]
fn statuses_of_hubspots_own() {
    let moving = failure(Reply::status(477).header("Retry-After", "30"));
    assert!(matches!(moving.failure, Failure::RateLimited(throttle) if throttle.retry_after_ms == Some(30_000)));
    assert!(matches!(failure(Reply::status(477)).failure, Failure::Transient(_)));
    let locked = failure(Reply::status(423)).failure;
    assert!(matches!(&locked, Failure::Transient(detail) if detail.http_status == Some(423)));
}

#[test]
fn credentials_permissions_and_outages() {
    let expired =
        json!({"status": "error", "message": "The OAuth token used is expired", "category": "EXPIRED_AUTHENTICATION"});
    let Failure::Auth(detail) = failure(Reply::json(401, &expired)).failure else { panic!() };
    assert_eq!(detail.code, "expired_authentication");
    let scopes = json!({"status": "error", "message": "missing scopes", "category": "MISSING_SCOPES"});
    assert!(matches!(failure(Reply::json(403, &scopes)).failure, Failure::Forbidden(_)));
    for (reply, effect) in [
        (Reply::text(502, "<html>bad gateway</html>"), Effect::Unknown),
        (Reply::failing(TransportError::Timeout), Effect::Unknown),
        (Reply::failing(TransportError::Connect("refused".to_owned())), Effect::None),
    ] {
        let failure = failure(reply);
        assert!(matches!(failure.failure, Failure::Transient(_)));
        assert_eq!(failure.effect, effect);
    }
}

#[test]
fn a_success_that_cannot_be_read_is_unknown() {
    let failure = failure(Reply::text(200, "<html>"));
    assert!(matches!(failure.failure, Failure::Fatal(_)));
    assert_eq!(failure.effect, Effect::Unknown);
}
