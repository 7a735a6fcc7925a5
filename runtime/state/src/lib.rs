//! What is remembered between runs, on sled 0.34.7. No other crate names sled.
//!
//! Invariants:
//! - What is true of a sync stands in its newest checkpoint and the journal after it, both checksummed. The index in sled is built
//!   from them and is thrown away rather than repaired.
//! - A commit returns when its record of the journal is fsynced. Nothing is in the index that is not in the journal.
//! - Which files count changes by the rename of one manifest; what is new is whole before, what is old is removed after.
//! - An opening that finds damage mends it from what is known to be true, says so, or refuses. It never guesses, and an empty
//!   state is never the result.
//! - After a failure nothing more is written in this process; the next opening looks at what is on disk.
//! - Never one key a row: acknowledged rows are packed in pages.

mod admin;
mod checkpoint;
mod directory;
mod error;
mod evidence;
mod failpoint;
mod files;
mod frame;
mod history;
mod index;
mod journal;
mod ladder;
mod ledger;
mod lock;
mod manifest;
mod open;
mod record;
mod reserve;
mod runs;
mod store;

pub use admin::{Checkup, Compacted, FileInfo, Finding, Reset, Restored, StateInfo, Verdict};
pub use directory::StateDirectory;
pub use error::{Damage, Error};
pub use files::Durability;
pub use history::{HistoryEntry, HistoryOutcome, history};
pub use runs::runs;
pub use store::SyncStore;

/// Unix milliseconds.
fn now_ms() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
