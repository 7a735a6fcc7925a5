//! Calls that Zendesk refuses whole.

use offtake_sdk::http::TransportError;
use offtake_sdk::{CallFailure, Effect};

use super::*;

fn failure(reply: Reply) -> CallFailure {
    let _vendor = Vendor::scripted([reply]);
    zendesk().start(people(2)).unwrap_err()
}

#[test]
fn refusals_say_what_the_host_is_to_do() {
    type Is = fn(&Failure) -> bool;
    let invalid = json!({ "error": { "title": "Invalid attribute",
        "message": "You passed an invalid value for the users.1.name attribute. Invalid parameter: users.1.name must be a string" } });
    let too_many = json!({ "error": "TooManyValues", "description": "Parameter  cannot specify more than 100 values", "max_count": 100 });
    let cases: [(Reply, Is, &str); 9] = [
        (Reply::json(400, &invalid), |f| matches!(f, Failure::Unattributed(_)), "invalid_attribute"),
        (Reply::json(400, &too_many), |f| matches!(f, Failure::TooLarge(_)), "too_many_values"),
        (
            Reply::json(401, &json!({ "error": "Couldn't authenticate you" })),
            |f| matches!(f, Failure::Auth(_)),
            "couldnt_authenticate_you",
        ),
        (
            Reply::json(401, &json!({ "error": "invalid_token", "error_description": "expired" })),
            |f| matches!(f, Failure::Auth(_)),
            "invalid_token",
        ),
        (
            Reply::json(403, &json!({ "error": { "title": "Forbidden", "message": "no" } })),
            |f| matches!(f, Failure::Forbidden(_)),
            "forbidden",
        ),
        (
            Reply::json(404, &json!({ "error": "InvalidEndpoint", "description": "Not found" })),
            |f| matches!(f, Failure::SchemaChanged(_)),
            "invalid_endpoint",
        ),
        (
            Reply::json(
                422,
                &json!({ "error": "RecordInvalid", "details": { "email": [{ "description": "Email: bad" }] } }),
            ),
            |f| matches!(f, Failure::Unattributed(_)),
            "record_invalid",
        ),
        (Reply::status(413), |f| matches!(f, Failure::TooLarge(_)), "http_413"),
        (
            Reply::failing(TransportError::Connect("refused".to_owned())),
            |f| matches!(f, Failure::Transient(_)),
            "connect",
        ),
    ];
    for (reply, is, code) in cases {
        let failure = failure(reply);
        assert!(is(&failure.failure), "{failure:?}");
        assert_eq!((failure.failure.detail().code.as_str(), failure.effect), (code, Effect::None));
    }
}

#[test]
fn what_may_have_been_done_is_unknown() {
    for reply in [
        Reply::status(409),
        Reply::status(500),
        Reply::text(502, "<html>bad gateway</html>"),
        Reply::failing(TransportError::Timeout),
        Reply::failing(TransportError::Reset("by peer".to_owned())),
        Reply::text(200, "<html>"),
        Reply::json(200, &json!({ "job_status": { "id": "" } })),
        Reply::status(503).header("Retry-After", "5"),
    ] {
        let failure = failure(reply);
        assert_eq!(failure.effect, Effect::Unknown, "{failure:?}");
    }
}

#[test]
fn limits_are_told_apart_and_say_when_to_come_back() {
    let words = "You have exceeded the rate limit for updating a single unique user. Please try again later.";
    for (reply, scope) in [
        (Reply::json(429, &json!({ "error": "APIRateLimitExceeded", "description": "slow" })), "requests_a_minute"),
        (Reply::json(429, &json!({ "error": "TooManyJobs", "description": "too many" })), "open_jobs"),
        (Reply::text(429, words), "updates_of_one_record"),
    ] {
        let Failure::RateLimited(throttle) = failure(reply.header("Retry-After", "27")).failure else { panic!() };
        assert_eq!((throttle.retry_after_ms, throttle.scope.as_deref()), (Some(27_000), Some(scope)));
        assert!(!throttle.detail.message.is_empty());
    }
}

#[test]
fn one_row_that_is_refused_is_rejected() {
    let body = json!({ "error": { "title": "Invalid attribute", "message": "users.0.name must be a string" } });
    let _vendor = Vendor::scripted([Reply::json(400, &body)]);
    let JobState::Done(results) = zendesk().start(people(1)).unwrap() else { panic!() };
    assert_eq!(rejection(&results[0]), ("invalid_attribute", "users.0.name must be a string", None));
}

#[test]
fn attributes_that_are_left_out_are_logged_without_values() {
    let warned = Reply::json(200, &job("queued", Value::Null)).header(
        "X-Zendesk-API-Warn",
        r#"Removed restricted keys ["shoe_size"] from parameters according to whitelist"#,
    );
    let vendor = Vendor::scripted([warned]);
    assert!(matches!(zendesk().start(people(1)).unwrap(), JobState::Pending { .. }));
    assert_eq!(vendor.log_lines().len(), 1);
}
