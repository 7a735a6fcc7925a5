//! What the journal says happened, one record a commit. Applying a record twice changes nothing.

use std::collections::BTreeMap;

use offtake_core::destination::OutcomeKind;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::object::Operation;
use offtake_core::ports::{Intent, Kept, Settled};
use offtake_core::run::{Reject, RunId};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::index::fit;

/// Rows of one record; a commit of more becomes several. Rows are at most about 5 KiB, which keeps a frame below its bound.
pub(crate) const ROWS_MAX: usize = 8_192;
/// What is kept of one row must leave room for others in a page. What is longer is not kept: the row can then not be removed
/// by this sync, which is reported when it would have to be.
pub(crate) const KEPT_BYTES_MAX: usize = 1_024;

/// Rows in doubt, by key.
pub(crate) type Intents = BTreeMap<u128, Intent>;

/// One change of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Counts records from 1, without a gap.
    pub(crate) sequence: u64,
    pub(crate) action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    /// What became of rows, and which are sent next.
    Commit { run: [u8; 16], settled: Vec<Change>, next: Vec<Planned> },
    /// The state belongs to this place from now on.
    Bound { target: String },
    /// A person wants these rejects, or all, not to be tried again; or to be.
    Marked { keys: Option<Vec<[u8; 16]>>, ignored: bool },
    /// A run tried every row: rejects that it did not meet leave the list.
    Finished { run: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Delivered { key: [u8; 16], digest: [u8; 8], outcome: u8, kept: Option<KeptValues> },
    Gone { key: [u8; 16], outcome: Option<u8> },
    Rejected { place: Place, in_doubt: bool, reject: String },
    Unsent { key: [u8; 16] },
}

/// Where a reject stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// At its row's key.
    Key([u8; 16]),
    /// At a digest of its record, because it has no key.
    Record([u8; 16]),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptValues {
    pub(crate) match_values: String,
    pub(crate) remote_id: Option<String>,
}

/// An intent. Its run is left out where it is the record's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Planned {
    key: [u8; 16],
    operation: u8,
    digest: [u8; 8],
    run: Option<[u8; 16]>,
    kept: Option<KeptValues>,
}

// === impl Action ===

impl Action {
    /// A commit as records' actions: usually one.
    pub(crate) fn commits(run: RunId, settled: Vec<Settled>, next: &[Intent]) -> Vec<Self> {
        let mut settled: Vec<Change> = settled.into_iter().map(Change::of).collect();
        let mut next: Vec<Planned> = next.iter().map(|intent| Planned::of(intent, run)).collect();
        let mut actions = Vec::new();
        while !settled.is_empty() || !next.is_empty() {
            // Later rows first fill the rest of a record after the last of what is settled: order is kept.
            let later_settled = settled.split_off(settled.len().min(ROWS_MAX));
            let room = ROWS_MAX - settled.len();
            let later = next.split_off(next.len().min(room));
            actions.push(Self::Commit { run: run.0.to_be_bytes(), settled, next });
            (settled, next) = (later_settled, later);
        }
        actions
    }

    /// Brings the rows in doubt to where they are after this action.
    pub(crate) fn settle(&self, intents: &mut Intents) {
        let Self::Commit { run, settled, next } = self else { return };
        for change in settled {
            if let Some(key) = change.settles() {
                intents.remove(&key.0);
            }
        }
        for planned in next {
            if let Some(intent) = planned.intent(*run) {
                intents.insert(intent.key.0, intent);
            }
        }
    }

    /// The place that the state belongs to from now on.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Bound { target } => Some(target),
            _ => None,
        }
    }

    /// How many rows it can add to the acknowledged ones at most.
    pub(crate) fn adds(&self) -> u64 {
        match self {
            Self::Commit { settled, .. } => {
                settled.iter().filter(|change| matches!(change, Change::Delivered { .. })).count() as u64
            }
            _ => 0,
        }
    }
}

// === impl Change ===

impl Change {
    fn of(settled: Settled) -> Self {
        match settled {
            Settled::Delivered { key, digest, outcome, kept } => Self::Delivered {
                key: key.0.to_be_bytes(),
                digest: digest.0.to_be_bytes(),
                outcome: outcome_code(outcome),
                kept: kept.and_then(KeptValues::of),
            },
            Settled::Gone { key, outcome } => {
                Self::Gone { key: key.0.to_be_bytes(), outcome: outcome.map(outcome_code) }
            }
            Settled::Rejected { key, reject, in_doubt } => {
                let place = match key {
                    Some(key) => Place::Key(key.0.to_be_bytes()),
                    None => Place::Record(xxh3_128(reject.record.as_bytes()).to_be_bytes()),
                };
                Self::Rejected { place, in_doubt, reject: json(&fit(reject)) }
            }
            Settled::Unsent { key } => Self::Unsent { key: key.0.to_be_bytes() },
        }
    }

