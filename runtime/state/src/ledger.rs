//! The open files of one sync, and the order in which they change.
//!
//! A change is in the journal, on disk, before the index hears of it. Which files count changes in one place, the rename of the
//! manifest: what is new is whole before it, and what is old is removed after it.

use std::path::Path;

use offtake_core::digest::Seed;

use crate::Error;
use crate::checkpoint::{self, Head};
use crate::error::Damage;
use crate::files::{Durability, SyncFiles, bytes_of, is_full, remove};
use crate::index::{Builder, Index, Meta, damaged, quietly};
use crate::journal::Journal;
use crate::manifest::Manifest;
use crate::record::{Action, Intents, Record};
use crate::reserve::Reserve;

/// A journal shorter than this is replayed in well under a second, whatever the checkpoint's size.
const JOURNAL_BYTES_MIN: u64 = 16 << 20;
/// The part of the last checkpoint that a journal may be: writing a checkpoint then costs less than the rows before it did.
const JOURNAL_PART: u64 = 4;
/// A run that sends more than this gets its checkpoint while it runs, so that what a crash leaves can be replayed in seconds.
const JOURNAL_BYTES_MAX: u64 = 512 << 20;
/// sled's files never shrink; below this size nobody minds.
const INDEX_BYTES_MIN: u64 = 256 << 20;
/// Above it they may be this many times as large as what they hold.
const INDEX_TIMES: u64 = 6;
/// Checkpoints that are kept, so that a damaged one can be made up for by the one before it and two journals.
const CHECKPOINTS_KEPT: u64 = 2;

/// Where a ledger is and how it writes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) files: SyncFiles,
    pub(crate) sync: String,
    pub(crate) durability: Durability,
    pub(crate) reserve: Reserve,
}

/// The open state of one sync.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) place: Place,
    pub(crate) manifest: Manifest,
    pub(crate) index: Index,
    pub(crate) intents: Intents,
    pub(crate) journal: Journal,
    /// Length of the newest checkpoint.
    pub(crate) checkpoint_bytes: u64,
    /// Why nothing is done any more: code, help and words of the failure.
    stopped: Option<(&'static str, &'static str, String)>,
}

// === impl Place ===

impl Place {
    /// Replaces the manifest; a full disk gives up its reserve for it.
    pub(crate) fn write_manifest(&self, manifest: &mut Manifest) -> Result<(), Error> {
        let mut written = manifest.write(&self.files, self.durability);
        if written.as_ref().is_err_and(is_full) && self.reserve.release() {
            written = manifest.write(&self.files, self.durability);
        }
        written.map_err(Error::io("write", self.files.manifest()))
    }

    /// Builds a generation from what `fill` hands over.
    pub(crate) fn build(
        &self,
        generation: u64,
        meta: Meta,
        sequence: u64,
        fill: impl FnOnce(&mut Builder) -> Result<(), Error>,
    ) -> Result<Index, Error> {
        let path = self.files.generation(generation);
        let built = quietly(|| {
            let mut builder = Builder::create(&path, meta)?;
            fill(&mut builder)?;
            builder.finish(sequence, self.durability)
        });
        let built = built.unwrap_or_else(|words| Err(damaged(&path)(Damage::Index(words))));
        if built.is_err() {
            // What is left of it counts for nothing and is swept at the next opening if it cannot be removed now.
            let _swept = remove(&path);
        }
        built
    }

    /// The first frame of a checkpoint or an export.
    pub(crate) fn head(&self, index: &Index, intents: &Intents) -> Head {
        let meta = index.meta();
        Head {
            format: checkpoint::FORMAT,
            sync: self.sync.clone(),
            sequence: meta.sequence,
            seed: meta.seed,
            target: meta.target.clone(),
            bits: meta.bits,
            rows: meta.rows,
            rejects: meta.rejects,
            intents: intents.len() as u64,
            written_at_ms: crate::now_ms(),
        }
    }

