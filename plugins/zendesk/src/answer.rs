//! What Zendesk answers about jobs and records.

use serde::Deserialize;
use serde_json::Value;

/// The envelope of a job.
#[derive(Debug, Deserialize)]
pub(crate) struct JobEnvelope {
    pub(crate) job_status: JobStatus,
}

/// A job as it stands.
#[derive(Debug, Deserialize)]
pub(crate) struct JobStatus {
    pub(crate) id: String,
    /// `queued`, `working`, `completed`, `failed` or `killed`.
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) results: Option<Vec<JobResult>>,
}

/// What became of one record of a job: recorded in five shapes, whose members are all in [`Told`].
#[derive(Debug, Deserialize)]
#[serde(from = "Value")]
pub(crate) enum JobResult {
    Told(Box<Told>),
    /// Some deletions answer with a bare `"success"`.
    Word(String),
    /// Anything else, which says nothing.
    Other,
}

impl From<Value> for JobResult {
    fn from(value: Value) -> Self {
        match value {
            Value::String(word) => Self::Word(word),
            value => serde_json::from_value(value).map_or(Self::Other, |told| Self::Told(Box::new(told))),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    pub(crate) index: Option<usize>,
    #[serde(default)]
    pub(crate) id: Value,
    pub(crate) status: Option<String>,
    pub(crate) success: Option<bool>,
    pub(crate) error: Option<String>,
    /// Words, recorded as text.
    #[serde(default)]
    pub(crate) details: Value,
    #[serde(default)]
    pub(crate) errors: Value,
    #[serde(default)]
    pub(crate) email: Value,
    #[serde(default)]
    pub(crate) external_id: Value,
}
