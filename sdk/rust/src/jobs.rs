//! Work that the vendor takes now and finishes later.

use crate::batch::Batch;
use crate::bindings::jobs as wit;
use crate::bindings::offtake::destination::types::{CallFailure, Failure};
use crate::connector::Connector;
use crate::context::Context;
use crate::report::Report;

/// What a write has come to.
#[derive(Debug)]
pub enum Progress {
    /// Every row is answered for, or nobody will ever know.
    Done(Report),
    /// The vendor still works on it.
    Pending {
        /// Whatever the connector needs to go on: it comes back in the next poll. At most 64 KiB.
        job: String,
        /// When it is worth asking again, in milliseconds. The host waits between a tenth of a second and a minute.
        poll_after_ms: u32,
    },
}

/// A destination whose vendor works asynchronously. It is exported by `export!(Connector, jobs)`, and the host then calls these
/// two and never [`Connector::write`].
pub trait Jobs: Connector {
    /// Begins to write the rows.
    ///
    /// # Errors
    /// As [`Connector::write`].
    fn start(cx: &Context<Self::Config>, batch: &Batch) -> Result<Progress, CallFailure>;

    /// Asks how far the rows are, and takes the next step where there is one. `batch` is the one that was started, `job` the text
    /// of the last [`Progress::Pending`].
    ///
    /// # Errors
    /// What stood in the way. After one that waiting may mend (transient, rate-limited) the host polls again with the same
    /// `job`; after any other it takes the outcome of all rows for unknown.
    fn poll(cx: &Context<Self::Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure>;
}

impl Progress {
    pub(crate) fn into_wit(self) -> wit::Progress {
        match self {
            Self::Done(report) => wit::Progress::Done(report.into_results()),
            Self::Pending { job, poll_after_ms } => wit::Progress::Pending(wit::Pending { job, poll_after_ms }),
        }
    }
}

/// A refusal of the question is none of the rows: the vendor has them already.
pub(crate) fn about_the_job(failure: CallFailure) -> CallFailure {
    match failure.failure {
        Failure::Unattributed(detail) | Failure::Rejected(detail) | Failure::TooLarge(detail) => {
            Failure::Fatal(detail).with_unknown_effect()
        }
        failure => failure.with_unknown_effect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Call, JobState, Reply, Rows, Vendor};
    use crate::{Account, Effect, Field, Limits, NoConfig, ObjectPage, Operation, Outcome};

    /// Hands its rows over by one request and asks by others.
    struct Queue;

    impl Connector for Queue {
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

        fn write(_: &Context<NoConfig>, _: &Batch) -> Result<Report, CallFailure> {
            Err(CallFailure::misconfigured("needs_jobs", "this host does not wait for jobs"))
        }
    }

    impl Jobs for Queue {
        fn start(cx: &Context<NoConfig>, batch: &Batch) -> Result<Progress, CallFailure> {
            let answer = cx.http().post("api", "/jobs").json(&batch.len()).send()?;
            cx.http().post("api", "/close").send()?;
            Ok(Progress::Pending { job: answer.json::<u32>()?.to_string(), poll_after_ms: 250 })
        }

        fn poll(cx: &Context<NoConfig>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
            let path = format!("/jobs/{job}");
            match cx.http().get("api", path).send()?.json::<Option<String>>()? {
                None => Ok(Progress::Pending { job: job.to_owned(), poll_after_ms: 500 }),
                Some(id) => {
                    let mut report = Report::new(batch);
                    batch.into_iter().for_each(|row| report.created(row, id.clone()));
                    Ok(Progress::Done(report))
                }
            }
        }
    }

    fn rows(count: u32) -> Rows {
        (0..count).fold(Rows::insert("people"), |rows, n| rows.row(json!({"n": n})))
    }

    #[test]
    fn a_job_is_asked_for_until_it_is_done() {
        let replies = [json!(7), json!(null), json!(null), json!("r")].map(|body| Reply::json(200, &body));
        let vendor = Vendor::scripted(replies);
        let call = Call::<Queue>::new(json!({}));
        let started = call.start(rows(2)).unwrap();
        assert_eq!(started, JobState::Pending { job: "7".to_owned(), poll_after_ms: 250 });
        let JobState::Pending { job, .. } = call.poll(rows(2), "7").unwrap() else { panic!() };
        let JobState::Done(results) = call.poll(rows(2), &job).unwrap() else { panic!() };
        assert_eq!(results.len(), 2);
        assert!(matches!(&results[1].outcome, Outcome::Done(_)) && results[1].remote_id.as_deref() == Some("r"));
        assert_eq!(vendor.requests()[3].path(), "/jobs/7");
    }

    #[test]
    fn a_start_that_failed_after_a_request_has_an_unknown_effect() {
        for (replies, effect) in [
            (vec![Reply::status(429)], Effect::None),
            (vec![Reply::json(200, &7), Reply::status(429)], Effect::Unknown),
        ] {
            let _vendor = Vendor::scripted(replies);
            assert_eq!(Call::<Queue>::new(json!({})).start(rows(2)).unwrap_err().effect, effect);
        }
    }

    #[test]
    fn what_refuses_the_question_says_nothing_of_the_rows() {
        type Is = fn(&Failure) -> bool;
        let cases: [(u16, Is); 3] = [
            (400, |failure| matches!(failure, Failure::Fatal(_))),
            (429, |failure| matches!(failure, Failure::RateLimited(_))),
            (503, |failure| matches!(failure, Failure::Transient(_))),
        ];
        for (status, is) in cases {
            let _vendor = Vendor::scripted([Reply::status(status)]);
            let failed = Call::<Queue>::new(json!({})).poll(rows(1), "7").unwrap_err();
            assert!(is(&failed.failure), "{status}: {failed:?}");
            assert_eq!(failed.effect, Effect::Unknown, "{status}");
        }
    }
}