    /// The row that is no longer in doubt.
    fn settles(&self) -> Option<KeyDigest> {
        match self {
            Self::Delivered { key, .. } | Self::Gone { key, .. } | Self::Unsent { key } => Some(digest(*key)),
            Self::Rejected { place: Place::Key(key), in_doubt: false, .. } => Some(digest(*key)),
            Self::Rejected { .. } => None,
        }
    }
}

// === impl KeptValues ===

impl KeptValues {
    /// None when it is too long to be kept.
    pub(crate) fn of(kept: Kept) -> Option<Self> {
        let length = kept.match_values.len() + kept.remote_id.as_deref().map_or(0, str::len);
        let values = Self { match_values: kept.match_values, remote_id: kept.remote_id };
        (length <= KEPT_BYTES_MAX).then_some(values)
    }
}

impl From<KeptValues> for Kept {
    fn from(values: KeptValues) -> Self {
        Self { match_values: values.match_values, remote_id: values.remote_id }
    }
}

// === impl Planned ===

impl Planned {
    pub(crate) fn of(intent: &Intent, run: RunId) -> Self {
        Self {
            key: intent.key.0.to_be_bytes(),
            operation: operation_code(intent.operation),
            digest: intent.digest.0.to_be_bytes(),
            run: (intent.run != run).then(|| intent.run.0.to_be_bytes()),
            kept: intent.kept.clone().and_then(KeptValues::of),
        }
    }

    /// None for an operation that this version does not know; [`Planned::is_known`] is asked before.
    pub(crate) fn intent(&self, run: [u8; 16]) -> Option<Intent> {
        Some(Intent {
            key: digest(self.key),
            operation: operation(self.operation)?,
            digest: RowDigest(u64::from_be_bytes(self.digest)),
            run: RunId(u128::from_be_bytes(self.run.unwrap_or(run))),
            kept: self.kept.clone().map(Kept::from),
        })
    }
}

// === impl Record ===

impl Record {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }

    /// None when the bytes are not a record that this version knows.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let record: Self = postcard::from_bytes(bytes).ok()?;
        let known = match &record.action {
            Action::Commit { settled, next, .. } => {
                settled.iter().all(Change::is_known)
                    && next.iter().all(|planned| operation(planned.operation).is_some())
            }
            _ => true,
        };
        known.then_some(record)
    }
}

impl Change {
    fn is_known(&self) -> bool {
        match self {
            Self::Delivered { outcome: code, .. } | Self::Gone { outcome: Some(code), .. } => outcome(*code).is_some(),
            Self::Rejected { reject, .. } => serde_json::from_str::<Reject>(reject).is_ok(),
            _ => true,
        }
    }
}

pub(crate) fn json(reject: &Reject) -> String {
    serde_json::to_string(reject).unwrap_or_default()
}

fn digest(key: [u8; 16]) -> KeyDigest {
    KeyDigest(u128::from_be_bytes(key))
}

/// Operations by their code on disk, from 1; a code keeps its meaning for ever.
const OPERATIONS: [Operation; 7] = [
    Operation::Insert,
    Operation::Update,
    Operation::Upsert,
    Operation::Delete,
    Operation::Append,
    Operation::MemberAdd,
    Operation::MemberRemove,
];

/// The same for outcomes.
const OUTCOMES: [OutcomeKind; 5] =
    [OutcomeKind::Created, OutcomeKind::Updated, OutcomeKind::Unchanged, OutcomeKind::Deleted, OutcomeKind::Accepted];

pub(crate) fn operation_code(operation: Operation) -> u8 {
    code(OPERATIONS.iter().position(|known| *known == operation))
}

pub(crate) fn operation(code: u8) -> Option<Operation> {
    OPERATIONS.get(usize::from(code).checked_sub(1)?).copied()
}

pub(crate) fn outcome_code(outcome: OutcomeKind) -> u8 {
    code(OUTCOMES.iter().position(|known| *known == outcome))
}

pub(crate) fn outcome(code: u8) -> Option<OutcomeKind> {
    OUTCOMES.get(usize::from(code).checked_sub(1)?).copied()
}

fn code(position: Option<usize>) -> u8 {
    position.and_then(|position| u8::try_from(position + 1).ok()).unwrap_or(0)
}
