//! The connector against an API that follows a script.

mod batches;
mod rows;
mod schema;

use offtake_sdk::testing::Call;
use offtake_sdk::{Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::Webhook;

/// A connection whose object `people` takes an upsert so.
fn upserting(write: Value) -> Call<Webhook> {
    configured("upsert", write)
}

fn configured(operation: &str, write: Value) -> Call<Webhook> {
    Call::new(json!({
        "auth": "bearer", "headers": {"X-Tenant": "acme"},
        "answer": {"message": "/error/message", "code": "/error/code", "field": "/error/field", "id": "/id"},
        "objects": {"people": {"match": ["email"], "operations": {(operation): write}}},
    }))
}

fn done(row: u32, kind: OutcomeKind, id: Option<&str>) -> RowResult {
    RowResult { row, outcome: Outcome::Done(kind), remote_id: id.map(str::to_owned) }
}

fn rejection(result: &RowResult) -> (&str, &str, Option<&str>) {
    let Outcome::Failed(Failure::Rejected(detail)) = &result.outcome else { panic!("{result:?} is no rejection") };
    (&detail.code, &detail.message, detail.field.as_deref())
}
