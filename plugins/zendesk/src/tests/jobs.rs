//! Jobs: asked for in growing steps, killed, forgotten, and failing to answer.

use offtake_sdk::Effect;
use offtake_sdk::http::TransportError;

use super::*;

fn pending(state: JobState) -> (String, u32) {
    let JobState::Pending { job, poll_after_ms } = state else { panic!("{state:?} is not pending") };
    (job, poll_after_ms)
}

#[test]
fn a_job_is_asked_for_in_growing_steps() {
    let queued = Reply::json(200, &job("queued", Value::Null));
    let working = (0..8).map(|_| Reply::json(200, &job("working", Value::Null)));
    let _vendor = Vendor::scripted([queued].into_iter().chain(working));
    let (mut job, mut waits) = (String::new(), Vec::new());
    for turn in 0..9 {
        let state = if turn == 0 { zendesk().start(people(2)) } else { zendesk().poll(people(2), &job) };
        let (next, wait) = pending(state.unwrap());
        job = next;
        waits.push(wait);
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000]);
}

#[test]
fn the_rows_of_a_job_that_is_killed_or_says_nothing_stay_unknown() {
    for (status, results) in
        [("killed", Value::Null), ("failed", Value::Null), ("completed", json!([])), ("failed", json!([]))]
    {
        let (results, _) = written(&people(2), vec![], status, results);
        assert_eq!(results, [], "{status}");
    }
}

#[test]
fn the_rows_of_a_job_that_is_forgotten_stay_unknown() {
    let gone = json!({ "error": "RecordNotFound", "description": "Not found" });
    let _vendor = Vendor::scripted([Reply::json(200, &job("queued", Value::Null)), Reply::json(404, &gone)]);
    let rows = people(2).row(json!({ "name": "without an address" }));
    let (job, _) = pending(zendesk().start(rows.clone()).unwrap());
    let JobState::Done(results) = zendesk().poll(rows, &job).unwrap() else { panic!() };
    assert_eq!(results.len(), 1, "what was clear before stays clear");
    assert_eq!(rejection(&results[0]).0, "match_value_missing");
}

#[test]
fn a_poll_that_fails_says_nothing_of_the_rows() {
    type Is = fn(&Failure) -> bool;
    let cases: [(Reply, Is); 6] = [
        (Reply::status(500), |failure| matches!(failure, Failure::Transient(_))),
        (Reply::failing(TransportError::Timeout), |failure| matches!(failure, Failure::Transient(_))),
        (
            Reply::status(429).header("Retry-After", "7"),
            |failure| matches!(failure, Failure::RateLimited(throttle) if throttle.retry_after_ms == Some(7_000)),
        ),
        (Reply::status(401), |failure| matches!(failure, Failure::Auth(_))),
        (Reply::text(200, "<html>"), |failure| matches!(failure, Failure::Fatal(_))),
        (Reply::status(400), |failure| matches!(failure, Failure::Fatal(_))),
    ];
    for (reply, is) in cases {
        let _vendor = Vendor::scripted([Reply::json(200, &job("queued", Value::Null)), reply]);
        let (job, _) = pending(zendesk().start(people(2)).unwrap());
        let failure = zendesk().poll(people(2), &job).unwrap_err();
        assert!(is(&failure.failure), "{failure:?}");
        assert_eq!(failure.effect, Effect::Unknown);
    }
}

#[test]
fn deletions_may_be_told_by_a_word() {
    let rows = Rows::delete("users", "id").row(json!({ "id": 7 })).row(json!({ "id": 8 }));
    let (results, _) = written(&rows, vec![], "completed", json!(["success", "success"]));
    assert_eq!(results, [done(0, OutcomeKind::Deleted, "7"), done(1, OutcomeKind::Deleted, "8")]);
}

#[test]
fn a_result_that_says_nothing_of_success_settles_nothing() {
    let results = json!([{}, { "id": 2, "status": "Queued" }, { "id": 3 }, { "id": 4, "status": "Created" }]);
    let (results, _) = written(&people(4), vec![], "completed", results);
    assert_eq!(results, [done(2, OutcomeKind::Accepted, "3"), done(3, OutcomeKind::Created, "4")]);
}

#[test]
fn the_second_row_of_a_record_waits_for_the_next_job() {
    let rows = Rows::upsert("users", "email")
        .row(json!({ "email": "ada@example.com", "name": "Ada" }))
        .row(json!({ "email": "ADA@example.com", "name": "Ada" }));
    let (results, requests) = written(&rows, vec![], "completed", json!([{ "id": 1, "status": "Created" }]));
    assert_eq!(results, [done(0, OutcomeKind::Created, "1")]);
    assert_eq!(requests[0].json()["users"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_host_without_jobs_is_told_so() {
    let _vendor = Vendor::scripted([]);
    let failure = zendesk().write(people(1)).unwrap_err();
    assert_eq!(failure.failure.detail().code, "needs_jobs");
}
