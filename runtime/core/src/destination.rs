//! What is said to a destination and what it answers. The words are those of the WIT.

use std::time::Duration;

use crate::object::Operation;

/// Whether the vendor may have acted on a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It did nothing.
    None,
    /// Nobody knows.
    Unknown,
}

/// What went wrong, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detail {
    /// The connector's own code.
    pub code: String,
    /// The vendor's own words.
    pub message: String,
    /// Status of the HTTP answer.
    pub http_status: Option<u16>,
    /// The field to blame.
    pub field: Option<String>,
}

/// A failure, named after what the host does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The same input may succeed later.
    Transient(Detail),
    /// Wait, then send the same input; costs no attempt.
    RateLimited {
        /// What the vendor asked for.
        retry_after: Option<Duration>,
        /// The quota that ran out.
        scope: Option<String>,
        /// In its words.
        detail: Detail,
    },
    /// Credential invalid or expired.
    Auth(Detail),
    /// Permission missing.
    Forbidden(Detail),
    /// This input can never succeed.
    Rejected(Detail),
    /// The batch was refused and nobody said for which row.
    Unattributed(Detail),
    /// Batch too large.
    TooLarge(Detail),
    /// The object or a field is not what it was.
    SchemaChanged(Detail),
    /// Configuration wrong.
    Misconfigured(Detail),
    /// The connector broke: a trap, a limit, a breach of the contract.
    Fatal(Detail),
}

impl Failure {
    /// The words that came with it.
    pub fn detail(&self) -> &Detail {
        match self {
            Self::Transient(detail)
            | Self::RateLimited { detail, .. }
            | Self::Auth(detail)
            | Self::Forbidden(detail)
            | Self::Rejected(detail)
            | Self::Unattributed(detail)
            | Self::TooLarge(detail)
            | Self::SchemaChanged(detail)
            | Self::Misconfigured(detail)
            | Self::Fatal(detail) => detail,
        }
    }

    /// The stable code that a person meets.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transient(_) => "OFT-E101",
            Self::RateLimited { detail, .. } if detail.code == "OFT-E312" => "OFT-E312",
            Self::RateLimited { .. } => "OFT-E102",
            // The host itself was refused an access token.
            Self::Auth(detail) if detail.code == "OFT-A004" => "OFT-A004",
            Self::Auth(_) => "OFT-A001",
            Self::Forbidden(_) => "OFT-A002",
            Self::Rejected(_) => "OFT-R001",
            Self::Unattributed(_) => "OFT-R002",
            Self::TooLarge(_) => "OFT-E103",
            Self::SchemaChanged(_) => "OFT-E104",
            Self::Misconfigured(detail) => refused(&detail.code),
            Self::Fatal(detail) => broken(&detail.code),
        }
    }

    /// The next step, in words.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Transient(_) => {
                "check that the destination is up and can be reached; rows that were not delivered go again in the next run"
            }
            Self::RateLimited { .. } => "run again when the quota is back; rows that were not delivered go again then",
            Self::Auth(_) => "the credential was refused: renew it and check the connection's `credentials`",
            Self::Forbidden(_) => "the credential lacks a permission: grant it at the destination",
            Self::Rejected(_) | Self::Unattributed(_) => "correct the row in the source; it is retried on every run",
            Self::TooLarge(_) => "lower `limits.batch` of the sync",
            Self::SchemaChanged(_) => "refresh what is known of the object: offtake validate --online",
            Self::Misconfigured(_) => "correct the connection's `config`, or what it is granted under `allow`",
            Self::Fatal(_) => "this is a defect of the connector: report it with the message above",
        }
    }
}

/// Requests that the host refused, by the code that egress gives; anything else is the connector's own complaint.
fn refused(code: &str) -> &'static str {
    const REFUSALS: [&str; 12] = [
        "OFT-A003", "OFT-A005", "OFT-A006", "OFT-E301", "OFT-E302", "OFT-E303", "OFT-E304", "OFT-E305", "OFT-E306",
        "OFT-E307", "OFT-E308", "OFT-E309",
    ];
    REFUSALS.into_iter().find(|known| *known == code).unwrap_or("OFT-E105")
}

/// The ways in which a connector breaks, by the code that the sandbox gives.
fn broken(code: &str) -> &'static str {
    match code {
        "cpu_limit" => "OFT-P002",
        "wall_limit" => "OFT-P003",
        "memory_limit" => "OFT-P004",
        "stack_overflow" => "OFT-P005",
        "too_much_data" => "OFT-P006",
        "row_accounting" | "contract" => "OFT-P007",
        "host_broke" => "OFT-P009",
        "nothing_sent" => "OFT-P021",
        _ => "OFT-P001",
    }
}

/// A call that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFailure {
    /// Why.
    pub failure: Failure,
    /// Whether the vendor may have acted.
    pub effect: Effect,
}

/// What became of a row that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// A new record.
    Created,
    /// An existing one, changed.
    Updated,
    /// It was so already.
    Unchanged,
    /// It is gone.
    Deleted,
    /// Taken, without a word on what became of it.
    Accepted,
}

impl OutcomeKind {
    /// The name in WIT, JSON and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Accepted => "accepted",
        }
    }
}

/// The connector's answer for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Index in the batch.
    pub row: u32,
    /// Success or why not.
    pub outcome: Result<OutcomeKind, Failure>,
    /// The vendor's id of the record.
    pub remote_id: Option<String>,
}

/// Requests in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: u32,
    /// In how long.
    pub window: Duration,
}

/// What the vendor takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteLimits {
    /// Rows a call.
    pub max_rows: u32,
    /// Bytes of rows a call.
    pub max_bytes: u32,
    /// Calls at once.
    pub max_concurrency: u16,
    /// All hold at once.
    pub rates: Vec<Rate>,
}

/// What the host knows of a row beside its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRef {
    /// The same for the same change.
    pub idempotency_key: String,
    /// The vendor's id, where it is known.
    pub remote_id: Option<String>,
}

/// One write call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteRequest {
    /// Kind of record.
    pub object: String,
    /// What is done to them.
    pub operation: Operation,
    /// Fields that identify a record.
    pub match_keys: Vec<String>,
    /// Stable across attempts.
    pub batch_id: String,
    /// From 1.
    pub attempt: u32,
    /// NDJSON.
    pub rows: String,
    /// One a row.
    pub refs: Vec<RowRef>,
}
