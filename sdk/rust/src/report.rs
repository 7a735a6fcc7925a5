//! The answer to a write: at most one outcome a row, and silence where nobody knows.

use std::ops::ControlFlow;

use crate::batch::{Batch, Row};
use crate::bindings::offtake::destination::types::{
    CallFailure, Detail, Effect, Failure, Outcome, OutcomeKind, RowResult,
};
use crate::log;

/// Collects what became of each row.
///
/// The first answer to a row stands. A row that is never answered counts as unknown: the host sends it again with the
/// same idempotency key.
#[derive(Debug)]
pub struct Report {
    answers: Answers,
}

#[derive(Debug)]
enum Answers {
    ByRow(Vec<Option<RowResult>>),
    AsGiven(Vec<RowResult>),
}

impl Report {
    /// A report in which no row of the batch is answered yet.
    #[must_use]
    pub fn new(batch: &Batch) -> Self {
        Self { answers: Answers::ByRow(vec![None; batch.len()]) }
    }

    /// Asks `write_one` for each row in turn, for vendors that take one record a request.
    ///
    /// What `write_one` did to the record and the record's id are the row's outcome. A failure is settled as in
    /// [`Report::fail_one`].
    pub fn row_by_row(
        batch: &Batch,
        mut write_one: impl FnMut(&Row) -> Result<(OutcomeKind, Option<String>), CallFailure>,
    ) -> Self {
        let mut report = Self::new(batch);
        for row in batch {
            match write_one(row) {
                Ok((kind, remote_id)) => report.done(row, kind, remote_id),
                Err(failure) => {
                    if report.fail_one(row, failure).is_break() {
                        break;
                    }
                }
            }
        }
        report
    }

    /// Results taken as they are, for a connector that keeps its own books. The host checks them.
    #[must_use]
    pub fn from_results(results: Vec<RowResult>) -> Self {
        Self { answers: Answers::AsGiven(results) }
    }

    /// The vendor did it: `kind` says what, `remote_id` names the record where the vendor named it.
    pub fn done(&mut self, row: &Row, kind: OutcomeKind, remote_id: Option<String>) {
        self.answer(row, Outcome::Done(kind), remote_id);
    }

    /// The vendor created the record.
    pub fn created(&mut self, row: &Row, remote_id: impl Into<String>) {
        self.done(row, OutcomeKind::Created, Some(remote_id.into()));
    }

    /// The vendor changed the record.
    pub fn updated(&mut self, row: &Row, remote_id: impl Into<String>) {
        self.done(row, OutcomeKind::Updated, Some(remote_id.into()));
    }

    /// The record is gone, whether or not it was there.
    pub fn deleted(&mut self, row: &Row) {
        self.done(row, OutcomeKind::Deleted, None);
    }

    /// The vendor took the row and does not say what it did with it.
    pub fn accepted(&mut self, row: &Row) {
        self.done(row, OutcomeKind::Accepted, None);
    }

    /// This row can never succeed.
    pub fn rejected(&mut self, row: &Row, detail: Detail) {
        self.failed(row, Failure::Rejected(detail));
    }

    /// This row failed in the way that `failure` names.
    pub fn failed(&mut self, row: &Row, failure: Failure) {
        self.answer(row, Outcome::Failed(failure), None);
    }

    /// Answers for a row that had a request of its own, and says whether the next row is worth a request.
    ///
    /// What is the row's own fault is rejected and the others go on. Anything else would meet the next row as well:
    /// the call ends there, and rows without an answer go again. So does this row when its effect is unknown.
    pub fn fail_one(&mut self, row: &Row, failure: CallFailure) -> ControlFlow<()> {
        match (failure.failure, failure.effect) {
            (Failure::Rejected(detail) | Failure::Unattributed(detail), _) => {
                self.rejected(row, detail);
                ControlFlow::Continue(())
            }
            (failure, Effect::None) => {
                self.failed(row, failure);
                ControlFlow::Break(())
            }
            (failure, Effect::Unknown) => {
                log::warn(&format!("row {} has an unknown outcome: {}", row.index(), failure.detail().code));
                ControlFlow::Break(())
            }
        }
    }

    /// Rejects every row that has no answer yet.
    pub fn reject_rest(&mut self, batch: &Batch, detail: &Detail) {
        for row in batch {
            if !self.is_answered(row) {
                self.rejected(row, detail.clone());
            }
        }
    }

    /// Whether a row has its answer.
    #[must_use]
    pub fn is_answered(&self, row: &Row) -> bool {
        match &self.answers {
            Answers::ByRow(answers) => answers.get(row.index() as usize).is_some_and(Option::is_some),
            Answers::AsGiven(results) => results.iter().any(|result| result.row == row.index()),
        }
    }

