//! Says that rows are done and sends nothing.

use guest_base::{Base, Guest};
use offtake_sdk::{
    Batch, CallFailure, Context, Detail, Failure, NoConfig, Outcome, OutcomeKind, Report, Row, RowResult,
};

/// The guest.
#[derive(Debug)]
pub struct Lies;

impl Guest for Lies {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let done = |row: &Row| RowResult {
            row: row.index(),
            outcome: match (batch.object(), row.index()) {
                // What a connector sees in the row needs no vendor.
                ("refusals", _) | ("one-refusal", 0) => {
                    Outcome::Failed(Failure::Rejected(Detail::new("no_email", "the row has no e-mail")))
                }
                ("unchanged", _) => Outcome::Done(OutcomeKind::Unchanged),
                _ => Outcome::Done(OutcomeKind::Created),
            },
            remote_id: Some("1".to_owned()),
        };
        if batch.object() == "unanswered" {
            drop(cx.http().get("nowhere", "/v1/things").send());
        }
        Ok(Report::from_results(batch.rows().iter().map(done).collect()))
    }
}

offtake_sdk::export!(Base<Lies>);
