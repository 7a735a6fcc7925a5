//! Answers with more than anybody wants.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Outcome, OutcomeKind, Report, RowResult};

const RESULTS: u32 = 1_000_000;
const DETAIL_BYTES: usize = 64 * 1024 * 1024;

/// The guest.
#[derive(Debug)]
pub struct HugeResult;

impl Guest for HugeResult {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        if batch.object() == "results" {
            let accepted = |row| RowResult { row, outcome: Outcome::Done(OutcomeKind::Accepted), remote_id: None };
            return Ok(Report::from_results((0..RESULTS).map(accepted).collect()));
        }
        let mut report = Report::new(batch);
        if let Some(row) = batch.rows().first() {
            report.rejected(row, Detail::new("huge", "x".repeat(DETAIL_BYTES)));
        }
        Ok(report)
    }
}

offtake_sdk::export!(Base<HugeResult>);
