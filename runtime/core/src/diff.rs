//! Diff: which mapped rows differ from what the destination acknowledged.
//!
//! A [`Scan`] takes one partition's batches in any order and keeps only rows that may have to be sent;
//! [`Diff::of`] joins the scans when the whole source was read. Only then is it known which keys occur twice
//! and which are gone, so nothing is sent before.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use arrow_select::filter::filter_record_batch;

use crate::cell::UnsupportedType;
use crate::digest::{Digester, KeyDigest, RowDigest};
use crate::known::{Known, Probe};
use crate::ndjson::RowEncoder;

/// Invalid rows that are kept to be shown. All are counted; a person corrects the cause, not a million rows.
pub const INVALID_SAMPLES_MAX: usize = 1_000;

/// A mapped batch could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A column's type has no place in a record.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedType),
    /// Arrow refused to filter the batch.
    #[error("a batch could not be filtered")]
    Filter(#[from] ArrowError),
}

/// A row to send, and where its fields are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its match key.
    pub key: KeyDigest,
    /// What the destination will have acknowledged afterwards.
    pub digest: RowDigest,
    /// What it has acknowledged before.
    pub before: Option<RowDigest>,
    /// Whether it was sent before with an unknown outcome.
    pub in_doubt: bool,
    batch: usize,
    row: usize,
}

/// Why a row was set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvalidReason {
    /// A match field is null, blank or NaN.
    NoKey,
    /// Another row has the same key.
    RepeatedKey,
}

impl InvalidReason {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoKey => "OFT-R010",
            Self::RepeatedKey => "OFT-R011",
        }
    }

    /// The reason in words.
    pub fn message(self) -> &'static str {
        match self {
            Self::NoKey => "the match key is null, blank or not a number",
            Self::RepeatedKey => "more than one row has this match key; none of them was sent",
        }
    }
}

/// A row that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Why.
    pub reason: InvalidReason,
    /// The key's digest, where there is a key.
    pub key: Option<KeyDigest>,
    /// The record as NDJSON.
    pub record: String,
}

/// What one partition holds.
#[derive(Debug, Default)]
pub struct Scan {
    source_rows: u64,
    unchanged: u64,
    invalid_rows: u64,
    invalid: Vec<Invalid>,
    repeated: Vec<KeyDigest>,
    batches: Vec<RecordBatch>,
    candidates: Vec<Change>,
}

/// What has to be sent for the destination to equal the source.
#[derive(Debug, Default)]
pub struct Diff {
    /// Rows that the model returned.
    pub source_rows: u64,
    /// Rows that need nothing.
    pub unchanged: u64,
    /// Rows set apart.
    pub invalid_rows: u64,
    /// The first [`INVALID_SAMPLES_MAX`] of them.
    pub invalid: Vec<Invalid>,
    /// Added and changed rows, those in doubt first; else in key order, so that neighbours share a state page.
    pub changes: Vec<Change>,
    /// Keys that are gone, in the same order.
    pub removed: Vec<KeyDigest>,
    /// Rows that were acknowledged before this run.
    pub acknowledged: u64,
    batches: Vec<RecordBatch>,
}

// === impl Scan ===

impl Scan {
    /// Compares one mapped batch.
    ///
    /// # Errors
    /// [`Error`] when a column's type cannot be sent.
    pub fn take(&mut self, batch: &RecordBatch, digester: &Digester, known: &Known) -> Result<(), Error> {
        let encoder = RowEncoder::new(batch)?;
        let digests = digester.batch(batch)?;
        let place = self.batches.len();
        let mut kept = Vec::with_capacity(digests.len());
        let mut next_row = 0;
        for (row, digests) in digests.into_iter().enumerate() {
            self.source_rows += 1;
            let (key, before, in_doubt) = match digests.key.map(|key| (key, known.probe(key))) {
                None => {
                    self.set_apart(InvalidReason::NoKey, None, &encoder, row);
                    kept.push(false);
                    continue;
                }
                Some((key, Probe::Again)) => {
                    self.repeated.push(key);
                    self.set_apart(InvalidReason::RepeatedKey, Some(key), &encoder, row);
                    kept.push(false);
                    continue;
                }
                Some((_, Probe::First(before))) if before == digests.row => {
                    self.unchanged += 1;
                    kept.push(false);
                    continue;
                }
                Some((key, Probe::First(before))) => (key, Some(before), false),
                Some((key, Probe::InDoubt(before))) => (key, before, true),
                Some((key, Probe::Unknown)) => (key, None, false),
            };
            let change = Change { key, digest: digests.row, before, in_doubt, batch: place, row: next_row };
            self.candidates.push(change);
            next_row += 1;
            kept.push(true);
        }
        if next_row > 0 {
            self.batches.push(keep(batch, &kept, next_row)?);
        }
        Ok(())
    }

