//! What is remembered between runs, on sled 0.34.7. No other crate names sled.
//!
//! Invariants:
//! - One sled directory a sync, opened while that sync runs, under one lock for the whole state folder.
//! - Never one key a row: acknowledged rows are packed in pages of at most [`page::PAGE_BYTES_MAX`].
//! - Every change of pages and rejects that belongs together is one sled batch.
//! - A commit returns when the bytes are fsynced; sled's own flush is `sync_file_range`.
//! - The index can be rebuilt: losing it re-sends rows, it never loses one.

mod directory;
mod error;
mod lock;
mod page;
mod pages;
mod rejects;
mod runs;
mod store;

pub use directory::StateDirectory;
pub use error::Error;
pub use runs::runs;
pub use store::SledStore;
