//! The connector against a vendor that follows a script.
//!
//! Bodies are written after recorded answers where `testdata/README.md` says so, and after HubSpot's API reference
//! elsewhere.

mod associations;
mod delete;
mod discovery;
mod failures;
mod lookup;
mod members;
mod writes;

use offtake_sdk::testing::Call;
use offtake_sdk::{Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::HubSpot;

fn hubspot() -> Call<HubSpot> {
    Call::new(json!({}))
}

fn done(row: u32, kind: OutcomeKind, id: &str) -> RowResult {
    RowResult { row, outcome: Outcome::Done(kind), remote_id: Some(id.to_owned()) }
}

fn rejection(result: &RowResult) -> (&str, &str, Option<&str>) {
    let Outcome::Failed(Failure::Rejected(detail)) = &result.outcome else { panic!("{result:?} is no rejection") };
    (&detail.code, &detail.message, detail.field.as_deref())
}

fn complete(results: Value) -> Value {
    json!({
        "status": "COMPLETE",
        "startedAt": "2026-11-22T10:00:00.000Z",
        "completedAt": "2026-11-22T10:00:00.100Z",
        "results": results,
    })
}

fn record(id: &str, properties: Value) -> Value {
    json!({
        "id": id,
        "properties": properties,
        "createdAt": "2026-11-22T10:00:00.000Z",
        "updatedAt": "2026-11-22T10:00:00.000Z",
        "archived": false,
    })
}

fn with(mut value: Value, key: &str, other: Value) -> Value {
    value[key] = other;
    value
}
