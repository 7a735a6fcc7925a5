//! How far a job is: as Salesforce says, and as the host keeps it between polls.

use offtake_sdk::{CallFailure, Context, Failure, Progress};
use serde::{Deserialize, Serialize};

use crate::client;
use crate::config::Config;

/// The first wait for a job; each one after it is longer by half.
const WAIT_MIN_MS: u32 = 1_000;

const WAIT_MAX_MS: u32 = 30_000;

/// After so many polls the wait is the longest one.
const WAIT_STEPS_MAX: u32 = 9;

/// What the host keeps of a job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) step: Step,
    /// How often it was asked for in this step.
    pub(crate) asked: u32,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    Upload,
    Close,
    Wait,
}

/// What Salesforce says of a job: Bulk API 2.0, "Get Information About an Ingest Job".
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    pub(crate) id: String,
    pub(crate) state: State,
    #[serde(default)]
    pub(crate) error_message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum State {
    Open,
    UploadComplete,
    InProgress,
    Aborted,
    JobComplete,
    Failed,
}

impl State {
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Aborted | Self::JobComplete | Self::Failed)
    }
}

impl Job {
    /// # Errors
    /// Fatal, where the text is none of this connector's.
    pub(crate) fn read(text: &str) -> Result<Self, CallFailure> {
        serde_json::from_str(text).map_err(|_| CallFailure::unreadable("the job is not one of this connector"))
    }

    pub(crate) fn next(self, step: Step) -> Self {
        let asked = if self.step == step { self.asked.saturating_add(1) } else { 0 };
        Self { step, asked, ..self }
    }

    pub(crate) fn pending(&self, poll_after_ms: u32) -> Progress {
        Progress::Pending { job: serde_json::json!(self).to_string(), poll_after_ms }
    }

    /// Pending, with a wait that grows.
    pub(crate) fn wait(&self) -> Progress {
        let grown = (0..self.asked.min(WAIT_STEPS_MAX)).fold(WAIT_MIN_MS, |wait, _| wait + wait / 2);
        self.pending(grown.min(WAIT_MAX_MS))
    }
}

/// Asks for a job.
///
/// # Errors
/// What stood in the way. A job that is not there any more leaves its rows unknown.
pub(crate) fn info(cx: &Context<Config>, job: &Job) -> Result<Info, CallFailure> {
    client::job(cx, "GET", &job.id, "").send().map_err(of_the_job)?.json()
}

pub(crate) fn of_the_job(failure: CallFailure) -> CallFailure {
    match failure.failure {
        Failure::Unattributed(detail) => Failure::Fatal(detail).with_unknown_effect(),
        kind => kind.with_unknown_effect(),
    }
}