    fn set_apart(&mut self, reason: InvalidReason, key: Option<KeyDigest>, encoder: &RowEncoder, row: usize) {
        self.invalid_rows += 1;
        if self.invalid.len() < INVALID_SAMPLES_MAX {
            self.invalid.push(invalid(reason, key, encoder, row));
        }
    }
}

fn invalid(reason: InvalidReason, key: Option<KeyDigest>, encoder: &RowEncoder, row: usize) -> Invalid {
    let mut record = String::new();
    if let Err(error) = encoder.write(row, &mut record) {
        record = error.to_string();
    }
    Invalid { reason, key, record }
}

/// The kept rows, without the memory of the others.
fn keep(batch: &RecordBatch, kept: &[bool], count: usize) -> Result<RecordBatch, ArrowError> {
    if count == batch.num_rows() {
        return Ok(batch.clone());
    }
    let filtered = filter_record_batch(batch, &BooleanArray::from(kept.to_vec()))?;
    let columns = filtered.columns().iter().map(compact).collect();
    RecordBatch::try_new(filtered.schema(), columns)
}

/// A filtered view array still points into the buffers of every row that was dropped.
fn compact(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => std::sync::Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => std::sync::Arc::new(column.as_binary_view().gc()),
        _ => column.clone(),
    }
}

// === impl Diff ===

impl Diff {
    /// Joins the scans of all partitions, once the source was read to its end.
    ///
    /// # Errors
    /// [`Error`] when a column's type cannot be sent.
    pub fn of(scans: Vec<Scan>, known: &Known) -> Result<Self, Error> {
        let mut diff = Self::default();
        let mut candidates = Vec::new();
        let mut repeated = HashSet::new();
        for scan in scans {
            let offset = diff.batches.len();
            diff.source_rows += scan.source_rows;
            diff.unchanged += scan.unchanged;
            diff.invalid_rows += scan.invalid_rows;
            diff.invalid.extend(scan.invalid);
            diff.batches.extend(scan.batches);
            repeated.extend(scan.repeated);
            candidates
                .extend(scan.candidates.into_iter().map(|change| Change { batch: change.batch + offset, ..change }));
        }
        candidates.sort_unstable_by_key(|change| (change.key, change.batch, change.row));
        diff.split(candidates, &repeated)?;
        diff.invalid.truncate(INVALID_SAMPLES_MAX);
        diff.changes.sort_by_key(|change| !change.in_doubt);
        diff.removed = known.unseen().collect();
        diff.removed.sort_by_key(|key| !known.is_in_doubt(*key));
        diff.acknowledged = known.acknowledged() as u64;
        Ok(diff)
    }

    /// Separates the rows to send from those that share their key with another.
    fn split(&mut self, candidates: Vec<Change>, repeated: &HashSet<KeyDigest>) -> Result<(), Error> {
        let encoders = self.encoders()?;
        let mut unchanged_but_repeated: HashSet<KeyDigest> = repeated.clone();
        for group in candidates.chunk_by(|left, right| left.key == right.key) {
            let [only, rest @ ..] = group else { continue };
            // The first of several rows with an acknowledged key was taken for a change.
            unchanged_but_repeated.remove(&only.key);
            if rest.is_empty() && !repeated.contains(&only.key) {
                self.changes.push(*only);
                continue;
            }
            for change in group {
                self.invalid_rows += 1;
                if self.invalid.len() < INVALID_SAMPLES_MAX
                    && let Some(encoder) = encoders.get(change.batch)
                {
                    self.invalid.push(invalid(InvalidReason::RepeatedKey, Some(change.key), encoder, change.row));
                }
            }
        }
        // The first of several rows with an acknowledged key was taken for unchanged.
        let unchanged = unchanged_but_repeated.len() as u64;
        self.unchanged -= unchanged;
        self.invalid_rows += unchanged;
        Ok(())
    }

    /// One encoder for each kept batch; [`Diff::row`] says which one a change needs.
    ///
    /// # Errors
    /// [`UnsupportedType`] when a column's type cannot be sent.
    pub fn encoders(&self) -> Result<Vec<RowEncoder>, UnsupportedType> {
        self.batches.iter().map(RowEncoder::new).collect()
    }

    /// Where a change's fields are: which encoder, and which of its rows.
    pub fn row(change: &Change) -> (usize, usize) {
        (change.batch, change.row)
    }
}
