//! What each run did to each row, for whoever asks what became of one. Informational: nothing is decided by it, so nobody waits
//! for its bytes to be on disk, and a torn or damaged entry is passed over.
//!
//! ```text
//! time u64 | key 16 | digest u64 | operation u8 | outcome u8 | code 8 | flags u8 | reserved u8 | checksum u32
//! ```

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use offtake_core::Name;
use offtake_core::destination::OutcomeKind;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::object::Operation;
use offtake_core::run::{Reject, RunId};
use ulid::Ulid;
use xxhash_rust::xxh3::xxh3_64;

use crate::Error;
use crate::files::{paths, private};
use crate::record::{Action, Change, Intents, Place, operation, operation_code, outcome};
use crate::runs::folder;

/// As long as vendors keep their own logs, so that both can be laid side by side.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const ENTRY: usize = 48;
/// Everything but the checksum.
const FACTS: usize = 44;
const HAS_DIGEST: u8 = 1;
/// Outcomes beside those of [`OutcomeKind`], whose codes begin at 1.
const REJECTED: u8 = 100;
const RELEASED: u8 = 101;

/// What became of a row in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOutcome {
    /// The destination did this.
    Done(OutcomeKind),
    /// It refused the row.
    Rejected,
    /// The row is no longer this sync's; the destination was not asked.
    Released,
}

/// One row in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The run.
    pub run: RunId,
    /// When that was on disk, Unix milliseconds.
    pub at_ms: u64,
    /// Which row.
    pub key: KeyDigest,
    /// With which values, where it was sent.
    pub digest: Option<RowDigest>,
    /// What was done, where it was sent.
    pub operation: Option<Operation>,
    /// What became of it.
    pub outcome: HistoryOutcome,
    /// Code of the refusal.
    pub code: Option<String>,
}

/// Entries for what an action settles; `intents` are the rows in doubt before it.
pub(crate) fn entries(action: &Action, intents: &Intents, now_ms: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Action::Commit { settled, .. } = action else { return bytes };
    for change in settled {
        let (key, own, outcome, code) = match change {
            Change::Delivered { key, digest, outcome, .. } => (*key, Some(*digest), *outcome, String::new()),
            Change::Gone { key, outcome } => (*key, None, outcome.unwrap_or(RELEASED), String::new()),
            Change::Rejected { place: Place::Key(key), reject, .. } => {
                let reject = serde_json::from_str::<Reject>(reject).ok();
                // An ignored row was not tried.
                if reject.as_ref().is_some_and(|reject| reject.ignored) {
                    continue;
                }
                let digest = reject.as_ref().and_then(|reject| reject.digest).map(u64::to_be_bytes);
                (*key, digest, REJECTED, reject.map(|reject| reject.code).unwrap_or_default())
            }
            Change::Rejected { .. } | Change::Unsent { .. } => continue,
        };
        let intent = intents.get(&u128::from_be_bytes(key));
        let digest = own.or(intent.map(|intent| intent.digest.0.to_be_bytes()));
        let start = bytes.len();
        bytes.extend_from_slice(&now_ms.to_be_bytes());
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(&digest.unwrap_or_default());
        bytes.push(intent.map_or(0, |intent| operation_code(intent.operation)));
        bytes.push(outcome);
        bytes.extend(code.bytes().chain(std::iter::repeat(0)).take(8));
        bytes.extend_from_slice(&[if digest.is_some() { HAS_DIGEST } else { 0 }, 0]);
        let check = checksum(bytes.get(start..).unwrap_or_default());
        bytes.extend_from_slice(&check);
    }
    bytes
}

fn checksum(facts: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = xxh3_64(facts).to_be_bytes();
    [a, b, c, d]
}

