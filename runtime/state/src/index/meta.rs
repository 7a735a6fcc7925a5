//! The meta record: what the pages have in common, and the sums that they are compared with.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::Damage;
use crate::index::page::Address;

pub(crate) const KEY: &[u8] = b"m";

/// Written with every change, in the same sled batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) seed: u64,
    /// The place that rows are delivered to, once it is known.
    pub(crate) target: Option<String>,
    /// Leading bits of a key that say its page.
    pub(crate) bits: u32,
    /// Acknowledged rows.
    pub(crate) rows: u64,
    /// Rows of the reject list.
    pub(crate) rejects: u64,
    /// Sum over all items, see [`crate::index::stage::item_hash`].
    pub(crate) sum: u64,
    /// The last record of the journal that is in here as a whole.
    pub(crate) sequence: u64,
}

impl Meta {
    pub(crate) fn empty(seed: u64, target: Option<String>, bits: u32) -> Self {
        Self { seed, target, bits, rows: 0, rejects: 0, sum: 0, sequence: 0 }
    }

    pub(crate) fn address(&self, prefix: u32) -> Address {
        Address { prefix, bits: self.bits }
    }

    /// A checksum and the record.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let payload = postcard::to_stdvec(self).unwrap_or_default();
        let mut bytes = xxh3_64(&payload).to_le_bytes().to_vec();
        bytes.extend(payload);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let damage = || Damage::Record("the meta record fails its checksum".to_owned());
        let (checksum, payload) = bytes.split_first_chunk::<8>().ok_or_else(damage)?;
        if xxh3_64(payload).to_le_bytes() != *checksum {
            return Err(damage());
        }
        postcard::from_bytes(payload).map_err(|error| Damage::Record(error.to_string()))
    }
}
