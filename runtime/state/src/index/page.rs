//! A page: acknowledged rows whose key digests share their leading bits.
//!
//! ```text
//! version u8 | flags u8 | rows u16 | checksum u32 | key suffixes | row digests | [lengths u16 | kept bytes]
//! ```
//! Little-endian. Keys ascend and are stored without the whole bytes that the page's address already says;
//! the last part is there when the sync keeps match values.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::error::Damage;

/// sled stores larger values in files of their own, which it neither fsyncs nor always removes.
pub(crate) const PAGE_BYTES_MAX: usize = 4_096;

const VERSION: u8 = 1;
const HAS_KEPT: u8 = 1;
const HEADER: usize = 8;
const KEY: usize = 16;
const DIGEST: usize = 8;

/// One acknowledged row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: u128,
    pub(crate) digest: u64,
    /// Match values and remote id, encoded by the pages; empty when nothing is kept.
    pub(crate) kept: Vec<u8>,
}

/// Which keys a page holds: those whose leading `bits` are `prefix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) prefix: u32,
    pub(crate) bits: u32,
}

impl Address {
    /// Of a page that may hold any key.
    pub(crate) const WHOLE: Self = Self { prefix: 0, bits: 0 };

    /// The page that a key belongs to.
    pub(crate) fn of(key: u128, bits: u32) -> Self {
        let prefix = key.checked_shr(u128::BITS - bits).unwrap_or(0);
        Self {
            // At most 32 leading bits are ever asked for.
            prefix: u32::try_from(prefix).unwrap_or(u32::MAX),
            bits,
        }
    }

    /// Leading bytes of every key that the address determines.
    fn implied(self) -> usize {
        (self.bits / 8) as usize
    }

    fn leading(self) -> u128 {
        u128::from(self.prefix).checked_shl(u128::BITS - self.bits).unwrap_or(0)
    }
}

/// Bytes of a page with these entries.
pub(crate) fn size(address: Address, entries: &[Entry]) -> usize {
    HEADER + entries.iter().map(|entry| entry_size(address, entry)).sum::<usize>()
}

/// Bytes that one entry adds at most.
pub(crate) fn entry_size(address: Address, entry: &Entry) -> usize {
    KEY - address.implied() + DIGEST + if entry.kept.is_empty() { 0 } else { 2 + entry.kept.len() }
}

/// Writes a page of ascending entries.
pub(crate) fn encode(address: Address, entries: &[Entry]) -> Vec<u8> {
    let keeps = entries.iter().any(|entry| !entry.kept.is_empty());
    let mut page = Vec::with_capacity(size(address, entries) + entries.len() * 2);
    page.extend_from_slice(&[VERSION, if keeps { HAS_KEPT } else { 0 }]);
    page.extend_from_slice(&u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes());
    page.extend_from_slice(&[0; 4]);
    for entry in entries {
        let key = entry.key.to_be_bytes();
        page.extend_from_slice(key.get(address.implied()..).unwrap_or_default());
    }
    for entry in entries {
        page.extend_from_slice(&entry.digest.to_le_bytes());
    }
    if keeps {
        for entry in entries {
            page.extend_from_slice(&u16::try_from(entry.kept.len()).unwrap_or(u16::MAX).to_le_bytes());
        }
        for entry in entries {
            page.extend_from_slice(&entry.kept);
        }
    }
    let check = checksum(page.get(..4).unwrap_or_default(), page.get(HEADER..).unwrap_or_default());
    if let Some(slot) = page.get_mut(4..HEADER) {
        slot.copy_from_slice(&check.to_le_bytes());
    }
    page
}

/// Appends a page's keys and digests, without what is kept.
pub(crate) fn decode_digests(
    address: Address,
    page: &[u8],
    keys: &mut Vec<u128>,
    digests: &mut Vec<u64>,
) -> Result<(), Damage> {
    let parts = Parts::read(address, page)?;
    keys.extend(parts.keys(address));
    digests.extend(parts.digests());
    Ok(())
}

/// Reads a page's entries.
pub(crate) fn decode(address: Address, page: &[u8]) -> Result<Vec<Entry>, Damage> {
    let parts = Parts::read(address, page)?;
    let mut kept = parts.kept;
    let mut lengths = parts.lengths.chunks_exact(2).map(|pair| usize::from(le_u16(pair)));
    let rows = parts.keys(address).zip(parts.digests());
    let entries = rows.map(|(key, digest)| {
        let length = lengths.next().unwrap_or(0);
        let (own, rest) = kept.split_at_checked(length).ok_or(Damage::Truncated(address.prefix))?;
        kept = rest;
        Ok(Entry { key, digest, kept: own.to_vec() })
    });
    entries.collect()
}

