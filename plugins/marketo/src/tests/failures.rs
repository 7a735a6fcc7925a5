//! Requests that are refused, with status 200 and with others.

use offtake_sdk::Effect;
use offtake_sdk::http::TransportError;
use offtake_sdk::testing::Vendor;

use super::*;

fn rows(count: u32) -> Rows {
    (0..count).fold(Rows::upsert("leads", "email"), |rows, n| rows.row(json!({"email": format!("u{n}@example.com")})))
}

#[test]
fn a_refusal_in_a_success_is_what_its_code_says() {
    type Is = fn(&Failure) -> bool;
    let limited: Is = |failure| matches!(failure, Failure::RateLimited(throttle) if throttle.retry_after_ms.is_none());
    let daily: Is = |failure| matches!(failure, Failure::RateLimited(throttle) if throttle.scope.as_deref() == Some("daily") && throttle.retry_after_ms == Some(3_600_000));
    let imports: Is =
        |failure| matches!(failure, Failure::RateLimited(throttle) if throttle.retry_after_ms == Some(30_000));
    let transient: Is = |failure| matches!(failure, Failure::Transient(_));
    let auth: Is = |failure| matches!(failure, Failure::Auth(_));
    let changed: Is = |failure| matches!(failure, Failure::SchemaChanged(_));
    let forbidden: Is = |failure| matches!(failure, Failure::Forbidden(_));
    let unattributed: Is = |failure| matches!(failure, Failure::Unattributed(_));
    let cases: [(&str, Is, Effect); 20] = [
        ("601", auth, Effect::None),
        ("602", auth, Effect::None),
        ("603", forbidden, Effect::None),
        ("604", transient, Effect::Unknown),
        ("606", limited, Effect::None),
        ("607", daily, Effect::None),
        ("608", transient, Effect::None),
        ("609", unattributed, Effect::None),
        ("610", changed, Effect::None),
        ("611", transient, Effect::Unknown),
        ("615", limited, Effect::None),
        ("702", unattributed, Effect::None),
        ("703", forbidden, Effect::None),
        ("709", unattributed, Effect::None),
        ("713", transient, Effect::Unknown),
        ("719", transient, Effect::Unknown),
        ("1006", changed, Effect::None),
        ("1016", imports, Effect::None),
        ("1018", forbidden, Effect::None),
        ("1036", unattributed, Effect::None),
    ];
    for (code, is, effect) in cases {
        let _vendor = Vendor::scripted([refusal(code, "Field 'shoe' …")]);
        let failed = write(rows(2)).unwrap_err();
        assert!(is(&failed.failure), "{code}: {failed:?}");
        assert_eq!(failed.effect, effect, "{code}");
        assert_eq!(failed.failure.detail().code, format!("marketo_{code}"));
    }
}

#[test]
fn silence_and_garbage_leave_the_rows_unknown() {
    for reply in [
        Reply::failing(TransportError::Timeout),
        Reply::text(200, "<html>"),
        Reply::status(502),
        Reply::json(200, &json!({"requestId": "x", "success": false, "errors": []})),
        success(json!([{"id": 1, "status": "created"}])),
    ] {
        let _vendor = Vendor::scripted([reply]);
        assert_eq!(write(rows(2)).unwrap_err().effect, Effect::Unknown);
    }
    let _vendor = Vendor::scripted([Reply::status(413)]);
    assert!(matches!(write(rows(2)).unwrap_err().failure, Failure::TooLarge(_)));
}

#[test]
fn a_record_fails_in_its_own_way() {
    for (code, is_transient) in [("1002", false), ("1003", false), ("1007", false), ("1022", true), ("713", true)] {
        let _vendor = Vendor::scripted([success(json!([skipped(code, "…")]))]);
        let results = write(rows(1)).unwrap();
        assert_eq!(matches!(failure(&results[0]), Failure::Transient(_)), is_transient, "{code}");
    }
    // A row without a status or a reason is not answered for.
    let _vendor = Vendor::scripted([success(json!([{"id": 1}]))]);
    assert_eq!(write(rows(1)).unwrap(), []);
}

#[test]
fn a_field_that_is_not_there_is_the_schemas_fault() {
    let _vendor = Vendor::scripted([success(json!([skipped("1006", "Field 'shoe' not found")]))]);
    let results = write(rows(1)).unwrap();
    assert!(matches!(failure(&results[0]), Failure::SchemaChanged(d) if d.field.as_deref() == Some("shoe")));
}

#[test]
fn what_was_written_beside_a_failure_stays_done() {
    type Is = fn(&RowResult) -> bool;
    let cases: [(Reply, usize, Is); 4] = [
        (refusal("606", "Max rate limit '100' exceeded with in '20' secs"), 700, |r| {
            matches!(failure(r), Failure::RateLimited(_))
        }),
        (refusal("602", "Access token expired"), 700, |r| matches!(failure(r), Failure::Transient(_))),
        (refusal("709", "Business rule violation"), 700, |r| matches!(failure(r), Failure::Transient(_))),
        (Reply::failing(TransportError::Timeout), 400, |_| false),
    ];
    for (reply, answered, is) in cases {
        let bad = reply.clone();
        let _vendor = Vendor::answering(move |request| {
            if request.text().contains("u350@") {
                return bad.clone();
            }
            let inputs = request.json()["input"].as_array().unwrap().len();
            success((0..inputs).map(|n| json!({"id": n, "status": "updated"})).collect())
        });
        let results = write(rows(700)).unwrap();
        assert_eq!(results.len(), answered, "{reply:?}");
        let failed = results.iter().filter(|result| !matches!(result.outcome, Outcome::Done(_)));
        assert!(failed.into_iter().all(|result| (300..600).contains(&result.row) && is(result)), "{reply:?}");
    }
}
