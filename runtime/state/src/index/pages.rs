//! The pages of one sync in their sled tree.
//!
//! A page's sled key is `p`, the leading bits of its row keys, and a chunk number that is above 0 only where chance put more
//! rows under one prefix than a page holds.

use std::path::Path;

use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::ports::Kept;
use sled::{IVec, Tree};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::Error;
use crate::error::Damage;
use crate::index::meta::{self, Meta};
use crate::index::page::{self, Address, Entry, PAGE_BYTES_MAX};
use crate::index::stage::{Stage, item_hash};
use crate::index::{damaged, rejects, sled_error};
use crate::record::KeptValues;

/// First byte of a page's key.
const PREFIX: u8 = b'p';
/// Bytes of a page that is as full as pages should be on average: chance then rarely fills one to the brim.
const PAGE_BYTES_AIM: usize = 2_800;
/// More leading bits than this and a prefix no longer fits its four bytes.
const BITS_MAX: u32 = 32;

/// A page's key and bytes in sled.
type Item = (IVec, IVec);

/// A change of one row's entry; none removes it.
pub(crate) type Write = (KeyDigest, Option<(RowDigest, Option<Kept>)>);

/// Everything in an index, read once.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) keys: Vec<u128>,
    pub(crate) digests: Vec<u64>,
    sum: u64,
    rejects: u64,
}

impl Scan {
    /// Whether what was read is what was written.
    pub(crate) fn compare(&self, meta: &Meta) -> Result<(), Damage> {
        let found = self.keys.len() as u64;
        if found != meta.rows {
            return Err(Damage::Rows { expected: meta.rows, found });
        }
        if self.sum != meta.sum || self.rejects != meta.rejects {
            return Err(Damage::Sum);
        }
        match self.keys.array_windows().position(|[left, right]| left >= right) {
            Some(pair) => Err(Damage::Order(self.keys.get(pair).map_or(0, |key| Address::of(*key, meta.bits).prefix))),
            None => Ok(()),
        }
    }
}

/// Reads every item of the tree.
pub(crate) fn scan(tree: &Tree, meta: &Meta, path: &Path) -> Result<Scan, Error> {
    let expected = usize::try_from(meta.rows).unwrap_or(0).min(1 << 20);
    let mut scan =
        Scan { keys: Vec::with_capacity(expected), digests: Vec::with_capacity(expected), ..Scan::default() };
    for item in tree {
        let (key, bytes) = item.map_err(sled_error(path))?;
        match key.first() {
            Some(&PREFIX) => {
                let address = meta.address(prefix_of(&key));
                page::decode_digests(address, &bytes, &mut scan.keys, &mut scan.digests).map_err(damaged(path))?;
            }
            Some(&rejects::PREFIX) => {
                rejects::read(&bytes).map_err(damaged(path))?;
                scan.rejects += 1;
            }
            _ if &*key == meta::KEY => continue,
            _ => return Err(damaged(path)(Damage::Record("an item that nobody wrote".to_owned()))),
        }
        scan.sum = scan.sum.wrapping_add(item_hash(&key, &bytes));
    }
    Ok(scan)
}

