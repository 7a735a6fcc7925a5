//! The connector against a vendor that follows a script.
//!
//! Bodies are written after recorded answers where `testdata/README.md` says so, and after Salesforce's guides elsewhere.

mod bulk;
mod delete;
mod discovery;
mod failures;
mod lookup;
mod writes;

use offtake_sdk::testing::{Call, JobState, Rows};
use offtake_sdk::{CallFailure, Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::Salesforce;

fn salesforce() -> Call<Salesforce> {
    Call::new(json!({}))
}

fn done(row: u32, kind: OutcomeKind, id: &str) -> RowResult {
    RowResult { row, outcome: Outcome::Done(kind), remote_id: Some(id.to_owned()) }
}

/// Starts a batch that is written at once.
fn write(rows: Rows) -> Result<Vec<RowResult>, CallFailure> {
    match salesforce().start(rows)? {
        JobState::Done(results) => Ok(results),
        pending @ JobState::Pending { .. } => panic!("{pending:?}"),
    }
}

fn failure(result: &RowResult) -> &Failure {
    let Outcome::Failed(failure) = &result.outcome else { panic!("{result:?} is no failure") };
    failure
}

fn saved(id: &str) -> Value {
    json!({"id": id, "success": true, "errors": []})
}

/// A failed element has no `id`, as recorded.
fn refused(code: &str, message: &str, fields: &[&str]) -> Value {
    json!({"success": false, "errors": [{"statusCode": code, "message": message, "fields": fields}]})
}
