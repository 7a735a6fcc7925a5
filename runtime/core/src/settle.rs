//! Settle: one verdict for every row of a batch, whatever the connector answered.

use crate::destination::{CallFailure, Detail, Effect, Failure, OutcomeKind, RowResult};

/// What is to be done about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledged.
    Delivered {
        /// What the destination did.
        kind: OutcomeKind,
        /// Its id of the record.
        remote_id: Option<String>,
    },
    /// Refused for good.
    Rejected(Failure),
    /// To be sent again, alone or in a smaller batch.
    Again(Failure),
    /// The destination may or may not have it: to be sent again with the same idempotency key.
    Unknown(Failure),
    /// Nothing more can be sent in this run.
    Stop(Failure),
}

/// What is to be done about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// One verdict a row, in their order.
    Rows(Vec<Verdict>),
    /// Halve it and send both.
    Halve(Failure),
    /// Send all of it again after the wait that the failure asks for.
    Again(Failure),
    /// End the run; the rows stay pending.
    Stop(Failure),
}

/// Settles a batch of `rows` rows by the connector's answer.
pub fn settle(rows: usize, answer: Result<Vec<RowResult>, CallFailure>) -> Settlement {
    match answer {
        Ok(results) => match by_row(rows, results) {
            Ok(verdicts) => Settlement::Rows(verdicts),
            Err(breach) => Settlement::Stop(breach),
        },
        Err(CallFailure { failure, effect }) => whole(rows, failure, effect),
    }
}

/// A row that the connector did not mention is unknown. One mentioned twice, or that was never sent,
/// means that nothing else it said can be relied on.
fn by_row(rows: usize, results: Vec<RowResult>) -> Result<Vec<Verdict>, Failure> {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; rows];
    for result in results {
        let breach = |what: &str| {
            Failure::Fatal(Detail {
                code: "row_accounting".to_owned(),
                message: format!("the connector {what} row {} of a batch of {rows}", result.row),
                ..Detail::default()
            })
        };
        let slot = usize::try_from(result.row).ok().and_then(|row| verdicts.get_mut(row));
        match slot {
            None => return Err(breach("answered for")),
            Some(Some(_)) => return Err(breach("answered twice for")),
            Some(slot) => *slot = Some(verdict(result)),
        }
    }
    let silent = || {
        Verdict::Unknown(Failure::Transient(Detail {
            code: "no_answer".to_owned(),
            message: "the connector did not say what became of the row".to_owned(),
            ..Detail::default()
        }))
    };
    Ok(verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(silent)).collect())
}

fn verdict(result: RowResult) -> Verdict {
    match result.outcome {
        Ok(kind) => Verdict::Delivered { kind, remote_id: result.remote_id },
        Err(failure @ (Failure::Rejected(_) | Failure::Unattributed(_) | Failure::TooLarge(_))) => {
            Verdict::Rejected(failure)
        }
        Err(failure @ (Failure::Transient(_) | Failure::RateLimited { .. })) => Verdict::Again(failure),
        Err(failure) => Verdict::Stop(failure),
    }
}

fn whole(rows: usize, failure: Failure, effect: Effect) -> Settlement {
    match failure {
        // A connector that breaks on a batch may break on one row of it.
        Failure::Rejected(_) | Failure::Unattributed(_) | Failure::TooLarge(_) | Failure::Fatal(_) if rows > 1 => {
            Settlement::Halve(failure)
        }
        Failure::Rejected(_) | Failure::Unattributed(_) | Failure::TooLarge(_) | Failure::Fatal(_) => {
            Settlement::Rows(vec![Verdict::Rejected(failure); rows])
        }
        Failure::RateLimited { .. } => Settlement::Again(failure),
        Failure::Transient(_) if effect == Effect::Unknown => Settlement::Rows(vec![Verdict::Unknown(failure); rows]),
        Failure::Transient(_) => Settlement::Again(failure),
        _ => Settlement::Stop(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(row: u32) -> RowResult {
        RowResult { row, outcome: Ok(OutcomeKind::Updated), remote_id: None }
    }

    fn failed(failure: Failure, effect: Effect) -> Result<Vec<RowResult>, CallFailure> {
        Err(CallFailure { failure, effect })
    }

    #[test]
    fn a_row_without_an_answer_is_unknown() {
        let Settlement::Rows(verdicts) = settle(3, Ok(vec![done(2), done(0)])) else {
            panic!("settled by row");
        };
        assert!(matches!(
            verdicts.as_slice(),
            [Verdict::Delivered { .. }, Verdict::Unknown(_), Verdict::Delivered { .. }]
        ));
    }

    #[test]
    fn an_answer_for_no_row_or_twice_stops_the_run() {
        for results in [vec![done(3)], vec![done(u32::MAX)], vec![done(1), done(1)]] {
            assert!(matches!(settle(3, Ok(results)), Settlement::Stop(Failure::Fatal(_))));
        }
    }

    #[test]
    fn a_refused_batch_is_halved_until_one_row_is_left() {
        let refusal = || failed(Failure::Unattributed(Detail::default()), Effect::None);
        assert!(matches!(settle(2, refusal()), Settlement::Halve(_)));
        let Settlement::Rows(verdicts) = settle(1, refusal()) else {
            panic!("settled by row");
        };
        assert!(matches!(verdicts.as_slice(), [Verdict::Rejected(_)]));
    }

    #[test]
    fn each_class_of_failure_has_its_own_settlement() {
        let detail = Detail::default;
        let limited = Failure::RateLimited { retry_after: None, scope: None, detail: detail() };
        assert!(matches!(settle(2, failed(limited, Effect::None)), Settlement::Again(_)));
        assert!(matches!(settle(2, failed(Failure::Transient(detail()), Effect::None)), Settlement::Again(_)));
        let Settlement::Rows(verdicts) = settle(2, failed(Failure::Transient(detail()), Effect::Unknown)) else {
            panic!("settled by row");
        };
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Unknown(_))));
        for stop in [Failure::Auth(detail()), Failure::Forbidden(detail()), Failure::SchemaChanged(detail())] {
            assert!(matches!(settle(2, failed(stop, Effect::None)), Settlement::Stop(_)));
        }
        assert!(matches!(settle(2, failed(Failure::Fatal(detail()), Effect::Unknown)), Settlement::Halve(_)));
    }
}
