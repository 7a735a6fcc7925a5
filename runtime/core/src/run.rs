//! What is kept of a run, and of a row that was refused.

use serde::{Deserialize, Serialize};

use crate::counts::Counts;

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
}

impl Status {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CompletedWithRejects => "completed with rejects",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
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
    /// Why it stopped.
    pub error: Option<RunError>,
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
