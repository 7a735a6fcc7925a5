//! Jobs: queued, working, and then completed, failed or killed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::ask::{Answer, Reply};
use super::desk::Desk;
use super::refusal::Refusal;
use super::work::{Outcome, Work};
use crate::{clock, ident};

pub(super) struct Job {
    pub(super) id: String,
    total: usize,
    begun: Instant,
    takes: Duration,
    /// What it does, for its message.
    verb: String,
    state: State,
}

enum State {
    Open(Work),
    Ended { status: &'static str, message: Value, results: Value, progress: usize, at: Instant },
}

impl Job {
    /// Queues work, unless too many jobs are open.
    pub(super) fn queue(desk: &mut Desk, work: Work, origin: &str, now: Instant) -> Answer {
        let open = desk.jobs.iter().filter(|job| matches!(job.state, State::Open(_))).count();
        if u32::try_from(open).unwrap_or(u32::MAX) >= desk.open_jobs_max {
            return Err(Refusal::too_many_jobs());
        }
        let id = format!("V3-{}", ident::uuid().replace('-', ""));
        let (total, verb) = (work.len(), work.verb());
        let job = Self { id, total, begun: now, takes: desk.job_takes, verb, state: State::Open(work) };
        let shown = json!({ "job_status": job.show(origin, now) });
        desk.jobs.push(job);
        Ok(Reply::ok(shown))
    }

    /// The work, when its time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<Work> {
        if !matches!(self.state, State::Open(_)) || now.duration_since(self.begun) < self.takes {
            return None;
        }
        let ended = State::Ended { status: "failed", message: Value::Null, results: Value::Null, progress: 0, at: now };
        match std::mem::replace(&mut self.state, ended) {
            State::Open(work) => Some(work),
            State::Ended { .. } => None,
        }
    }

    pub(super) fn finish(&mut self, outcome: Outcome, now: Instant) {
        let at = clock::now().strftime("%Y-%m-%d %H:%M:%S +0000");
        // A public report: when every record fails, so does the job, and its progress is none.
        let (status, message, progress) = match outcome.good {
            0 if self.total > 0 => ("failed", format!("Failed at {at}"), 0),
            _ => ("completed", format!("Completed at {at}"), self.total),
        };
        let results = Value::Array(outcome.results);
        self.state = State::Ended { status, message: json!(message), results, progress, at: now };
    }

    pub(super) fn kill(&mut self) {
        if matches!(self.state, State::Open(_)) {
            let message = json!("Job was killed");
            let at = Instant::now();
            self.state = State::Ended { status: "killed", message, results: Value::Null, progress: 0, at };
        }
    }

    pub(super) fn is_older_than(&self, kept: Duration, now: Instant) -> bool {
        matches!(self.state, State::Ended { at, .. } if now.duration_since(at) >= kept)
    }

    /// As recorded: neither progress nor message while it is queued, a message about the record at hand while it works.
    pub(super) fn show(&self, origin: &str, now: Instant) -> Value {
        let (status, progress, message, results) = match &self.state {
            State::Open(_) if now.duration_since(self.begun) * 2 < self.takes => {
                ("queued", Value::Null, Value::Null, &Value::Null)
            }
            State::Open(_) => {
                let half = self.total / 2;
                ("working", json!(half), json!(format!("{} #{half}", self.verb)), &Value::Null)
            }
            State::Ended { status, message, results, progress, .. } => {
                (*status, json!(progress), message.clone(), results)
            }
        };
        json!({
            "id": self.id,
            "url": format!("{origin}/api/v2/job_statuses/{}.json", self.id),
            "total": self.total,
            "progress": progress,
            "status": status,
            "message": message,
            "results": results,
        })
    }
}
