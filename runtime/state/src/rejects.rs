//! The reject list of one sync, in the same tree as its pages.

use std::path::Path;

use offtake_core::digest::KeyDigest;
use offtake_core::run::{MESSAGE_BYTES_MAX, RECORD_BYTES_MAX, Reject, cut};
use sled::{Batch, Tree};
use xxhash_rust::xxh3::xxh3_128;

use crate::Error;
use crate::error::Damage;
use crate::pages::{damaged, sled_error};

const PREFIX: u8 = b'r';
/// A key's text is for reading; longer ones are found by their digest.
const KEY_BYTES_MAX: usize = 256;
/// Of each text when the whole would not fit otherwise: four of them, six times as long, still do.
const SHORT_BYTES_MAX: usize = 128;
/// sled stores larger values in files of their own.
const VALUE_BYTES_MAX: usize = 4_096;

/// The reject list's part of a tree.
#[derive(Debug, Clone)]
pub(crate) struct Rejects {
    tree: Tree,
}

impl Rejects {
    pub(crate) fn new(tree: Tree) -> Self {
        Self { tree }
    }

    /// Adds one reject to `batch`, counting the runs in which it was met.
    pub(crate) fn stage(
        &self,
        key: Option<KeyDigest>,
        reject: Reject,
        batch: &mut Batch,
        path: &Path,
    ) -> Result<(), Error> {
        let address = address(key.map_or_else(|| xxh3_128(reject.record.as_bytes()), |key| key.0));
        let before = self.tree.get(address).map_err(sled_error(path))?;
        let before = before.map(|bytes| read(&bytes, path)).transpose()?;
        let reject = fit(match before {
            Some(before) => Reject {
                runs: before.runs + u32::from(before.run != reject.run),
                first_seen_ms: before.first_seen_ms,
                ..reject
            },
            None => reject,
        });
        batch.insert(&address, serde_json::to_vec(&reject).unwrap_or_default());
        Ok(())
    }

    /// Takes a row off the list in `batch`.
    pub(crate) fn unstage(key: KeyDigest, batch: &mut Batch) {
        batch.remove(&address(key.0));
    }

    /// Whether the list is empty, so that commits need not touch it.
    pub(crate) fn is_empty(&self) -> bool {
        self.tree.scan_prefix([PREFIX]).next().is_none()
    }

    pub(crate) fn list(&self, path: &Path) -> Result<Vec<Reject>, Error> {
        let items = self.tree.scan_prefix([PREFIX]);
        items.map(|item| read(&item.map_err(sled_error(path))?.1, path)).collect()
    }

    /// Takes off what this run did not meet: it is unchanged, corrected or gone.
    pub(crate) fn keep_only(&self, run: &str, path: &Path) -> Result<(), Error> {
        let mut batch = Batch::default();
        for item in self.tree.scan_prefix([PREFIX]) {
            let (key, bytes) = item.map_err(sled_error(path))?;
            if read(&bytes, path)?.run != run {
                batch.remove(key);
            }
        }
        self.tree.apply_batch(batch).map_err(sled_error(path))
    }
}

fn address(key: u128) -> [u8; 17] {
    let mut address = [PREFIX; 17];
    for (slot, byte) in address.iter_mut().skip(1).zip(key.to_be_bytes()) {
        *slot = byte;
    }
    address
}

fn read(bytes: &[u8], path: &Path) -> Result<Reject, Error> {
    serde_json::from_slice(bytes).map_err(|error| damaged(path)(Damage::Record(error.to_string())))
}

/// Cuts what a vendor or a source may have made long.
fn fit(reject: Reject) -> Reject {
    let cut_to = |text: &str, bytes| cut(text, bytes).to_owned();
    let fitted = Reject {
        key: cut_to(&reject.key, KEY_BYTES_MAX),
        message: cut_to(&reject.message, MESSAGE_BYTES_MAX),
        record: cut_to(&reject.record, RECORD_BYTES_MAX),
        vendor_code: cut_to(&reject.vendor_code, KEY_BYTES_MAX),
        field: reject.field.as_deref().map(|field| cut_to(field, KEY_BYTES_MAX)),
        ..reject
    };
    let bytes = serde_json::to_vec(&fitted).map_or(0, |json| json.len());
    if bytes <= VALUE_BYTES_MAX {
        return fitted;
    }
    // Escapes can make a text six times as long as JSON.
    Reject {
        key: cut_to(&fitted.key, SHORT_BYTES_MAX),
        message: cut_to(&fitted.message, SHORT_BYTES_MAX),
        vendor_code: cut_to(&fitted.vendor_code, SHORT_BYTES_MAX),
        field: fitted.field.as_deref().map(|field| cut_to(field, SHORT_BYTES_MAX)),
        record: String::new(),
        ..fitted
    }
}
