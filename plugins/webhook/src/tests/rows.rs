//! One row a request.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{Failure, Outcome};

use super::*;

fn rows(count: usize) -> Rows {
    (0..count).fold(Rows::upsert("people", "email"), |rows, n| rows.row(json!({"email": format!("p{n}@example.com")})))
}

#[test]
fn a_row_goes_where_the_template_says() {
    let vendor = Vendor::scripted([Reply::json(201, &json!({"id": 7})), Reply::status(200)]);
    let call = upserting(json!({"method": "PUT", "path": "/v1/people/{email}?by=email", "wrap": "person",
                                "headers": {"x-tenant": "other"}}));
    let rows = Rows::upsert("people", "email")
        .row(json!({"email": "a/b c@example.com", "plan": null}))
        .row(json!({"email": "p@example.com"}))
        .row(json!({"email": null}))
        .row(json!({"email": ".."}));
    let results = call.write(rows).unwrap();
    assert_eq!(results[..2], [done(0, OutcomeKind::Created, Some("7")), done(1, OutcomeKind::Accepted, None)]);
    for refused in &results[2..] {
        assert_eq!(rejection(refused).0, "path_value_missing", "an empty segment would be another path");
    }
    let requests = vendor.requests();
    assert_eq!((requests.len(), requests[0].method()), (2, "PUT"));
    assert_eq!(requests[0].path(), "/v1/people/a%2Fb%20c%40example.com?by=email");
    assert_eq!(requests[0].json(), json!({"person": {"email": "a/b c@example.com", "plan": null}}));
    assert_eq!((requests[0].auth(), requests[0].idempotency_key()), (Some("bearer"), Some("key-0")));
    assert_eq!(requests[0].header("X-Tenant"), Some("other"), "an operation's header goes before the connection's");
}

#[test]
fn a_deletion_may_have_no_body_and_find_nothing() {
    let write = json!({"method": "DELETE", "path": "/people/{id()}", "body": "none", "answer": {"success": ["404"]}});
    let vendor = Vendor::scripted([Reply::status(204), Reply::status(404)]);
    let rows = Rows::delete("people", "email").row_of("7", json!({"email": "a"})).row_of("8", json!({"email": "b"}));
    let results = configured("delete", write).write(rows).unwrap();
    assert_eq!(results, [done(0, OutcomeKind::Deleted, None), done(1, OutcomeKind::Deleted, None)]);
    assert_eq!((vendor.requests()[0].path(), vendor.requests()[0].text().as_str()), ("/people/7", ""));
}

#[test]
fn statuses_and_bodies_are_read_as_configured() {
    type Is = fn(&Option<RowResult>) -> bool;
    const REJECTED: Is =
        |result| matches!(result, Some(RowResult { outcome: Outcome::Failed(Failure::Rejected(_)), .. }));
    const LATER: Is =
        |result| matches!(result, Some(RowResult { outcome: Outcome::Failed(Failure::Transient(_)), .. }));
    const UNKNOWN: Is = |result| result.is_none();
    const DONE: Is = |result| matches!(result, Some(RowResult { outcome: Outcome::Done(_), .. }));
    const LIMITED: Is =
        |result| matches!(result, Some(RowResult { outcome: Outcome::Failed(Failure::RateLimited(_)), .. }));
    let busy = json!({"at": "/error/code", "in": ["busy"]});
    let cases: Vec<(Value, Reply, Is)> = vec![
        (json!({}), Reply::status(422), REJECTED),
        (json!({}), Reply::status(404), REJECTED),
        (json!({}), Reply::status(429), LIMITED),
        (json!({}), Reply::status(500), UNKNOWN),
        (json!({"reject": ["500"]}), Reply::status(500), REJECTED),
        (json!({"retry": ["409"]}), Reply::status(409), LATER),
        (json!({"retry": ["408"]}), Reply::status(408), UNKNOWN),
        (json!({"success": ["409"]}), Reply::status(409), DONE),
        (json!({"done_if": {"at": "/ok"}}), Reply::json(200, &json!({"ok": true})), DONE),
        (json!({"done_if": {"at": "/ok"}}), Reply::json(200, &json!({"ok": false})), REJECTED),
        (json!({"done_if": {"at": "/ok"}, "text": true}), Reply::text(200, "<html>"), REJECTED),
        (json!({"text": true}), Reply::text(200, "ok"), DONE),
        (json!({}), Reply::text(200, "<html>"), UNKNOWN),
        (json!({}), Reply::json(200, &json!(null)), DONE),
        (
            json!({"done_if": {"at": "/ok"}, "retry_if": busy.clone()}),
            Reply::json(200, &json!({"error": {"code": "busy"}})),
            LATER,
        ),
        (json!({"retry_if": busy}), Reply::json(400, &json!({"error": {"code": "busy"}})), LATER),
    ];
    for (answer, reply, is) in cases {
        let _vendor = Vendor::scripted([reply.clone()]);
        let call = upserting(json!({"path": "/people", "answer": answer}));
        let results = call.write(rows(1)).unwrap();
        assert!(is(&results.first().cloned()), "{answer} {reply:?}: {results:?}");
    }
}

#[test]
fn a_refusal_says_what_the_api_said_and_the_others_go_on() {
    let refusal = json!({"error": {"code": "Bad-Plan", "message": "no such plan", "field": "plan"}});
    let _vendor = Vendor::scripted([Reply::json(422, &refusal), Reply::status(200), Reply::status(200)]);
    let results = upserting(json!({"path": "/people"})).write(rows(3)).unwrap();
    assert_eq!(rejection(&results[0]), ("Bad-Plan", "no such plan", Some("plan")));
    assert_eq!(results.len(), 3);
}