    /// Writes checkpoint and journal `number`, which nothing names yet. Returns the checkpoint's length.
    pub(crate) fn write_base(&self, number: u64, index: &Index, intents: &Intents) -> Result<u64, Error> {
        let (meta, head) = (index.meta(), self.head(index, intents));
        let (path, journal) = (self.files.checkpoint(number), self.files.journal(number));
        let written = checkpoint::save(&path, &head, intents, Some(index), self.durability).and_then(|bytes| {
            let created = Journal::create(&journal, &self.sync, number, meta.sequence + 1, self.durability);
            created.map(|()| bytes).map_err(Error::io("create", &journal))
        });
        if written.is_err() {
            // Later records stand in the old journal; an empty new one beside it would contradict them.
            let _swept = remove(&journal).and_then(|()| remove(&path));
        }
        written
    }

    /// Removes what the manifest does not name and the last checkpoint does not need.
    pub(crate) fn sweep(&self, manifest: &Manifest) -> Result<(), Error> {
        let files = &self.files;
        let counts = |number: &u64| {
            *number <= manifest.checkpoint && number.saturating_add(CHECKPOINTS_KEPT) > manifest.checkpoint
        };
        let swept = || -> std::io::Result<()> {
            let checkpoints = files.checkpoint_numbers()?.into_iter().filter(|number| !counts(number));
            let journals = files.journal_numbers()?.into_iter().filter(|number| !counts(number));
            let generations = files.generation_numbers()?.into_iter().filter(|number| *number != manifest.generation);
            let paths = generations.map(|number| files.generation(number));
            let paths = paths.chain(checkpoints.map(|number| files.checkpoint(number)));
            paths.chain(journals.map(|number| files.journal(number))).try_for_each(|path| remove(&path))
        };
        swept().map_err(Error::io("sweep", &files.folder))
    }
}

// === impl Ledger ===

impl Ledger {
    pub(crate) fn new(place: Place, manifest: Manifest, index: Index, intents: Intents) -> Result<Self, Error> {
        let number = manifest.checkpoint;
        let path = place.files.journal(number);
        let journal = Journal::open(&path, number, place.durability).map_err(Error::io("open", &path))?;
        let checkpoint_bytes = bytes_of(&place.files.checkpoint(number));
        Ok(Self { place, manifest, index, intents, journal, checkpoint_bytes, stopped: None })
    }

