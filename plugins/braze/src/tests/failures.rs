//! Requests that Braze refuses whole.

use offtake_sdk::http::TransportError;
use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{CallFailure, Effect};

use super::*;

const FATAL: &str = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";

fn rows(count: u32) -> Rows {
    (0..count).fold(Rows::upsert("users", "external_id"), |rows, n| rows.row(json!({ "external_id": format!("u{n}") })))
}

fn failure(reply: Reply) -> CallFailure {
    let _vendor = Vendor::scripted([reply]).at(1_637_707_377_500);
    braze().write(rows(2)).unwrap_err()
}

#[test]
fn a_refusal_that_names_every_row_is_theirs_and_any_other_is_halved() {
    let error = |index: u32| json!({ "type": "'email' is not valid", "input_array": "attributes", "index": index });
    let body = |errors: Vec<Value>| Reply::json(400, &json!({ "message": FATAL, "errors": errors }));
    let vendor = Vendor::scripted([body(vec![error(0), error(1)])]);
    let results = braze().write(rows(2)).unwrap();
    let expected = ("email_is_not_valid", "'email' is not valid", Some("email"));
    assert!(results.iter().all(|result| rejection(result) == expected));
    drop(vendor);
    let failure = failure(body(vec![error(1)]));
    assert_eq!(failure.effect, Effect::None);
    assert!(matches!(&failure.failure, Failure::Unattributed(detail) if detail.message == FATAL), "{failure:?}");
}

#[test]
fn a_refusal_that_names_nobody_is_halved_down_to_one_row() {
    let failure = failure(Reply::json(400, &json!({ "message": "Bad Request" })));
    assert_eq!(failure.effect, Effect::None);
    assert!(
        matches!(&failure.failure, Failure::Unattributed(detail) if detail.message == "Bad Request"),
        "{failure:?}"
    );
    for body in [json!({ "message": FATAL }), json!({ "message": FATAL, "errors": [{ "type": "odd" }] })] {
        let _vendor = Vendor::scripted([Reply::json(400, &body)]);
        let results = braze().write(rows(1)).unwrap();
        assert!([FATAL, "odd"].contains(&rejection(&results[0]).1), "{results:?}");
    }
}

#[test]
fn statuses_say_what_the_host_is_to_do() {
    type Is = fn(&Failure) -> bool;
    let message = |text: &str| json!({ "message": text });
    let cases: [(Reply, Is, Effect); 10] = [
        (Reply::json(400, &message("Max Input Length Exceeded")), |f| matches!(f, Failure::TooLarge(_)), Effect::None),
        (Reply::json(401, &message("Invalid API key")), |f| matches!(f, Failure::Auth(_)), Effect::None),
        (Reply::json(403, &message("Forbidden")), |f| matches!(f, Failure::Forbidden(_)), Effect::None),
        // Braze's documentation: an unknown key.
        (Reply::json(404, &message("Not Found")), |f| matches!(f, Failure::Auth(_)), Effect::None),
        (Reply::status(413), |f| matches!(f, Failure::TooLarge(_)), Effect::None),
        (Reply::status(500), |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
        (Reply::failing(TransportError::Timeout), |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
        (
            Reply::failing(TransportError::Connect("refused".to_owned())),
            |f| matches!(f, Failure::Transient(_)),
            Effect::None,
        ),
        (Reply::text(201, "<html>"), |f| matches!(f, Failure::Fatal(_)), Effect::Unknown),
        (Reply::json(201, &json!({ "message": "what?" })), |f| matches!(f, Failure::Fatal(_)), Effect::Unknown),
    ];
    for (reply, is, effect) in cases {
        let failure = failure(reply);
        assert!(is(&failure.failure), "{failure:?}");
        assert_eq!(failure.effect, effect, "{failure:?}");
    }
}

#[test]
fn a_limit_is_waited_for_until_its_window_ends() {
    // The reset of a recorded answer.
    for (header, wait) in
        [(Some("1637707380"), Some(2_500)), (Some("1637707370"), Some(0)), (Some("soon"), None), (None, None)]
    {
        let reply = Reply::json(429, &json!({ "message": "Rate limit exceeded" }));
        let reply = match header {
            Some(reset) => reply.header("X-RateLimit-Reset", reset),
            None => reply,
        };
        let Failure::RateLimited(throttle) = failure(reply).failure else { panic!() };
        assert_eq!((throttle.retry_after_ms, throttle.scope.as_deref()), (wait, Some("window")));
    }
}
