//! Changes of items that become true together, with the sum that they make true.

use sled::Batch;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::index::meta::{self, Meta};

/// A sled batch that keeps count.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    batch: Batch,
    sum: u64,
    items: usize,
}

impl Stage {
    /// Puts an item in the place of what is there; none on either side where there is none.
    pub(crate) fn replace(&mut self, key: &[u8], before: Option<&[u8]>, after: Option<Vec<u8>>) {
        if let Some(before) = before {
            self.sum = self.sum.wrapping_sub(item_hash(key, before));
        }
        self.items += 1;
        match after {
            Some(after) => {
                self.sum = self.sum.wrapping_add(item_hash(key, &after));
                self.batch.insert(key, after);
            }
            None if before.is_some() => self.batch.remove(key),
            None => {}
        }
    }

    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// The batch that makes the changes and `meta` true.
    pub(crate) fn seal(self, meta: &mut Meta) -> Batch {
        let mut batch = self.seal_unfinished(meta);
        batch.insert(meta::KEY, meta.encode());
        batch
    }

    /// The same without the meta record: what has none is never taken for an index.
    pub(crate) fn seal_unfinished(self, meta: &mut Meta) -> Batch {
        meta.sum = meta.sum.wrapping_add(self.sum);
        self.batch
    }
}

/// Sums of these do not depend on an order, so a change needs to know nothing but its own items.
pub(crate) fn item_hash(key: &[u8], value: &[u8]) -> u64 {
    xxh3_64_with_seed(value, xxh3_64(key))
}
