//! Batch: changes as requests no larger than the destination takes.

use std::collections::HashMap;
use std::ops::Range;

use crate::cell::UnsupportedType;
use crate::diff::{Change, Diff};
use crate::digest::{KeyDigest, RowDigest, idempotency_key};
use crate::ndjson::RowEncoder;
use crate::object::Operation;
use crate::partition::{Lock, locks};
use crate::ports::{Intent, Kept};
use crate::run::RunId;

/// What the destination takes in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Rows.
    pub rows: usize,
    /// Bytes of NDJSON.
    pub bytes: usize,
}

/// Why a row is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It was never acknowledged.
    Added,
    /// It was acknowledged with other values.
    Changed,
    /// It is gone from the source.
    Removed,
}

/// A row on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its match key.
    pub key: KeyDigest,
    /// What acknowledging it means.
    pub digest: RowDigest,
    /// Why it is sent.
    pub reason: Reason,
    /// Whether it was sent before with an unknown outcome.
    pub in_doubt: bool,
    /// The run that tried this change first.
    pub run: RunId,
    /// The same for the same change, also after a crash.
    pub idempotency_key: String,
    /// The match fields as a JSON object.
    pub match_values: String,
    /// The vendor's id, where it is known.
    pub remote_id: Option<String>,
    /// Its line in the batch.
    /// What it locks at the destination while it is written.
    pub locks: Vec<Lock>,
    line: Range<usize>,
}

/// Rows that go in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What is done to them.
    pub operation: Operation,
    /// The rows.
    pub rows: Vec<BatchRow>,
    /// Their fields as NDJSON.
    pub ndjson: String,
}

/// A change that cannot become a row of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsendable {
    /// Its match key.
    pub key: KeyDigest,
    /// The values that cannot be sent.
    pub digest: RowDigest,
    /// Whether it was sent before with an unknown outcome.
    pub in_doubt: bool,
    /// Why it would have been sent.
    pub reason: Reason,
    /// The match fields as a JSON object.
    pub match_values: String,
    /// Why not, in words.
    pub message: String,
}

/// What a batching step gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A batch to send.
    Send(Batch),
    /// A row to set aside.
    Refuse(Unsendable),
}

/// A removed row with what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its match key.
    pub key: KeyDigest,
    /// The match fields as a JSON object.
    pub match_values: String,
    /// The vendor's id, where it is known.
    pub remote_id: Option<String>,
}

/// Attempts of earlier runs whose outcome nobody knows.
pub type Doubts = HashMap<KeyDigest, Intent>;

/// What makes a change's idempotency key besides the row.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The sync.
    pub sync: &'a str,
    /// What is done.
    pub operation: Operation,
    /// This run.
    pub run: RunId,
    /// What earlier runs tried.
    pub doubts: &'a Doubts,
}

/// Which fields of a row are written.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// Those that make a row's key.
    pub match_keys: &'a [String],
    /// Those that are left out where they are null.
    pub skip_nulls: &'a [String],
    /// Those whose values lock each other at the destination.
    pub partition: &'a [String],
}

// === impl Identity ===

impl Identity<'_> {
    /// The run that tried this change first, and the key that the change has since. A change that is tried again after a
    /// crash is the same change only with the same values.
    fn of(&self, key: KeyDigest, digest: RowDigest) -> (RunId, String) {
        let doubt = self.doubts.get(&key);
        let tried = doubt.filter(|intent| intent.operation == self.operation && intent.digest == digest);
        let run = tried.map_or(self.run, |intent| intent.run);
        (run, idempotency_key(self.sync, key, self.operation.as_str(), digest, run))
    }
}

// === impl Batch ===

impl Batch {
    fn empty(operation: Operation) -> Self {
        Self { operation, rows: Vec::new(), ndjson: String::new() }
    }

    fn fits(&self, caps: Caps, line: usize) -> bool {
        self.rows.len() < caps.rows && self.ndjson.len() + line <= caps.bytes
    }

    fn push(&mut self, row: BatchRow, line: &str) {
        let start = self.ndjson.len();
        self.ndjson.push_str(line);
        self.rows.push(BatchRow { line: start..self.ndjson.len(), ..row });
    }

    /// The row's fields as one line of JSON.
    pub fn line(&self, row: &BatchRow) -> &str {
        self.ndjson.get(row.line.clone()).unwrap_or_default()
    }

    /// A batch of some of its rows, in their order.
    #[must_use]
    pub fn subset(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut part = Self::empty(self.operation);
        for (index, row) in self.rows.iter().enumerate() {
            if keep(index) {
                part.push(row.clone(), self.line(row));
            }
        }
        part
    }

    /// What is written down before it is sent; `keeps` when rows may have to be removed later.
    pub fn intents(&self, keeps: bool) -> Vec<Intent> {
        let intent = |row: &BatchRow| Intent {
            key: row.key,
            operation: self.operation,
            digest: row.digest,
            run: row.run,
            kept: keeps.then(|| Kept { match_values: row.match_values.clone(), remote_id: row.remote_id.clone() }),
        };
        self.rows.iter().map(intent).collect()
    }

    /// The same rows with other lines, one a row.
    #[must_use]
    pub fn with_lines(&self, lines: impl Iterator<Item = String>) -> Self {
        let mut batch = Self::empty(self.operation);
        for (row, line) in self.rows.iter().zip(lines) {
            batch.push(row.clone(), &line);
        }
        batch
    }

