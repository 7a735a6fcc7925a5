//! The connector against a vendor that follows a script.
//!
//! Bodies are written after recorded answers where `testdata/README.md` says so, and after Zendesk's API reference
//! elsewhere.

mod delete;
mod discovery;
mod failures;
mod jobs;
mod lookup;
mod single;
mod writes;

use offtake_sdk::testing::{Call, JobState, Reply, Request, Rows, Vendor};
use offtake_sdk::{Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::Zendesk;

fn zendesk() -> Call<Zendesk> {
    Call::new(json!({ "plan": "enterprise" }))
}

fn done(row: u32, kind: OutcomeKind, id: &str) -> RowResult {
    RowResult { row, outcome: Outcome::Done(kind), remote_id: Some(id.to_owned()) }
}

fn rejection(result: &RowResult) -> (&str, &str, Option<&str>) {
    let Outcome::Failed(Failure::Rejected(detail)) = &result.outcome else { panic!("{result:?} is no rejection") };
    (&detail.code, &detail.message, detail.field.as_deref())
}

/// A job as recorded.
fn job(status: &str, results: Value) -> Value {
    let total = results.as_array().map_or(2, Vec::len);
    json!({ "job_status": {
        "id": "V3-f9c311ff38d810c0878af1eeba942661",
        "url": "https://example.zendesk.com/api/v2/job_statuses/V3-f9c311ff38d810c0878af1eeba942661.json",
        "total": total, "progress": if status == "queued" { json!(null) } else { json!(total) },
        "status": status, "message": if status == "queued" { json!(null) } else { json!("Completed at 2026-11-22 10:00:00 +0000") },
        "results": results,
    } })
}

/// Writes the rows by a job that ends with these results, after the replies that come before the job is queued.
fn written(rows: &Rows, before: Vec<Reply>, status: &str, results: Value) -> (Vec<RowResult>, Vec<Request>) {
    let queued = [Reply::json(200, &job("queued", Value::Null)), Reply::json(200, &job(status, results))];
    let vendor = Vendor::scripted(before.into_iter().chain(queued));
    let JobState::Pending { job, .. } = zendesk().start(rows.clone()).unwrap() else { panic!("nothing is pending") };
    let JobState::Done(results) = zendesk().poll(rows.clone(), &job).unwrap() else { panic!("the job has not ended") };
    (results, vendor.requests())
}

fn people(count: u32) -> Rows {
    (0..count).fold(Rows::upsert("users", "email"), |rows, n| {
        rows.row(json!({ "email": format!("p{n}@example.com"), "name": format!("P{n}") }))
    })
}
