//! Several rows a request.

use offtake_sdk::testing::{Reply, Rows, Vendor};
use offtake_sdk::{Effect, Failure, Outcome};

use super::*;

fn rows(names: &[&str]) -> Rows {
    names.iter().fold(Rows::upsert("people", "email"), |rows, name| rows.row(json!({"email": name})))
}

fn write(body: &str, answer: Value) -> Value {
    json!({"path": "/people/batch", "body": body, "answer": answer})
}

#[test]
fn rows_go_as_an_array_or_as_lines() {
    let cases = [
        (json!({"path": "/b", "body": "array"}), "[{\"email\":\"a\"},{\"email\":\"b\"}]", "application/json"),
        (
            json!({"path": "/b", "body": "array", "wrap": "people"}),
            "{\"people\":[{\"email\":\"a\"},{\"email\":\"b\"}]}",
            "application/json",
        ),
        (json!({"path": "/b", "body": "ndjson"}), "{\"email\":\"a\"}\n{\"email\":\"b\"}\n", "application/x-ndjson"),
    ];
    let mut keys = Vec::new();
    for (write, body, kind) in cases {
        let vendor = Vendor::scripted([Reply::status(202)]);
        let results = upserting(write).write(rows(&["a", "b"])).unwrap();
        assert_eq!(results, [done(0, OutcomeKind::Accepted, None), done(1, OutcomeKind::Accepted, None)]);
        let requests = vendor.requests();
        assert_eq!((requests[0].text().as_str(), requests[0].header("content-type")), (body, Some(kind)));
        keys.push(requests[0].idempotency_key().unwrap().to_owned());
    }
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 32), "the same rows have the same key: {keys:?}");
    let vendor = Vendor::scripted([Reply::status(200)]);
    upserting(write("array", json!({}))).write(rows(&["a"])).unwrap();
    assert_ne!(vendor.requests()[0].idempotency_key(), Some(keys[0].as_str()), "other rows, another key");
}

#[test]
fn results_are_matched_by_place_by_index_or_by_key() {
    let by_place = json!({"rows": {"results": "/results", "done_if": {"at": "/ok"}, "message": "/why", "id": "/id"}});
    let by_index = json!({"rows": {"results": "/results", "index": "/n", "done_if": {"at": "/ok"}, "message": "/why", "id": "/id"}});
    let by_key = json!({"rows": {"results": "/results", "key": {"at": "/who", "field": "email"},
                                 "done_if": {"at": "/ok"}, "message": "/why", "id": "/id"}});
    let good = json!({"ok": true, "id": 7, "n": 0, "who": "a"});
    let bad = json!({"ok": false, "why": "no", "n": 1, "who": "b"});
    let cases =
        [(by_place, [good.clone(), bad.clone()]), (by_index, [bad.clone(), good.clone()]), (by_key, [bad, good])];
    for (answer, results) in cases {
        let _vendor = Vendor::scripted([Reply::json(200, &json!({"results": results}))]);
        let results = upserting(write("array", answer.clone())).write(rows(&["a", "b", "c"])).unwrap();
        assert_eq!(results[0], done(0, OutcomeKind::Accepted, Some("7")), "{answer}");
        assert_eq!(rejection(&results[1]).1, "no", "{answer}");
        assert_eq!(results.len(), 2, "nothing is said of the third row: {answer}");
    }
}

#[test]
fn where_refusals_alone_are_listed_silence_is_a_success() {
    let answer = json!({"rows": {"errors": "/errors", "index": "/index", "code": "/type",
                                 "retry_if": {"at": "/type", "is": "busy"}}});
    let body = json!({"errors": [{"index": 1, "type": "bad"}, {"index": 2, "type": "busy"}]});
    let _vendor = Vendor::scripted([Reply::json(201, &body)]);
    let results = upserting(write("array", answer)).write(rows(&["a", "b", "c"])).unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Created, None));
    assert_eq!(rejection(&results[1]).0, "bad");
    assert!(matches!(&results[2].outcome, Outcome::Failed(Failure::Transient(_))));
}

#[test]
fn an_error_that_names_no_row_leaves_the_silent_ones_unknown() {
    let answer = json!({"rows": {"errors": "/errors", "index": "/index", "code": "/type"}});
    let body = json!({"errors": [{"index": 1, "type": "bad"}, {"index": 9, "type": "lost"}]});
    let written = |names: &[&str]| {
        let _vendor = Vendor::scripted([Reply::json(201, &body)]);
        upserting(write("array", answer.clone())).write(rows(names)).unwrap()
    };
    let results = written(&["a", "b", "c"]);
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!((results[0].row, rejection(&results[0]).0), (1, "bad"));
    assert_eq!(rejection(&written(&["a"])[0]).0, "bad", "of one row there is no doubt");
}

#[test]
fn results_that_are_not_where_they_should_be_say_nothing() {
    let _vendor = Vendor::scripted([Reply::json(200, &json!({"result": []}))]);
    let answer = json!({"rows": {"results": "/results"}});
    assert!(upserting(write("array", answer)).write(rows(&["a", "b"])).unwrap().is_empty());
}

#[test]
fn a_refused_request_is_halved() {
    let failed = |reply: Reply| {
        let _vendor = Vendor::scripted([reply]);
        upserting(write("array", json!({"done_if": {"at": "/ok"}}))).write(rows(&["a", "b"])).unwrap_err()
    };
    for reply in [Reply::status(422), Reply::json(200, &json!({"ok": false}))] {
        let failure = failed(reply);
        assert!(matches!(failure.failure, Failure::Unattributed(_)));
        assert_eq!(failure.effect, Effect::None);
    }
    assert!(matches!(failed(Reply::status(401)).failure, Failure::Auth(_)));
    assert_eq!(failed(Reply::status(502)).effect, Effect::Unknown);
}

#[test]
fn a_path_that_needs_a_row_takes_no_batch() {
    let _vendor = Vendor::scripted([]);
    let failure = upserting(json!({"path": "/people/{email}", "body": "array"})).write(rows(&["a"])).unwrap_err();
    assert_eq!(failure.failure.detail().code, "path_needs_row");
}
