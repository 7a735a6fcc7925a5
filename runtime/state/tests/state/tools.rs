//! Rows, runs and folders for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use offtake_core::Name;
use offtake_core::destination::OutcomeKind;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::object::Operation;
use offtake_core::ports::{Intent, Kept, Settled, StateStore};
use offtake_core::run::{Reject, RunId, RunRecord, Status};
use offtake_state::{StateDirectory, SyncStore};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_128;

/// The run that tests commit for.
pub(crate) const RUN: RunId = RunId(0x0199_0000_0000_0000_0000_0000_0000_0001);

pub(crate) fn name() -> Name {
    "crm".parse().unwrap()
}

pub(crate) fn key(number: u64) -> KeyDigest {
    KeyDigest(xxh3_128(&number.to_le_bytes()))
}

pub(crate) fn delivered(number: u64, digest: u64) -> Settled {
    keeping(number, digest, None)
}

pub(crate) fn keeping(number: u64, digest: u64, kept: Option<Kept>) -> Settled {
    Settled::Delivered { key: key(number), digest: RowDigest(digest), outcome: OutcomeKind::Created, kept }
}

pub(crate) fn gone(number: u64) -> Settled {
    Settled::Gone { key: key(number), outcome: Some(OutcomeKind::Deleted) }
}

pub(crate) fn intent(number: u64, digest: u64) -> Intent {
    Intent { key: key(number), operation: Operation::Upsert, digest: RowDigest(digest), run: RUN, kept: None }
}

pub(crate) fn rejected(number: u64, run: &str) -> Settled {
    Settled::Rejected { key: Some(key(number)), reject: reject(run), in_doubt: false }
}

pub(crate) fn reject(run: &str) -> Reject {
    Reject {
        key: "{\"email\":\"a@example.com\"}".to_owned(),
        operation: Some("upsert".to_owned()),
        code: "OFT-R001".to_owned(),
        vendor_code: "invalid_email".to_owned(),
        message: "no such address".to_owned(),
        field: Some("email".to_owned()),
        http_status: Some(400),
        record: "{}".to_owned(),
        run: run.to_owned(),
        runs: 1,
        first_seen_ms: 5,
        digest: Some(7),
        ignored: false,
    }
}

pub(crate) fn record(id: &str, status: Status) -> RunRecord {
    RunRecord { id: id.to_owned(), status, requests: 3, ..RunRecord::begun(RUN, "crm", 1) }
}

/// Row numbers with the digests that are acknowledged.
pub(crate) type Rows = BTreeMap<u64, u64>;

/// What a store knows of the rows below `limit`, and that it knows no others.
pub(crate) async fn rows_of(store: &SyncStore, limit: u64) -> Rows {
    let known = store.known().await.unwrap();
    let doubts = store.in_doubt().await.unwrap();
    let doubted = |number: u64| doubts.iter().any(|intent| intent.key == key(number));
    let digests = (0..limit).filter_map(|number| Some((number, known.digest(key(number))?.0)));
    let rows: Rows = digests.filter(|(number, _)| !doubted(*number)).collect();
    assert_eq!(known.acknowledged(), rows.len());
    rows
}

/// A folder in memory where the system has one: what fsync costs is not asked here, and thousands of them are waited for.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Opens the sync of a state folder.
pub(crate) fn open(folder: &Path) -> (StateDirectory, SyncStore) {
    let state = StateDirectory::open(folder).unwrap();
    let store = state.sync(&name()).unwrap();
    (state, store)
}

/// Copies a folder as a kill would leave it: what the process has written is there, and nothing of what it would do at its end.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() == "reserve.bin" {
            // Its bytes mean nothing, and copying them a thousand times takes longer than everything else.
            fs::write(target, "x").unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A generator whose seed a failure prints, and that `OFFTAKE_SEED` sets.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// The seed of a test: of this hour, or the one that is asked for.
pub(crate) fn seed() -> u64 {
    let asked = std::env::var("OFFTAKE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = asked.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 3_600);
    println!("seed={seed}");
    seed
}
