//! One sync's sled directory as the engine's state port.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use offtake_core::digest::KeyDigest;
use offtake_core::known::Known;
use offtake_core::ports::{Kept, Settled, StateStore};
use offtake_core::run::{Reject, RunRecord, Status};
use offtake_core::{Fault, Name};
use sled::{Batch, Config, Db, Mode};

use crate::error::{Damage, Error};
use crate::page::KEPT_BYTES_MAX;
use crate::pages::{Pages, Write, damaged, sled_error};
use crate::rejects::Rejects;
use crate::runs;

/// Pages are read once, in order; more cache than this only delays writing back.
const CACHE_BYTES: u64 = 64 << 20;
/// sled's own fsync, for what no commit waits for.
const FLUSH_MS: u64 = 500;
/// Bytes of a row's entry when only digests are kept, and when match values are.
const ROW_BYTES: usize = 24;
const KEPT_ROW_BYTES: usize = 24 + 2 + 64;
/// Where the place that rows are delivered to is written down.
const TARGET_KEY: &[u8] = b"t";

/// The open state of one sync.
#[derive(Debug)]
pub struct SledStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sync: Name,
    state: PathBuf,
    path: PathBuf,
    db: Db,
    pages: Mutex<Pages>,
    rejects: Rejects,
}

impl SledStore {
    pub(crate) fn open(state: &Path, sync: &Name) -> Result<Self, Error> {
        let path = state.join("syncs").join(sync.as_str());
        fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
        sweep_unfinished_snapshots(&path)?;
        let config =
            Config::new().path(&path).cache_capacity(CACHE_BYTES).mode(Mode::LowSpace).flush_every_ms(Some(FLUSH_MS));
        // sled panics on some damage instead of returning it.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
        let db = match opened {
            Ok(opened) => opened.map_err(sled_error(&path))?,
            Err(panic) => {
                let words = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                return Err(damaged(&path)(Damage::Open(words)));
            }
        };
        let tree = db.open_tree("rows").map_err(sled_error(&path))?;
        let pages = Pages::open(tree.clone(), &path)?;
        Ok(Self {
            inner: Arc::new(Inner {
                sync: sync.clone(),
                state: state.to_owned(),
                rejects: Rejects::new(tree),
                pages: Mutex::new(pages),
                path,
                db,
            }),
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let inner = self.inner.clone();
        let joined = tokio::task::spawn_blocking(move || work(&inner)).await;
        Ok(joined.map_err(Error::Cancelled)??)
    }
}

/// A kill while sled starts leaves a snapshot under a name that sled later takes for a finished one, and then
/// it cannot open its own directory any more (0.34.7 writes `.generating` and skips `.in___motion`).
fn sweep_unfinished_snapshots(path: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(path).map_err(Error::io("list", path))? {
        let entry = entry.map_err(Error::io("list", path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
            tracing::warn!(code = "OFT-S012", file = %entry.path().display(), "removed an unfinished snapshot file (harmless)");
        }
    }
    Ok(())
}

impl Inner {
    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        // A panic while the lock was held left the pages as they were: they change only after a commit.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything written so far survives a power cut.
    fn sync_to_disk(&self) -> Result<(), Error> {
        self.db.flush().map_err(sled_error(&self.path))?;
        let file = self.path.join("db");
        let synced = File::open(&file).and_then(|db| db.sync_all());
        synced.map_err(Error::io("sync", &file))
    }

    /// The seed becomes durable here as well: before the first row is sent, so that a crash does not change its key.
    fn bind(&self, target: &str) -> Result<(), Error> {
        let tree = self.db.open_tree("rows").map_err(sled_error(&self.path))?;
        match tree.get(TARGET_KEY).map_err(sled_error(&self.path))? {
            Some(found) if &*found == target.as_bytes() => return Ok(()),
            Some(found) => {
                return Err(Error::OtherTarget {
                    path: self.path.clone(),
                    found: String::from_utf8_lossy(&found).into_owned(),
                });
            }
            None => {}
        }
        let mut batch = Batch::default();
        batch.insert(TARGET_KEY, target.as_bytes());
        self.pages().stage(&[], &mut batch, &self.path)?;
        tree.apply_batch(batch).map_err(sled_error(&self.path))?;
        self.sync_to_disk()
    }

    fn commit(&self, settled: Vec<Settled>) -> Result<(), Error> {
        let mut pages = self.pages();
        let mut batch = Batch::default();
        let mut writes: Vec<Write> = Vec::with_capacity(settled.len());
        let listed = !self.rejects.is_empty();
        for row in settled {
            match row {
                Settled::Delivered { key, digest, kept } => {
                    writes.push((key, Some((digest, kept.map(|kept| encode_kept(&kept)).unwrap_or_default()))));
                    if listed {
                        Rejects::unstage(key, &mut batch);
                    }
                }
                Settled::Gone { key } => {
                    writes.push((key, None));
                    if listed {
                        Rejects::unstage(key, &mut batch);
                    }
                }
                Settled::Rejected { key, reject } => self.rejects.stage(key, reject, &mut batch, &self.path)?,
            }
        }
        writes.sort_by_key(|(key, _)| *key);
        let meta = pages.stage(&writes, &mut batch, &self.path)?;
        let tree = self.db.open_tree("rows").map_err(sled_error(&self.path))?;
        tree.apply_batch(batch).map_err(sled_error(&self.path))?;
        pages.committed(meta);
        self.sync_to_disk()
    }
}

#[async_trait]
impl StateStore for SledStore {
    async fn bind(&self, target: &str) -> Result<(), Fault> {
        let target = target.to_owned();
        self.blocking(move |inner| inner.bind(&target)).await
    }

    async fn known(&self) -> Result<Known, Fault> {
        self.blocking(|inner| inner.pages().load(&inner.path)).await
    }

    async fn reserve(&self, rows: u64, keeps: bool) -> Result<(), Fault> {
        let row_bytes = if keeps { KEPT_ROW_BYTES } else { ROW_BYTES };
        self.blocking(move |inner| inner.pages().reserve(rows, row_bytes, &inner.path)).await
    }

    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault> {
        let keys = keys.to_vec();
        self.blocking(move |inner| {
            let pages = inner.pages();
            let read =
                keys.into_iter().map(|key| Ok(pages.get(key, &inner.path)?.and_then(|entry| decode_kept(&entry.kept))));
            read.collect()
        })
        .await
    }

    async fn commit(&self, settled: Vec<Settled>) -> Result<(), Fault> {
        self.blocking(move |inner| inner.commit(settled)).await
    }

    async fn finish(&self, record: &RunRecord) -> Result<(), Fault> {
        let record = record.clone();
        self.blocking(move |inner| {
            runs::write(&inner.state, &inner.sync, &record)?;
            if matches!(record.status, Status::Completed | Status::CompletedWithRejects) {
                inner.rejects.keep_only(&record.id, &inner.path)?;
                inner.sync_to_disk()?;
            }
            Ok(())
        })
        .await
    }

    async fn rejects(&self) -> Result<Vec<Reject>, Fault> {
        self.blocking(|inner| inner.rejects.list(&inner.path)).await
    }
}

/// Match values and remote id as a JSON pair. What is too long to keep is not: the row can then not be removed
/// by this sync, which is reported when it would have to be.
fn encode_kept(kept: &Kept) -> Vec<u8> {
    let pair = (&kept.match_values, &kept.remote_id);
    let bytes = serde_json::to_vec(&pair).unwrap_or_default();
    if bytes.len() > KEPT_BYTES_MAX { Vec::new() } else { bytes }
}

fn decode_kept(bytes: &[u8]) -> Option<Kept> {
    let (match_values, remote_id) = serde_json::from_slice(bytes).ok()?;
    Some(Kept { match_values, remote_id })
}