fn decode(run: RunId, bytes: &[u8]) -> Option<HistoryEntry> {
    let (facts, check) = bytes.split_at_checked(FACTS)?;
    if checksum(facts) != check {
        return None;
    }
    let (at, rest) = facts.split_first_chunk::<8>()?;
    let (key, rest) = rest.split_first_chunk::<16>()?;
    let (digest, rest) = rest.split_first_chunk::<8>()?;
    let (&[done, result], rest) = rest.split_first_chunk::<2>()?;
    let (code, rest) = rest.split_first_chunk::<8>()?;
    let code: String = code.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    Some(HistoryEntry {
        run,
        at_ms: u64::from_be_bytes(*at),
        key: KeyDigest(u128::from_be_bytes(*key)),
        digest: (rest.first()? & HAS_DIGEST != 0).then(|| RowDigest(u64::from_be_bytes(*digest))),
        operation: operation(done),
        outcome: match result {
            REJECTED => HistoryOutcome::Rejected,
            RELEASED => HistoryOutcome::Released,
            other => HistoryOutcome::Done(outcome(other)?),
        },
        code: (!code.is_empty()).then_some(code),
    })
}

/// The file of the run that is going on.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    open: Option<(RunId, File)>,
}

impl Recorder {
    /// Adds entries; failing costs nothing but them.
    pub(crate) fn record(&mut self, state: &Path, sync: &Name, run: RunId, entries: &[u8]) {
        if entries.is_empty() {
            return;
        }
        if let Err(error) = self.write(state, sync, run, entries) {
            tracing::debug!(%error, "the row history is not complete");
            self.open = None;
        }
    }

    fn write(&mut self, state: &Path, sync: &Name, run: RunId, entries: &[u8]) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != run) {
            let folder = folder(state, sync);
            crate::files::Durability::Unsynced.create_folder(&folder)?;
            let mut file = private().append(true).create(true).open(folder.join(format!("{run}.rows")))?;
            // After a crash the last entry may be a part; the next one begins where an entry would.
            let part = usize::try_from(file.metadata()?.len() % ENTRY as u64).unwrap_or(0);
            if part > 0 {
                file.write_all(&vec![0; ENTRY - part])?;
            }
            self.open = Some((run, file));
        }
        self.open.as_mut().map_or(Ok(()), |(_, file)| file.write_all(entries))
    }
}

/// Removes histories that are older than anybody asks for.
pub(crate) fn drop_old(state: &Path, sync: &Name, now_ms: u64) -> io::Result<()> {
    let oldest = now_ms.saturating_sub(u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX));
    for (run, path) in files(&folder(state, sync))? {
        if Ulid(run.0).timestamp_ms() < oldest {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// What became of these rows in the runs of the last fourteen days, newest last. Needs no lock.
///
/// # Errors
/// OFT-S003 when a file cannot be read.
pub fn history(state: &Path, sync: &Name, keys: &HashSet<KeyDigest>) -> Result<Vec<HistoryEntry>, Error> {
    let folder = folder(state, sync);
    let mut found = Vec::new();
    for (run, path) in files(&folder).map_err(Error::io("list", &folder))? {
        let file = File::open(&path).map_err(Error::io("read", &path))?;
        let mut file = BufReader::with_capacity(ENTRY * 1_024, file);
        let mut bytes = Vec::with_capacity(ENTRY);
        loop {
            bytes.clear();
            let read = file.by_ref().take(ENTRY as u64).read_to_end(&mut bytes);
            if read.map_err(Error::io("read", &path))? < ENTRY {
                break;
            }
            found.extend(decode(run, &bytes).filter(|entry| keys.contains(&entry.key)));
        }
    }
    found.sort_by_key(|entry| entry.at_ms);
    Ok(found)
}

/// Histories in the order of their runs.
fn files(folder: &Path) -> io::Result<Vec<(RunId, PathBuf)>> {
    let runs = paths(folder)?.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rows"));
    let mut files: Vec<(RunId, PathBuf)> =
        runs.filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path))).collect();
    files.sort_unstable();
    Ok(files)
}