/// Hands on every entry, by key.
pub(crate) fn each(
    tree: &Tree,
    meta: &Meta,
    path: &Path,
    mut each: impl FnMut(Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    for item in tree.scan_prefix([PREFIX]) {
        let (key, bytes) = item.map_err(sled_error(path))?;
        let entries = page::decode(meta.address(prefix_of(&key)), &bytes).map_err(damaged(path))?;
        entries.into_iter().try_for_each(&mut each)?;
    }
    Ok(())
}

/// One row's entry.
pub(crate) fn get(tree: &Tree, meta: &Meta, key: KeyDigest, path: &Path) -> Result<Option<Entry>, Error> {
    let address = Address::of(key.0, meta.bits);
    let (entries, _) = read(tree, address, path)?;
    Ok(entries.into_iter().find(|entry| entry.key == key.0))
}

/// All entries under a prefix, and the items that hold them.
fn read(tree: &Tree, address: Address, path: &Path) -> Result<(Vec<Entry>, Vec<Item>), Error> {
    let [kind, a, b, c, d, ..] = item_key(address.prefix, 0);
    let (mut entries, mut items) = (Vec::new(), Vec::new());
    for item in tree.scan_prefix([kind, a, b, c, d]) {
        let (key, bytes) = item.map_err(sled_error(path))?;
        entries.extend(page::decode(address, &bytes).map_err(damaged(path))?);
        items.push((key, bytes));
    }
    Ok((entries, items))
}

/// Adds the writes to `stage`; `writes` ascend by key, each once.
pub(crate) fn stage(
    tree: &Tree,
    meta: &mut Meta,
    writes: &[Write],
    stage: &mut Stage,
    path: &Path,
) -> Result<(), Error> {
    let bits = meta.bits;
    let address = |write: &Write| Address::of(write.0.0, bits);
    for group in writes.chunk_by(|left, right| address(left) == address(right)) {
        let Some(address) = group.first().map(address) else { continue };
        let (entries, items) = read(tree, address, path)?;
        let before = entries.len() as u64;
        let entries = merge(entries, group);
        meta.rows = meta.rows.saturating_sub(before) + entries.len() as u64;
        let mut after = encode(address, &entries).into_iter();
        for (key, bytes) in &items {
            stage.replace(key, Some(bytes), after.next().map(|(_, bytes)| bytes));
        }
        for (key, bytes) in after {
            stage.replace(&key, None, Some(bytes));
        }
    }
    Ok(())
}

/// Entries of one address as items of at most a page.
pub(crate) fn encode(address: Address, entries: &[Entry]) -> Vec<([u8; 7], Vec<u8>)> {
    let mut items = Vec::new();
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
        let chunk = u16::try_from(items.len()).unwrap_or(u16::MAX);
        items.push((item_key(address.prefix, chunk), page::encode(address, own)));
        rest = others;
    }
    items
}

/// Applies ascending writes to ascending entries. A vendor's id stays known until another takes its place.
fn merge(entries: Vec<Entry>, writes: &[Write]) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len() + writes.len());
    let mut entries = entries.into_iter().peekable();
    for (key, value) in writes {
        while let Some(entry) = entries.next_if(|entry| entry.key < key.0) {
            merged.push(entry);
        }
        let replaced = entries.next_if(|entry| entry.key == key.0);
        if let Some((digest, kept)) = value {
            let known = || replaced.as_ref().and_then(|entry| decode_kept(&entry.kept)?.remote_id);
            let kept = kept.clone().map(|kept| Kept { remote_id: kept.remote_id.or_else(known), ..kept });
            merged.push(Entry { key: key.0, digest: digest.0, kept: kept.map(encode_kept).unwrap_or_default() });
        }
    }
    merged.extend(entries);
    merged
}

fn encode_kept(kept: Kept) -> Vec<u8> {
    let values = KeptValues::of(kept);
    values.and_then(|values| postcard::to_stdvec(&values).ok()).unwrap_or_default()
}

/// What a page keeps of a row.
pub(crate) fn decode_kept(bytes: &[u8]) -> Option<Kept> {
    postcard::from_bytes::<KeptValues>(bytes).ok().map(Kept::from)
}

/// Sums of these say whether two indexes hold the same rows, whatever their pages.
pub(crate) fn content_hash(entry: &Entry) -> u64 {
    xxh3_64_with_seed(&entry.kept, xxh3_64_with_seed(&entry.key.to_be_bytes(), entry.digest))
}

/// Leading bits with which `rows` rows of about `row_bytes` fill pages well.
pub(crate) fn bits_for(rows: u64, row_bytes: usize) -> u32 {
    let per_page = (PAGE_BYTES_AIM / row_bytes.max(1)).max(1) as u64;
    let pages = rows.div_ceil(per_page).max(1);
    pages.next_power_of_two().ilog2().min(BITS_MAX)
}

fn item_key(prefix: u32, chunk: u16) -> [u8; 7] {
    let [a, b, c, d] = prefix.to_be_bytes();
    let [high, low] = chunk.to_be_bytes();
    [PREFIX, a, b, c, d, high, low]
}

fn prefix_of(key: &[u8]) -> u32 {
    key.get(1..5).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}
