//! Answers for rows that it was not given.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Outcome, OutcomeKind, Report, RowResult};

/// The guest.
#[derive(Debug)]
pub struct Forges;

impl Guest for Forges {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        // So that it is the answer alone that is wrong.
        cx.http().post("api", "/v1/things").auth("token").body("text/plain", "rows").send()?;
        let accepted = |row| RowResult { row, outcome: Outcome::Done(OutcomeKind::Accepted), remote_id: None };
        let mut results: Vec<RowResult> = batch.rows().iter().map(|row| accepted(row.index())).collect();
        match batch.object() {
            "twice" => results.push(accepted(0)),
            "all-twice" => results.extend(batch.rows().iter().map(|row| accepted(row.index()))),
            "far-out" => results.push(accepted(u32::MAX)),
            _ => results.push(accepted(u32::try_from(batch.len()).unwrap_or(u32::MAX))),
        }
        Ok(Report::from_results(results))
    }
}

offtake_sdk::export!(Base<Forges>);