struct Parts<'a> {
    keys: &'a [u8],
    digests: &'a [u8],
    lengths: &'a [u8],
    kept: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(address: Address, page: &'a [u8]) -> Result<Self, Damage> {
        let truncated = || Damage::Truncated(address.prefix);
        let (header, body) = page.split_at_checked(HEADER).ok_or_else(truncated)?;
        let (facts, check) = header.split_at_checked(4).ok_or_else(truncated)?;
        let [version, flags, low, high] = facts else {
            return Err(truncated());
        };
        if *version != VERSION || checksum(facts, body).to_le_bytes() != check {
            return Err(Damage::Checksum(address.prefix));
        }
        let rows = usize::from(u16::from_le_bytes([*low, *high]));
        let (keys, rest) = body.split_at_checked(rows * (KEY - address.implied())).ok_or_else(truncated)?;
        let (digests, rest) = rest.split_at_checked(rows * DIGEST).ok_or_else(truncated)?;
        let lengths = if flags & HAS_KEPT == 0 { 0 } else { rows * 2 };
        let (lengths, kept) = rest.split_at_checked(lengths).ok_or_else(truncated)?;
        Ok(Self { keys, digests, lengths, kept })
    }

    fn keys(&self, address: Address) -> impl Iterator<Item = u128> + use<'a> {
        let suffix = KEY - address.implied();
        // The address says whole leading bytes; the suffix holds the rest, the address' odd bits included.
        let mask = u128::MAX.checked_shr(u32::try_from(address.implied() * 8).unwrap_or(0)).unwrap_or(0);
        let leading = address.leading() & !mask;
        self.keys.chunks_exact(suffix).map(move |bytes| {
            let mut key = [0; KEY];
            if let Some(slot) = key.get_mut(KEY - suffix..) {
                slot.copy_from_slice(bytes);
            }
            leading | u128::from_be_bytes(key)
        })
    }

    fn digests(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.digests.chunks_exact(DIGEST).map(|bytes| bytes.try_into().map_or(0, u64::from_le_bytes))
    }
}

fn le_u16(pair: &[u8]) -> u16 {
    pair.try_into().map_or(0, u16::from_le_bytes)
}

/// The header's facts seed the checksum of what follows them.
fn checksum(facts: &[u8], body: &[u8]) -> u32 {
    let seed = facts.try_into().map_or(0, u32::from_le_bytes);
    let [a, b, c, d, ..] = xxh3_64_with_seed(body, seed.into()).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(bits: u32, prefix: u32, suffixes: Vec<(u128, u64, Vec<u8>)>) -> (Address, Vec<Entry>) {
        let address = Address { prefix, bits };
        let mask = u128::MAX.checked_shr(bits).unwrap_or(0);
        let mut entries: Vec<Entry> = suffixes
            .into_iter()
            .map(|(suffix, digest, kept)| Entry { key: address.leading() | (suffix & mask), digest, kept })
            .collect();
        entries.sort_by_key(|entry| entry.key);
        entries.dedup_by_key(|entry| entry.key);
        (address, entries)
    }

    proptest! {
        #[test]
        fn a_page_reads_back_what_was_written(
            bits in 0_u32..=32,
            prefix in any::<u32>(),
            rows in prop::collection::vec((any::<u128>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..20)), 0..60),
        ) {
            let prefix = u32::try_from(u64::from(prefix) & ((1_u64 << bits) - 1)).unwrap();
            let (address, entries) = entries(bits, prefix, rows);
            let page = encode(address, &entries);
            prop_assert_eq!(&decode(address, &page).unwrap(), &entries);
            let (mut keys, mut digests) = (Vec::new(), Vec::new());
            decode_digests(address, &page, &mut keys, &mut digests).unwrap();
            prop_assert_eq!(keys, entries.iter().map(|entry| entry.key).collect::<Vec<_>>());
            for entry in &entries {
                prop_assert_eq!(Address::of(entry.key, bits), address);
            }
        }

        #[test]
        fn a_damaged_page_is_never_read(byte in 0_usize..100, bit in 0_u8..8) {
            let (address, entries) = entries(12, 5, (0..20).map(|n| (n * 7_919, 3, vec![1, 2])).collect());
            let mut page = encode(address, &entries);
            let position = byte % page.len();
            page[position] ^= 1 << bit;
            prop_assert!(decode(address, &page).is_err());
            for end in 0..page.len() {
                prop_assert!(decode(address, &page[..end]).is_err());
            }
        }
    }
}
