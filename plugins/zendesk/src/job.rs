//! A job while it is waited for.

use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Progress, Report, Row, log};
use serde::{Deserialize, Serialize};

use crate::answer::JobEnvelope;
use crate::config::Config;
use crate::{client, outcome};

/// The first wait for a job; it doubles with each poll.
const FIRST_WAIT_MS: u32 = 500;
const WAIT_MS_MAX: u32 = 10_000;

/// What a poll needs to know of a job: the id, and which row stands at which place of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    polls: u32,
    /// The rows in the order of the request, with Zendesk's id where the record was named by it.
    pub(crate) sent: Vec<(u32, Option<String>)>,
    settled: Settled,
}

/// What was clear before anything was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    rejected: Vec<Rejected>,
    /// Rows to delete whose records are not there.
    gone: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rejected {
    row: u32,
    code: String,
    message: String,
    field: Option<String>,
}

impl Settled {
    pub(crate) fn reject(&mut self, row: &Row, detail: Detail) {
        let Detail { code, message, field, .. } = detail;
        self.rejected.push(Rejected { row: row.index(), code, message, field });
    }

    pub(crate) fn gone(&mut self, row: &Row) {
        self.gone.push(row.index());
    }

    /// A report that says so, and nothing of the other rows.
    pub(crate) fn report(&self, batch: &Batch) -> Report {
        let mut report = Report::new(batch);
        for row in batch {
            if let Some(rejected) = self.rejected.iter().find(|rejected| rejected.row == row.index()) {
                let Rejected { code, message, field, .. } = rejected.clone();
                report.rejected(row, Detail { code, message, http_status: None, field });
            }
            if self.gone.contains(&row.index()) {
                report.deleted(row);
            }
        }
        report
    }
}

impl Job {
    pub(crate) fn new(id: String, sent: Vec<(u32, Option<String>)>, settled: Settled) -> Self {
        Self { id, polls: 0, sent, settled }
    }

    pub(crate) fn pending(&self) -> Result<Progress, CallFailure> {
        let doubled = FIRST_WAIT_MS.saturating_mul(1 << self.polls.min(8));
        let job = serde_json::to_string(self).map_err(|error| unknown("job_unwritable", error.to_string()))?;
        Ok(Progress::Pending { job, poll_after_ms: doubled.min(WAIT_MS_MAX) })
    }
}

/// Asks how far a job is, and settles its rows when it has ended.
pub(crate) fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
    let mut job: Job = serde_json::from_str(job).map_err(|error| unknown("job_unreadable", error.to_string()))?;
    let path = format!("job_statuses/{}", offtake_sdk::http::encode(&job.id));
    let answer = match client::request(cx, "GET", &path).send() {
        Ok(answer) => answer.json::<JobEnvelope>()?.job_status,
        // Zendesk forgets jobs after an hour. What became of the rows nobody can say any more.
        Err(CallFailure { failure: Failure::SchemaChanged(_), .. }) => {
            log::warn("Zendesk knows nothing of the job any more: its rows stay unknown");
            return Ok(Progress::Done(job.settled.report(batch)));
        }
        Err(failure) => return Err(failure),
    };
    match answer.status.as_str() {
        "completed" | "failed" | "killed" => {
            let mut report = job.settled.report(batch);
            outcome::settle(batch, &job, &answer, &mut report);
            Ok(Progress::Done(report))
        }
        _ => {
            job.polls = job.polls.saturating_add(1);
            job.pending()
        }
    }
}

fn unknown(code: &str, message: String) -> CallFailure {
    Failure::Fatal(Detail::new(code, message)).with_unknown_effect()
}
