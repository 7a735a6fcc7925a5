//! The connector against a vendor that follows a script.
//!
//! Bodies are written after recorded answers where `testdata/README.md` says so, and after Marketo's documentation elsewhere.

mod discovery;
mod failures;
mod import;
mod members;
mod writes;

use offtake_sdk::testing::{Call, JobState, Reply, Rows};
use offtake_sdk::{CallFailure, Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::Marketo;

fn marketo() -> Call<Marketo> {
    Call::new(json!({}))
}

fn done(row: u32, kind: OutcomeKind, id: &str) -> RowResult {
    RowResult { row, outcome: Outcome::Done(kind), remote_id: Some(id.to_owned()) }
}

/// Starts a batch that is written at once.
fn write(rows: Rows) -> Result<Vec<RowResult>, CallFailure> {
    match marketo().start(rows)? {
        JobState::Done(results) => Ok(results),
        pending @ JobState::Pending { .. } => panic!("{pending:?}"),
    }
}

fn failure(result: &RowResult) -> &Failure {
    let Outcome::Failed(failure) = &result.outcome else { panic!("{result:?} is no failure") };
    failure
}

fn success(result: Value) -> Reply {
    Reply::json(200, &json!({"requestId": "262e#17d4f046342", "result": result, "success": true}))
}

/// Refusals come with status 200.
fn refusal(code: &str, message: &str) -> Reply {
    let errors = json!([{"code": code, "message": message}]);
    Reply::json(200, &json!({"requestId": "262e#17d4f046342", "success": false, "errors": errors}))
}

fn skipped(code: &str, message: &str) -> Value {
    json!({"status": "skipped", "reasons": [{"code": code, "message": message}]})
}