    /// The two halves, to find out which row a refusal was about.
    pub fn halves(&self) -> (Self, Self) {
        let middle = self.rows.len().div_ceil(2);
        (self.subset(|index| index < middle), self.subset(|index| index >= middle))
    }
}

/// What writes the parts of one mapped batch's rows.
struct Encoders {
    keys: RowEncoder,
    partition: RowEncoder,
    row: RowEncoder,
}

/// Added and changed rows as batches, in key order.
pub struct Writes<'a> {
    changes: std::slice::Iter<'a, Change>,
    encoders: Vec<Encoders>,
    caps: Caps,
    identity: Identity<'a>,
    open: Batch,
}

impl<'a> Writes<'a> {
    /// Batches of `changes`, which are `diff`'s or some of them.
    ///
    /// # Errors
    /// [`UnsupportedType`] when a column's type cannot be sent.
    pub fn new(
        diff: &Diff,
        changes: &'a [Change],
        fields: Fields<'_>,
        caps: Caps,
        identity: Identity<'a>,
    ) -> Result<Self, UnsupportedType> {
        let encoders = diff.encoders()?.into_iter();
        let of = |full: RowEncoder| Encoders {
            keys: full.only(fields.match_keys),
            partition: full.only(fields.partition),
            row: full.skipping_nulls(fields.skip_nulls),
        };
        Ok(Self {
            changes: changes.iter(),
            encoders: encoders.map(of).collect(),
            caps,
            identity,
            open: Batch::empty(identity.operation),
        })
    }

    fn encode(&self, change: &Change) -> Result<(BatchRow, String), Unsendable> {
        let (batch, row) = Diff::row(change);
        let reason = if change.before.is_some() { Reason::Changed } else { Reason::Added };
        let mut match_values = String::new();
        let mut line = String::new();
        let encoders = self.encoders.get(batch);
        let written = encoders.map(|encoders| {
            encoders.keys.write(row, &mut match_values)?;
            encoders.row.write(row, &mut line)
        });
        let locks = encoders.map(|encoders| locks(&encoders.partition, row)).unwrap_or_default();
        let match_values = match_values.trim_end().to_owned();
        let refuse = |message| {
            let match_values = match_values.clone();
            Unsendable {
                key: change.key,
                digest: change.digest,
                in_doubt: change.in_doubt,
                reason,
                match_values,
                message,
            }
        };
        match written {
            Some(Ok(())) if line.len() <= self.caps.bytes => {}
            Some(Ok(())) => {
                return Err(refuse(format!(
                    "the row is {} bytes, the destination takes {}",
                    line.len(),
                    self.caps.bytes
                )));
            }
            Some(Err(error)) => return Err(refuse(error.to_string())),
            None => return Err(refuse("its batch is gone".to_owned())),
        }
        let (run, idempotency_key) = self.identity.of(change.key, change.digest);
        let row = BatchRow {
            key: change.key,
            digest: change.digest,
            reason,
            in_doubt: change.in_doubt,
            run,
            idempotency_key,
            match_values,
            remote_id: None,
            locks,
            line: 0..0,
        };
        Ok((row, line))
    }
}

impl Iterator for Writes<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let next = Batch::empty(self.identity.operation);
        loop {
            let Some(change) = self.changes.next() else {
                let last = std::mem::replace(&mut self.open, next);
                return (!last.rows.is_empty()).then_some(Step::Send(last));
            };
            match self.encode(change) {
                Err(refused) => return Some(Step::Refuse(refused)),
                Ok((row, line)) if self.open.fits(self.caps, line.len()) => self.open.push(row, &line),
                Ok((row, line)) => {
                    let full = std::mem::replace(&mut self.open, next);
                    self.open.push(row, &line);
                    return Some(Step::Send(full));
                }
            }
        }
    }
}

/// Removed rows as batches, each row with its match fields; fields of `clear` are sent as null.
pub fn removals(removed: &[Removal], clear: &[String], caps: Caps, identity: Identity<'_>) -> Vec<Batch> {
    let nulls: String =
        clear.iter().map(|field| format!(",{}:null", serde_json::Value::from(field.as_str()))).collect();
    let mut batches = Vec::new();
    let mut open = Batch::empty(identity.operation);
    for removal in removed {
        let match_fields = removal.match_values.strip_suffix('}').unwrap_or(&removal.match_values);
        let line = format!("{match_fields}{nulls}}}\n");
        if !open.rows.is_empty() && !open.fits(caps, line.len()) {
            batches.push(std::mem::replace(&mut open, Batch::empty(identity.operation)));
        }
        // A removal has no digest of its own: the key alone makes it this removal.
        let digest = RowDigest(0);
        let (run, idempotency_key) = identity.of(removal.key, digest);
        let row = BatchRow {
            key: removal.key,
            digest,
            reason: Reason::Removed,
            in_doubt: identity.doubts.contains_key(&removal.key),
            run,
            idempotency_key,
            match_values: removal.match_values.clone(),
            remote_id: removal.remote_id.clone(),
            locks: Vec::new(),
            line: 0..0,
        };
        open.push(row, &line);
    }
    if !open.rows.is_empty() {
        batches.push(open);
    }
    batches
}
