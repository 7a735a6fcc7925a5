//! The index: acknowledged rows in pages and the reject list, in one sled directory a generation.
//!
//! Nothing here is the truth. What sled holds is compared with the sums that were written with it before it is used, and
//! whatever does not fit is thrown away and built again from checkpoint and journal. So a commit need not wait for sled.

mod apply;
mod build;
mod meta;
mod page;
mod pages;
mod quiet;
mod rejects;
mod stage;

use std::fs::File;
use std::path::{Path, PathBuf};

use offtake_core::digest::KeyDigest;
use offtake_core::ports::{Kept, Listed};
use sled::{Config, Db, Mode, Tree};

pub(crate) use build::Builder;
pub(crate) use meta::Meta;
pub(crate) use page::{Address, Entry, decode as decode_page, encode as encode_page};
pub(crate) use pages::content_hash;
use pages::{Scan, bits_for, decode_kept};
pub(crate) use quiet::quietly;
pub(crate) use rejects::fit;

use crate::Error;
use crate::error::Damage;
use crate::files::{Durability, is_full, paths};

/// Pages are read once, in order; more cache than this only delays writing back.
const CACHE_BYTES: u64 = 64 << 20;
/// sled's own fsync. Nothing waits for it: what it has not written is replayed from the journal.
const FLUSH_MS: u64 = 500;
/// The tree of pages, rejects and meta record.
const TREE: &str = "rows";
/// Bytes of a row's entry when only digests are kept, and when match values are.
const ROW_BYTES: usize = 24;
const KEPT_ROW_BYTES: usize = 24 + 2 + 64;

/// An open index that was compared with its sums.
#[derive(Debug)]
pub(crate) struct Index {
    db: Db,
    tree: Tree,
    path: PathBuf,
    meta: Meta,
    /// Of the opening, until something changes: reading everything twice would cost a second a run.
    scan: Option<Scan>,
}

/// Why an index cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The disk or its permissions, not the index.
    Environment(Error),
    /// Another process still has it open.
    Locked,
    /// It is damaged. With the sequence that it says it has, where that can be read.
    Bad(String, Option<u64>),
}

impl Index {
    /// Opens a generation and compares all of it with its sums.
    pub(crate) fn open(path: &Path) -> Result<Self, Unusable> {
        let swept = sweep_unfinished_snapshots(path);
        swept.map_err(|error| Unusable::Environment(Error::io("sweep", path)(error)))?;
        quietly(|| Self::open_checked(path)).unwrap_or_else(|words| Err(Unusable::Bad(words, None)))
    }

