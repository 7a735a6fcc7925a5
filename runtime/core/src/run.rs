//! What is kept of a run, and of a row that was refused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::counts::Counts;
use crate::guard::Objection;

/// Names a run: a ULID, so that runs sort by their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u128);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ulid(self.0).fmt(f)
    }
}

impl FromStr for RunId {
    type Err = ulid::DecodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_str(text).map(|ulid| Self(ulid.0))
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every row is delivered.
    Completed,
    /// Every row is delivered or on the reject list.
    CompletedWithRejects,
    /// Rows are pending; the next run sends them.
    Incomplete,
    /// It stopped on an error; rows may be pending.
    Failed,
    /// A guard holds it back until a person approves its plan; nothing was sent.
    NeedsApproval,
    /// The destination refuses the credential; nothing is tried until a person runs it again.
    Paused,
    /// It was told to stop; rows are pending.
    Interrupted,
}

impl Status {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CompletedWithRejects => "completed with rejects",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::NeedsApproval => "needs approval",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One run, schema `offtake.run/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// ULID.
    pub id: String,
    /// The sync.
    pub sync: String,
    /// Unix milliseconds.
    pub started_ms: u64,
    /// Unix milliseconds.
    pub finished_ms: u64,
    /// How it ended.
    pub status: Status,
    /// Rows by what became of them.
    pub counts: Counts,
    /// HTTP requests, discovery included.
    pub requests: u64,
    /// The version of the source that was read, where it has one.
    pub snapshot: Option<String>,
    /// The connector as `id@version`.
    pub connector: String,
    /// SHA-256 of the component.
    pub connector_digest: String,
    /// Why it stopped, or did not deliver everything.
    pub error: Option<RunError>,
    /// Write calls that repeated an earlier one.
    #[serde(default)]
    pub retries: u64,
    /// Where the time went.
    #[serde(default)]
    pub timings: Timings,
    /// The run that broke off before this one, where one did.
    #[serde(default)]
    pub recovered: Option<Recovered>,
    /// What a guard wants a person to approve.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// When the destination takes rows again, Unix milliseconds, where it said so.
    #[serde(default)]
    pub resume_at_ms: Option<u64>,
}

/// Where a run's time went, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Reading the source and comparing it.
    pub read_ms: u64,
    /// From the first write call to the last answer, commits included.
    pub send_ms: u64,
    /// Writing the state to disk, while calls go on.
    pub commit_ms: u64,
}

/// What an earlier run left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// The run that broke off or gave up; the latest of several.
    pub run: String,
    /// Rows whose outcome it did not learn.
    pub rows: u64,
}

/// What a person is asked to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Names exactly these changes; `offtake run --approve` takes it.
    pub plan: String,
    /// Why it is asked.
    pub objections: Vec<Objection>,
}

/// Why a run stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RunRecord {
    /// A run that has just begun. Until it says otherwise, it has failed.
    pub fn begun(id: RunId, sync: &str, started_ms: u64) -> Self {
        Self {
            id: id.to_string(),
            sync: sync.to_owned(),
            started_ms,
            finished_ms: started_ms,
            status: Status::Failed,
            counts: Counts::default(),
            requests: 0,
            snapshot: None,
            connector: String::new(),
            connector_digest: String::new(),
            error: None,
            retries: 0,
            timings: Timings::default(),
            recovered: None,
            approval: None,
            resume_at_ms: None,
        }
    }

    /// Whether it met every row of the source that is not at the destination: what it did not meet is no reject any more.
    pub fn tried_every_row(&self) -> bool {
        let ended = matches!(self.status, Status::Completed | Status::CompletedWithRejects);
        ended && self.counts.held == 0 && self.counts.pending == 0
    }

    /// Wall-clock seconds.
    pub fn seconds(&self) -> f64 {
        std::time::Duration::from_millis(self.finished_ms.saturating_sub(self.started_ms)).as_secs_f64()
    }
}

/// A row that is not at the destination with its current value, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The match fields as a JSON object, or the record where it has no key.
    pub key: String,
    /// What was tried; absent when the row was set apart before sending.
    pub operation: Option<String>,
    /// Stable code of ours.
    pub code: String,
    /// The connector's code.
    pub vendor_code: String,
    /// The destination's own words.
    pub message: String,
    /// The field to blame.
    pub field: Option<String>,
    /// Status of the HTTP answer.
    pub http_status: Option<u16>,
    /// What was sent, cut at [`RECORD_BYTES_MAX`].
    pub record: String,
    /// The last run that tried.
    pub run: String,
    /// How many runs have tried.
    pub runs: u32,
    /// Unix milliseconds of the first try.
    pub first_seen_ms: u64,
    /// Digest of the values that were refused, where they were sent.
    #[serde(default)]
    pub digest: Option<u64>,
    /// Whether a person wants these values not to be tried again.
    #[serde(default)]
    pub ignored: bool,
}

/// A reject has to fit a state page of 4 KiB beside its other fields.
pub const RECORD_BYTES_MAX: usize = 2_048;
/// As many bytes of a message are kept, the WIT's promise to connectors.
pub const MESSAGE_BYTES_MAX: usize = 1_024;

/// A key for people: the bare value where one field makes it, the JSON object otherwise.
pub fn shown_key(match_values: &str) -> String {
    let parsed: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(match_values).ok();
    let only = parsed.as_ref().filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next());
    match only {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => match_values.to_owned(),
    }
}

/// The text's beginning, at most `bytes` long, cut between characters.
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