    fn answer(&mut self, row: &Row, outcome: Outcome, remote_id: Option<String>) {
        let result = RowResult { row: row.index(), outcome, remote_id };
        match &mut self.answers {
            Answers::ByRow(answers) => match answers.get_mut(row.index() as usize) {
                Some(answer @ None) => *answer = Some(result),
                Some(Some(_)) => log::warn(&format!("row {} was answered twice; the first stands", row.index())),
                None => log::error(&format!("row {} is not of this batch", row.index())),
            },
            Answers::AsGiven(results) => results.push(result),
        }
    }

    /// The results as the host takes them.
    #[must_use]
    pub fn into_results(self) -> Vec<RowResult> {
        match self.answers {
            Answers::ByRow(answers) => answers.into_iter().flatten().collect(),
            Answers::AsGiven(results) => results,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Call, Reply, Rows, Vendor};
    use crate::{Account, Connector, Context, Field, Limits, NoConfig, ObjectPage, Operation};

    /// Sends one request a row and, for the object `whole`, lets the first failure end the call.
    struct Poster;

    impl Connector for Poster {
        type Config = NoConfig;

        fn check(_: &Context<NoConfig>) -> Result<Account, CallFailure> {
            Ok(Account::new())
        }

        fn objects(_: &Context<NoConfig>, _: Option<String>) -> Result<ObjectPage, CallFailure> {
            Ok(ObjectPage::default())
        }

        fn fields(_: &Context<NoConfig>, _: &str) -> Result<Vec<Field>, CallFailure> {
            Ok(Vec::new())
        }

        fn limits(_: &Context<NoConfig>, _: &str, _: Operation) -> Result<Limits, CallFailure> {
            Ok(Limits::rows(10))
        }

        fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
            let post = |row: &Row| cx.http().post("api", "/").json(row.fields()).send();
            if batch.object() == "whole" {
                for row in batch {
                    post(row)?;
                }
            }
            Ok(Report::row_by_row(batch, |row| Ok((OutcomeKind::Created, post(row)?.header("id").map(str::to_owned)))))
        }
    }

    fn rows(object: &str, count: u32) -> Rows {
        (0..count).fold(Rows::insert(object), |rows, n| rows.row(json!({"n": n})))
    }

    fn written(count: u32, replies: Vec<Reply>) -> Vec<RowResult> {
        let _vendor = Vendor::scripted(replies);
        Call::<Poster>::new(json!({})).write(rows("single", count)).unwrap()
    }

    #[test]
    fn a_row_at_fault_does_not_stop_the_others() {
        let results = written(3, vec![Reply::status(200), Reply::status(400), Reply::status(200).header("id", "7")]);
        assert!(matches!(results[1].outcome, Outcome::Failed(Failure::Rejected(_))));
        assert_eq!(results[2].outcome, Outcome::Done(OutcomeKind::Created));
        assert_eq!(results[2].remote_id.as_deref(), Some("7"));
    }

    #[test]
    fn a_failure_of_all_ends_the_call() {
        let results = written(3, vec![Reply::status(200), Reply::status(401)]);
        assert_eq!(results.len(), 2);
        assert!(matches!(results[1].outcome, Outcome::Failed(Failure::Auth(_))));
    }

    #[test]
    fn a_row_of_unknown_effect_is_left_out() {
        let results = written(3, vec![Reply::status(200), Reply::status(502)]);
        assert_eq!(results.iter().map(|result| result.row).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn what_was_written_before_makes_the_effect_unknown() {
        let _vendor = Vendor::scripted([Reply::status(200), Reply::status(429)]);
        let failure = Call::<Poster>::new(json!({})).write(rows("whole", 2)).unwrap_err();
        assert_eq!(failure.effect, Effect::Unknown);
        assert!(matches!(failure.failure, Failure::RateLimited(_)));
    }

    #[test]
    fn a_refusal_of_one_row_is_that_rows_and_of_several_is_nobodys() {
        let refused = |count| {
            let _vendor = Vendor::scripted([Reply::status(400)]);
            Call::<Poster>::new(json!({})).write(rows("whole", count))
        };
        let results = refused(1).unwrap();
        assert!(matches!(results[0].outcome, Outcome::Failed(Failure::Rejected(_))));
        let failure = refused(2).unwrap_err();
        assert_eq!(failure.effect, Effect::None);
        assert!(matches!(failure.failure, Failure::Unattributed(_)));
    }
}
