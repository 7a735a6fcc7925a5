//! A new generation, written from its rows in order.

use std::path::{Path, PathBuf};

use sled::{Db, Tree};

use crate::Error;
use crate::error::Damage;
use crate::files::{Durability, remove};
use crate::index::meta::Meta;
use crate::index::page::{Address, Entry};
use crate::index::stage::Stage;
use crate::index::{Index, Unusable, damaged, open_sled, pages, sled_error};

/// Items of one sled batch, which sled keeps in memory at about 4 KiB each.
const PART_ITEMS: usize = 256;

/// An index that is being written. It has no meta record before it is finished, so nobody takes a part for the whole.
#[derive(Debug)]
pub(crate) struct Builder {
    db: Db,
    tree: Tree,
    path: PathBuf,
    meta: Meta,
    /// Entries of the page that is being filled.
    open: Vec<Entry>,
    stage: Stage,
    content: u64,
    last: Option<u128>,
}

impl Builder {
    /// Starts in an empty folder.
    pub(crate) fn create(path: &Path, meta: Meta) -> Result<Self, Error> {
        remove(path).map_err(Error::io("remove", path))?;
        let (db, tree) = open_sled(path).map_err(|unusable| match unusable {
            Unusable::Environment(error) => error,
            Unusable::Locked => damaged(path)(Damage::Index("it is open elsewhere".to_owned())),
            Unusable::Bad(words, _) => damaged(path)(Damage::Index(words)),
        })?;
        let (open, stage) = (Vec::new(), Stage::default());
        Ok(Self { db, tree, path: path.to_owned(), meta, open, stage, content: 0, last: None })
    }

    /// Adds a row; rows come in the order of their keys.
    pub(crate) fn push(&mut self, entry: Entry) -> Result<(), Error> {
        let address = Address::of(entry.key, self.meta.bits);
        if self.last.is_some_and(|last| last >= entry.key) {
            return Err(damaged(&self.path)(Damage::Order(address.prefix)));
        }
        if self.open.first().is_some_and(|first| Address::of(first.key, self.meta.bits) != address) {
            self.close_page()?;
        }
        self.last = Some(entry.key);
        self.content = self.content.wrapping_add(pages::content_hash(&entry));
        self.meta.rows += 1;
        self.open.push(entry);
        Ok(())
    }

    /// Adds a reject as it is stored.
    pub(crate) fn push_reject(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.stage.replace(key, None, Some(value.to_vec()));
        self.meta.rejects += 1;
        self.write_full()
    }

    fn close_page(&mut self) -> Result<(), Error> {
        let entries = std::mem::take(&mut self.open);
        if let Some(first) = entries.first() {
            let address = Address::of(first.key, self.meta.bits);
            for (key, bytes) in pages::encode(address, &entries) {
                self.stage.replace(&key, None, Some(bytes));
            }
        }
        self.write_full()
    }

    fn write_full(&mut self) -> Result<(), Error> {
        if self.stage.items() < PART_ITEMS {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.stage).seal_unfinished(&mut self.meta);
        self.tree.apply_batch(batch).map_err(sled_error(&self.path))
    }

    /// Writes the rest and the meta record, waits until all of it is on disk, and reads it back.
    pub(crate) fn finish(mut self, sequence: u64, durability: Durability) -> Result<Index, Error> {
        self.close_page()?;
        let Self { db, tree, path, mut meta, stage, content, .. } = self;
        meta.sequence = sequence;
        tree.apply_batch(stage.seal(&mut meta)).map_err(sled_error(&path))?;
        let mut index = Index { db, tree, path, meta, scan: None };
        index.flush(durability)?;
        if let Some(parent) = index.path.parent() {
            durability.sync_folder(parent).map_err(Error::io("sync", parent))?;
        }
        let scan = pages::scan(&index.tree, &index.meta, &index.path)?;
        scan.compare(&index.meta).map_err(damaged(&index.path))?;
        let mut found = 0_u64;
        index.each_entry(|entry| {
            found = found.wrapping_add(pages::content_hash(&entry));
            Ok(())
        })?;
        if found != content {
            return Err(damaged(&index.path)(Damage::Sum));
        }
        index.scan = Some(scan);
        Ok(index)
    }
}