    /// Fails as the first failure did, after which memory and disk may differ.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.stopped {
            Some((code, help, words)) => {
                let path = self.place.files.folder.clone();
                Err(Error::Stopped { path, code, help, words: words.clone() })
            }
            None => Ok(()),
        }
    }

    fn stop(&mut self, error: Error) -> Error {
        self.stopped = Some((error.code(), error.help(), error.words()));
        error
    }

    pub(crate) fn seed(&self) -> Seed {
        Seed(self.index.meta().seed)
    }

    /// Makes actions true: on disk in the journal first, then in the index and in memory.
    pub(crate) fn commit(&mut self, actions: Vec<Action>) -> Result<(), Error> {
        let more = actions.iter().map(Action::adds).sum();
        if let Some(bits) = self.index.crowded_bits(more) {
            self.renew(bits)?;
        }
        self.commit_or_stop(actions).map_err(|error| self.stop(error))?;
        if self.journal.bytes() > JOURNAL_BYTES_MAX.max(self.checkpoint_bytes)
            && let Err(error) = self.checkpoint()
        {
            // What was committed stays committed; the journal goes on being the truth.
            self.check()?;
            tracing::warn!(code = error.code(), error = %error.words(), "no checkpoint could be written");
        }
        Ok(())
    }

    fn commit_or_stop(&mut self, actions: Vec<Action>) -> Result<(), Error> {
        if actions.is_empty() {
            return Ok(());
        }
        if self.manifest.clean {
            self.note(false)?;
        }
        let first = self.index.meta().sequence + 1;
        let numbered = actions.into_iter().zip(first..);
        let records: Vec<Record> = numbered.map(|(action, sequence)| Record { sequence, action }).collect();
        let appended = self.journal.append(&records, &self.place.reserve);
        appended.map_err(Error::io("append to", self.journal.path()))?;
        for record in records {
            self.index.apply(&record, &self.intents)?;
            record.action.settle(&mut self.intents);
        }
        Ok(())
    }

    /// Writes down in the manifest how things are.
    fn note(&mut self, clean: bool) -> Result<(), Error> {
        let meta = self.index.meta();
        self.manifest.sequence = meta.sequence;
        self.manifest.rows = meta.rows;
        self.manifest.rejects = meta.rejects;
        self.manifest.sum = meta.sum;
        self.manifest.intents = self.intents.len() as u64;
        self.manifest.clean = clean;
        self.place.write_manifest(&mut self.manifest)
    }

    /// Makes the manifest name what this ledger has open.
    pub(crate) fn switch(&mut self) -> Result<(), Error> {
        let reached = crate::failpoint::reach("state-generation-switch");
        reached.map_err(Error::io("switch", &self.place.files.folder)).map_err(|error| self.stop(error))?;
        self.note(self.manifest.clean).map_err(|error| self.stop(error))
    }

    /// Says that what is on disk is all there is, after a run or at the end.
    pub(crate) fn close(&mut self, run: Option<&str>) -> Result<(), Error> {
        if run.is_none() && self.manifest.clean {
            return Ok(());
        }
        self.index.flush(self.place.durability).map_err(|error| self.stop(error))?;
        self.manifest.last_run = run.map(str::to_owned).or(self.manifest.last_run.take());
        self.note(true).map_err(|error| self.stop(error))
    }

    /// Writes a checkpoint and begins a journal after it.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Error> {
        self.index.flush(self.place.durability).map_err(|error| self.stop(error))?;
        let number = self.manifest.checkpoint + 1;
        let bytes = self.place.write_base(number, &self.index, &self.intents)?;
        let path = self.place.files.journal(number);
        let journal = Journal::open(&path, number, self.place.durability).map_err(Error::io("open", &path))?;
        self.manifest.checkpoint = number;
        self.note(self.manifest.clean).map_err(|error| self.stop(error))?;
        (self.journal, self.checkpoint_bytes) = (journal, bytes);
        self.place.sweep(&self.manifest)
    }

    /// Writes the index again as a new generation, with that many leading bits. sled's old files go.
    pub(crate) fn renew(&mut self, bits: u32) -> Result<(), Error> {
        let old = self.index.meta();
        let meta = Meta::empty(old.seed, old.target.clone(), bits);
        let generation = self.manifest.generation + 1;
        let index = &self.index;
        let built = self.place.build(generation, meta, old.sequence, |builder| {
            index.each_entry(|entry| builder.push(entry))?;
            index.each_reject(|key, value| builder.push_reject(key, value))
        })?;
        let (was, is) = (self.index.meta(), built.meta());
        if (was.rows, was.rejects) != (is.rows, is.rejects) {
            let (expected, found) = (was.rows + was.rejects, is.rows + is.rejects);
            return Err(damaged(&self.place.files.generation(generation))(Damage::Rows { expected, found }));
        }
        self.index = built;
        self.manifest.generation = generation;
        self.switch()?;
        self.place.sweep(&self.manifest)
    }

    /// A smaller index with the same rows, and a checkpoint of them.
    pub(crate) fn compact(&mut self) -> Result<(), Error> {
        self.renew(self.index.meta().bits)?;
        self.checkpoint()
    }

    /// What can wait for the end of a run: a checkpoint where the journal is long, a smaller index where it is worth it.
    pub(crate) fn tidy(&mut self) -> Result<(), Error> {
        let index = bytes_of(self.index.path());
        let held = self.checkpoint_bytes.max(self.index.meta().rows * ROW_BYTES_MIN);
        if index > INDEX_BYTES_MIN.max(INDEX_TIMES.saturating_mul(held)) {
            return self.compact();
        }
        let bound = JOURNAL_BYTES_MIN.max(self.checkpoint_bytes / JOURNAL_PART);
        if self.journal.bytes() > bound { self.checkpoint() } else { Ok(()) }
    }
}

/// A row's key and value digest.
const ROW_BYTES_MIN: u64 = 24;

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.stopped.is_none()
            && let Err(error) = self.close(None)
        {
            // The next opening replays the journal instead.
            tracing::debug!(error = %error.words(), "the state was not closed");
        }
    }
}

/// Whether a folder has nothing in it, or is not there.
pub(crate) fn is_empty(folder: &Path) -> Result<bool, Error> {
    crate::files::paths(folder).map(|paths| paths.is_empty()).map_err(Error::io("list", folder))
}
