//! The pages of one sync in their sled tree.
//!
//! A page's sled key is `p`, the generation, the leading bits of its row keys, and a chunk number that is
//! above 0 only where chance put more rows under one prefix than a page holds. A state that outgrows its number of leading
//! bits is written again under the next generation; the meta record says which generation counts.

use std::path::Path;

use offtake_core::digest::{KeyDigest, RowDigest, Seed};
use offtake_core::known::Known;
use serde::{Deserialize, Serialize};
use sled::{Batch, Tree};

use crate::Error;
use crate::error::Damage;
use crate::page::{self, Address, Entry, PAGE_BYTES_MAX};

const META_KEY: &[u8] = b"m";
/// Bytes of a page that is as full as pages should be on average: chance then rarely fills one to the brim.
const PAGE_BYTES_AIM: usize = 2_800;
/// More leading bits than this and a prefix no longer fits its four bytes.
const BITS_MAX: u32 = 32;
/// sled keeps a batch in memory at about 4 KiB an operation.
const REBUILD_PAGES: usize = 256;

/// What the pages have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) seed: u64,
    pub(crate) generation: u8,
    pub(crate) bits: u32,
    pub(crate) rows: u64,
}

/// A change of one row's entry; none removes it.
pub(crate) type Write = (KeyDigest, Option<(RowDigest, Vec<u8>)>);

/// The tree with the pages' common facts.
#[derive(Debug)]
pub(crate) struct Pages {
    tree: Tree,
    meta: Meta,
}

impl Meta {
    pub(crate) fn fresh(seed: u64) -> Self {
        Self { seed, generation: 0, bits: 0, rows: 0 }
    }

    fn address(self, prefix: u32) -> Address {
        Address { prefix, bits: self.bits }
    }

    fn key(self, prefix: u32, chunk: u8) -> [u8; 7] {
        let [a, b, c, d] = prefix.to_be_bytes();
        [b'p', self.generation, a, b, c, d, chunk]
    }
}

impl Pages {
    /// Reads the meta record, or starts with a random seed.
    pub(crate) fn open(tree: Tree, path: &Path) -> Result<Self, Error> {
        let found = tree.get(META_KEY).map_err(sled_error(path))?;
        let meta = match found {
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| damaged(path)(Damage::Record(error.to_string())))?
            }
            None => Meta::fresh(random_seed()),
        };
        let pages = Self { tree, meta };
        pages.sweep().map_err(sled_error(path))?;
        Ok(pages)
    }

    /// Removes pages of a generation that never came to count, or counts no more.
    fn sweep(&self) -> Result<(), sled::Error> {
        let own = [b'p', self.meta.generation];
        let after = self.meta.generation.checked_add(1).map_or([b'q', 0], |next| [b'p', next]);
        let others = self.tree.range([b'p', 0]..own).chain(self.tree.range(after..[b'q', 0]));
        for key in others.map(|item| item.map(|(key, _)| key)) {
            self.tree.remove(key?)?;
        }
        Ok(())
    }

    /// Every acknowledged row.
    pub(crate) fn load(&self, path: &Path) -> Result<Known, Error> {
        let expected = usize::try_from(self.meta.rows).unwrap_or(0);
        let mut keys = Vec::with_capacity(expected);
        let mut digests = Vec::with_capacity(expected);
        for item in self.tree.scan_prefix([b'p', self.meta.generation]) {
            let (key, bytes) = item.map_err(sled_error(path))?;
            let address = self.meta.address(prefix_of(&key));
            page::decode_digests(address, &bytes, &mut keys, &mut digests).map_err(damaged(path))?;
        }
        if keys.len() as u64 != self.meta.rows {
            let (expected, found) = (self.meta.rows, keys.len() as u64);
            return Err(damaged(path)(Damage::Rows { expected, found }));
        }
        if let Some(pair) = keys.array_windows().position(|[left, right]| left >= right) {
            let at = keys.get(pair).map_or(0, |key| Address::of(*key, self.meta.bits).prefix);
            return Err(damaged(path)(Damage::Order(at)));
        }
        Ok(Known::from_sorted(Seed(self.meta.seed), keys, digests))
    }

    /// One row's entry.
    pub(crate) fn get(&self, key: KeyDigest, path: &Path) -> Result<Option<Entry>, Error> {
        let prefix = Address::of(key.0, self.meta.bits).prefix;
        let (entries, _) = self.read(prefix, path)?;
        Ok(entries.into_iter().find(|entry| entry.key == key.0))
    }

    /// All entries under a prefix, and how many chunks hold them.
    fn read(&self, prefix: u32, path: &Path) -> Result<(Vec<Entry>, u8), Error> {
        let [kind, generation, a, b, c, d, _] = self.meta.key(prefix, 0);
        let mut entries = Vec::new();
        let mut chunks = 0;
        for item in self.tree.scan_prefix([kind, generation, a, b, c, d]) {
            let (_, bytes) = item.map_err(sled_error(path))?;
            entries.extend(page::decode(self.meta.address(prefix), &bytes).map_err(damaged(path))?);
            chunks += 1;
        }
        Ok((entries, chunks))
    }

    /// Adds the writes to `batch`; `writes` ascend by key. Returns the meta record that the batch makes true.
    pub(crate) fn stage(&self, writes: &[Write], batch: &mut Batch, path: &Path) -> Result<Meta, Error> {
        let mut meta = self.meta;
        let prefix = |write: &Write| Address::of(write.0.0, self.meta.bits).prefix;
        for group in writes.chunk_by(|left, right| prefix(left) == prefix(right)) {
            let Some(first) = group.first() else { continue };
            let address = self.meta.address(prefix(first));
            let (entries, chunks) = self.read(address.prefix, path)?;
            let before = entries.len() as u64;
            let entries = merge(entries, group);
            meta.rows = meta.rows - before + entries.len() as u64;
            stage_pages(self.meta, address, &entries, chunks, batch);
        }
        batch.insert(META_KEY, serde_json::to_vec(&meta).unwrap_or_default());
        Ok(meta)
    }

    /// Takes over what a batch has made true.
    pub(crate) fn committed(&mut self, meta: Meta) {
        self.meta = meta;
    }

    /// Sizes the pages for `rows` rows of about `row_bytes`, before they come.
    pub(crate) fn reserve(&mut self, rows: u64, row_bytes: usize, path: &Path) -> Result<(), Error> {
        let wanted = bits_for(rows, row_bytes);
        let sparse = self.meta.bits > wanted + 2;
        if wanted <= self.meta.bits && !sparse {
            return Ok(());
        }
        self.rebuild(wanted, path)
    }

    fn rebuild(&mut self, bits: u32, path: &Path) -> Result<(), Error> {
        let next = Meta { bits, generation: self.meta.generation.wrapping_add(1), ..self.meta };
        let mut open: Vec<Entry> = Vec::new();
        let mut batch = Batch::default();
        let mut staged = 0;
        for item in self.tree.scan_prefix([b'p', self.meta.generation]) {
            let (key, bytes) = item.map_err(sled_error(path))?;
            let address = self.meta.address(prefix_of(&key));
            for entry in page::decode(address, &bytes).map_err(damaged(path))? {
                let own = Address::of(entry.key, bits);
                if open.first().is_some_and(|first| Address::of(first.key, bits) != own) {
                    staged += 1;
                    flush_group(next, &mut open, &mut batch);
                }
                open.push(entry);
            }
            if staged >= REBUILD_PAGES {
                staged = 0;
                self.tree.apply_batch(std::mem::take(&mut batch)).map_err(sled_error(path))?;
            }
        }
        flush_group(next, &mut open, &mut batch);
        batch.insert(META_KEY, serde_json::to_vec(&next).unwrap_or_default());
        self.tree.apply_batch(batch).map_err(sled_error(path))?;
        self.meta = next;
        self.sweep().map_err(sled_error(path))
    }
}