    fn open_checked(path: &Path) -> Result<Self, Unusable> {
        let (db, tree) = open_sled(path)?;
        let bad = |damage: Damage| Unusable::Bad(damage.to_string(), None);
        let found = tree.get(meta::KEY).map_err(unusable(path))?;
        let found = found.ok_or_else(|| Unusable::Bad("it has no meta record".to_owned(), None))?;
        let meta = Meta::decode(&found).map_err(bad)?;
        let bad = |words: String| Unusable::Bad(words, Some(meta.sequence));
        let scan = pages::scan(&tree, &meta, path).map_err(|error| match error {
            Error::Damaged { source, .. } => bad(source.to_string()),
            other => environment(other, Some(meta.sequence)),
        })?;
        scan.compare(&meta).map_err(|damage| bad(damage.to_string()))?;
        Ok(Self { db, tree, path: path.to_owned(), meta, scan: Some(scan) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Keys and digests of all acknowledged rows, by key.
    pub(crate) fn rows(&mut self) -> Result<(Vec<u128>, Vec<u64>), Error> {
        let scan = match self.scan.take() {
            Some(scan) => scan,
            None => self.quiet(|index| pages::scan(&index.tree, &index.meta, &index.path))?,
        };
        scan.compare(&self.meta).map_err(damaged(&self.path))?;
        Ok((scan.keys, scan.digests))
    }

    /// What is kept of an acknowledged row.
    pub(crate) fn kept(&self, key: KeyDigest) -> Result<Option<Kept>, Error> {
        let entry = self.quiet(|index| pages::get(&index.tree, &index.meta, key, &index.path))?;
        Ok(entry.and_then(|entry| decode_kept(&entry.kept)))
    }

    /// Hands on every acknowledged row, by key.
    pub(crate) fn each_entry(&self, each: impl FnMut(Entry) -> Result<(), Error>) -> Result<(), Error> {
        self.quiet(|index| pages::each(&index.tree, &index.meta, &index.path, each))
    }

    /// Hands on every reject as it is stored.
    pub(crate) fn each_reject(&self, each: impl FnMut(&[u8], &[u8]) -> Result<(), Error>) -> Result<(), Error> {
        self.quiet(|index| rejects::each(&index.tree, &index.path, each))
    }

    /// The reject list.
    pub(crate) fn rejects(&self) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        self.each_reject(|place, value| {
            listed.push(rejects::listed(place, value).map_err(damaged(&self.path))?);
            Ok(())
        })?;
        Ok(listed)
    }

    /// Waits until all of it survives a power cut: sled's own flush is `sync_file_range`.
    pub(crate) fn flush(&self, durability: Durability) -> Result<(), Error> {
        if durability == Durability::Unsynced {
            return Ok(());
        }
        self.quiet(|index| index.db.flush().map(drop).map_err(sled_error(&index.path)))?;
        let file = self.path.join("db");
        let synced = File::open(&file).and_then(|db| db.sync_all());
        synced.map_err(Error::io("sync", &file))?;
        durability.sync_folder(&self.path).map_err(Error::io("sync", &self.path))
    }

    /// The number of leading bits with which `rows` rows fill pages well, where it differs much from today's.
    pub(crate) fn better_bits(&self, rows: u64, keeps: bool) -> Option<u32> {
        let wanted = bits_for(rows, if keeps { KEPT_ROW_BYTES } else { ROW_BYTES });
        (wanted > self.meta.bits || self.meta.bits > wanted + 2).then_some(wanted)
    }

    /// The same when `more` rows come unannounced: pages far too small for them would be read and written again and again.
    pub(crate) fn crowded_bits(&self, more: u64) -> Option<u32> {
        let wanted = bits_for(self.meta.rows + more, ROW_BYTES);
        (wanted > self.meta.bits + 3).then_some(wanted)
    }

    /// Leading bits for rows that were well served by `bits` before so many came.
    pub(crate) fn bits_at_least(bits: u32, rows: u64) -> u32 {
        bits.max(bits_for(rows, ROW_BYTES))
    }

    /// sled panics on some damage instead of returning it.
    fn quiet<T>(&self, work: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        quietly(|| work(self)).unwrap_or_else(|words| Err(damaged(&self.path)(Damage::Index(words))))
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // sled writes when it is dropped, and what is damaged may make it panic; the journal has all of it.
        let _quiet = quietly(|| self.db.flush().map(drop));
    }
}

fn open_sled(path: &Path) -> Result<(Db, Tree), Unusable> {
    let config =
        Config::new().path(path).cache_capacity(CACHE_BYTES).mode(Mode::LowSpace).flush_every_ms(Some(FLUSH_MS));
    let db = config.open().map_err(unusable(path))?;
    let tree = db.open_tree(TREE).map_err(unusable(path))?;
    Ok((db, tree))
}

/// A kill while sled starts leaves a snapshot under a name that sled later takes for a finished one, and then
/// it cannot open its own directory any more (0.34.7 writes `.generating` and skips `.in___motion`).
fn sweep_unfinished_snapshots(path: &Path) -> std::io::Result<()> {
    for file in paths(path)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(&file)?;
            tracing::warn!(code = "OFT-S012", file = %file.display(), "removed an unfinished snapshot file (harmless)");
        }
    }
    Ok(())
}

fn unusable(path: &Path) -> impl Fn(sled::Error) -> Unusable + '_ {
    move |source| environment(sled_error(path)(source), None)
}

/// An error of the system is not damage: building the index again would fail in the same way, or hide a full disk.
fn environment(error: Error, sequence: Option<u64>) -> Unusable {
    use std::io::ErrorKind;
    let cause = std::error::Error::source(&error).and_then(|cause| match cause.downcast_ref::<sled::Error>() {
        Some(sled::Error::Io(cause)) => Some(cause),
        _ => cause.downcast_ref::<std::io::Error>(),
    });
    // sled says so only in words.
    if cause.is_some_and(|cause| cause.to_string().contains("could not acquire lock")) {
        return Unusable::Locked;
    }
    let outside = cause.is_some_and(|cause| {
        let denied = matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
        denied || is_full(cause)
    });
    if outside {
        Unusable::Environment(error)
    } else {
        let words = std::error::Error::source(&error).map(ToString::to_string);
        Unusable::Bad(words.unwrap_or_else(|| error.to_string()), sequence)
    }
}

pub(crate) fn sled_error(path: &Path) -> impl Fn(sled::Error) -> Error + '_ {
    move |source| match source {
        sled::Error::Io(source) if is_full(&source) => Error::Full { path: path.to_owned(), source },
        source => Error::Index { path: path.to_owned(), source: Box::new(source) },
    }
}

pub(crate) fn damaged(path: &Path) -> impl Fn(Damage) -> Error + '_ {
    move |source| Error::Damaged { path: path.to_owned(), source }
}
