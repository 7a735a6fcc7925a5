//! The connector against a vendor that follows a script.
//!
//! Bodies are written after recorded answers where `testdata/README.md` says so, and after Braze's API reference elsewhere.

mod catalogs;
mod delete;
mod discovery;
mod failures;
mod lookup;
mod writes;

use offtake_sdk::testing::Call;
use offtake_sdk::{Failure, Outcome, OutcomeKind, RowResult};
use serde_json::{Value, json};

use crate::Braze;

fn braze() -> Call<Braze> {
    Call::new(json!({ "alias_label": "crm", "number_attributes": ["ltv"] }))
}

fn kinds(results: &[RowResult]) -> Vec<(u32, OutcomeKind)> {
    let kind = |result: &RowResult| match result.outcome {
        Outcome::Done(kind) => (result.row, kind),
        Outcome::Failed(_) => panic!("{result:?} is not done"),
    };
    results.iter().map(kind).collect()
}

fn rejection(result: &RowResult) -> (&str, &str, Option<&str>) {
    let Outcome::Failed(Failure::Rejected(detail)) = &result.outcome else { panic!("{result:?} is no rejection") };
    (&detail.code, &detail.message, detail.field.as_deref())
}

fn success(processed: u32) -> Value {
    json!({ "attributes_processed": processed, "message": "success" })
}