fn flush_group(meta: Meta, open: &mut Vec<Entry>, batch: &mut Batch) {
    let entries = std::mem::take(open);
    if let Some(first) = entries.first() {
        stage_pages(meta, Address::of(first.key, meta.bits), &entries, 0, batch);
    }
}

/// Writes entries as chunks of at most a page, and removes chunks that are no longer needed.
fn stage_pages(meta: Meta, address: Address, entries: &[Entry], chunks_before: u8, batch: &mut Batch) {
    let mut chunk = 0_u8;
    let mut rest = entries;
    while !rest.is_empty() {
        // A length is written for every entry as soon as one keeps something.
        let mut bytes = page::size(address, &[]);
        let fitting = rest.iter().take_while(|entry| {
            bytes += page::entry_size(address, entry) + 2;
            bytes <= PAGE_BYTES_MAX
        });
        let count = fitting.count().max(1);
        let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        batch.insert(&meta.key(address.prefix, chunk), page::encode(address, own));
        rest = others;
        chunk = chunk.saturating_add(1);
    }
    for surplus in chunk..chunks_before {
        batch.remove(&meta.key(address.prefix, surplus));
    }
}

/// Applies ascending writes to ascending entries.
fn merge(entries: Vec<Entry>, writes: &[Write]) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len() + writes.len());
    let mut entries = entries.into_iter().peekable();
    for (key, value) in writes {
        while let Some(entry) = entries.next_if(|entry| entry.key < key.0) {
            merged.push(entry);
        }
        let _replaced = entries.next_if(|entry| entry.key == key.0);
        if let Some((digest, kept)) = value {
            merged.push(Entry { key: key.0, digest: digest.0, kept: kept.clone() });
        }
    }
    merged.extend(entries);
    merged
}

fn bits_for(rows: u64, row_bytes: usize) -> u32 {
    let per_page = (PAGE_BYTES_AIM / row_bytes.max(1)).max(1) as u64;
    let pages = rows.div_ceil(per_page).max(1);
    pages.next_power_of_two().ilog2().min(BITS_MAX)
}

fn prefix_of(key: &[u8]) -> u32 {
    key.get(2..6).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn random_seed() -> u64 {
    // A ULID's low 64 bits are random; the seed only has to be unknown to whoever writes source rows.
    let [.., a, b, c, d, e, f, g, h] = ulid::Ulid::generate().to_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

pub(crate) fn sled_error(path: &Path) -> impl Fn(sled::Error) -> Error + '_ {
    move |source| Error::Sled { path: path.to_owned(), source }
}

pub(crate) fn damaged(path: &Path) -> impl Fn(Damage) -> Error + '_ {
    move |source| Error::Damaged { path: path.to_owned(), source }
}
