//! What the destination has acknowledged: a digest for each match key, sorted, in memory for one run.
//!
//! 24 bytes a row plus one bit. Keys are digests and so evenly spread: an index over their leading bits
//! leads to a run of about eight candidates.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::{KeyDigest, RowDigest, Seed};

/// Leading bits are chosen so that a probe meets about this many keys.
const RUN_LENGTH: usize = 8;

/// The acknowledged rows of one sync.
#[derive(Debug)]
pub struct Known {
    seed: Seed,
    keys: Vec<u128>,
    digests: Vec<u64>,
    /// Where the keys of each prefix begin.
    index: Vec<u32>,
    shift: u32,
    seen: Vec<AtomicU64>,
    /// Keys in doubt, and whether they were acknowledged before.
    doubts: HashMap<KeyDigest, bool>,
}

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Never acknowledged.
    Unknown,
    /// Acknowledged with this digest, and met for the first time in this run.
    First(RowDigest),
    /// Sent with an unknown outcome, and met for the first time in this run: whatever its value, it has to be sent. With the
    /// digest that was acknowledged before, where one was.
    InDoubt(Option<RowDigest>),
    /// Met before in this run: the key is not unique in the source.
    Again,
}

// === impl Known ===

impl Known {
    /// Nothing acknowledged yet.
    pub fn empty(seed: Seed) -> Self {
        Self::from_sorted(seed, Vec::new(), Vec::new())
    }

    /// `keys` ascending and unique, with `digests` beside them. The index counts in 32 bits: a sync
    /// of 2^32 rows would need 100 GB here before it mattered.
    pub fn from_sorted(seed: Seed, keys: Vec<u128>, digests: Vec<u64>) -> Self {
        debug_assert!(keys.is_sorted_by(|left, right| left < right));
        debug_assert_eq!(keys.len(), digests.len());
        let bits = (keys.len() / RUN_LENGTH).checked_ilog2().unwrap_or(0);
        let shift = u128::BITS - bits;
        let mut index = Vec::with_capacity((1 << bits) + 1);
        let mut position = 0_u32;
        let mut rest = keys.as_slice();
        for prefix in 0..(1_u128 << bits) {
            index.push(position);
            let run = rest.partition_point(|key| prefix_of(*key, shift) <= prefix);
            position += u32::try_from(run).unwrap_or(u32::MAX);
            rest = rest.get(run..).unwrap_or_default();
        }
        index.push(position);
        let words = keys.len().div_ceil(64);
        Self {
            seed,
            keys,
            digests,
            index,
            shift,
            seen: std::iter::repeat_with(AtomicU64::default).take(words).collect(),
            doubts: HashMap::new(),
        }
    }

    /// The same with rows whose outcome nobody knows; `doubts` ascend. Those that were never acknowledged are added, so that
    /// they are missed when the source has them no more.
    pub fn from_sorted_with_doubts(seed: Seed, keys: Vec<u128>, digests: Vec<u64>, doubts: &[KeyDigest]) -> Self {
        if doubts.is_empty() {
            return Self::from_sorted(seed, keys, digests);
        }
        let (mut all, mut all_digests) = (Vec::with_capacity(keys.len()), Vec::with_capacity(digests.len()));
        let mut marks = HashMap::with_capacity(doubts.len());
        let mut rows = keys.into_iter().zip(digests).peekable();
        for doubt in doubts {
            while let Some((key, digest)) = rows.next_if(|(key, _)| *key <= doubt.0) {
                all.push(key);
                all_digests.push(digest);
            }
            let acknowledged = all.last() == Some(&doubt.0);
            if !acknowledged {
                all.push(doubt.0);
                all_digests.push(0);
            }
            marks.insert(*doubt, acknowledged);
        }
        for (key, digest) in rows {
            all.push(key);
            all_digests.push(digest);
        }
        Self { doubts: marks, ..Self::from_sorted(seed, all, all_digests) }
    }

    /// The seed that these digests were made with.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// How many rows are acknowledged or in doubt.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many rows are acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.keys.len() - self.doubts.values().filter(|acknowledged| !**acknowledged).count()
    }

    /// Whether the row was sent with an unknown outcome.
    pub fn is_in_doubt(&self, key: KeyDigest) -> bool {
        !self.doubts.is_empty() && self.doubts.contains_key(&key)
    }

    /// Looks a key up and marks it as met. Safe from several threads.
    pub fn probe(&self, key: KeyDigest) -> Probe {
        let Some(position) = self.position(key) else {
            return Probe::Unknown;
        };
        let bit = 1_u64 << (position % 64);
        let before = self.seen.get(position / 64).map_or(0, |word| word.fetch_or(bit, Ordering::Relaxed));
        match self.digests.get(position).copied().map(RowDigest) {
            Some(digest) if before & bit == 0 => match self.doubts.get(&key) {
                None => Probe::First(digest),
                Some(acknowledged) => Probe::InDoubt(acknowledged.then_some(digest)),
            },
            _ => Probe::Again,
        }
    }

    /// The acknowledged digest of a key, without marking it.
    pub fn digest(&self, key: KeyDigest) -> Option<RowDigest> {
        let position = self.position(key)?;
        self.digests.get(position).copied().map(RowDigest)
    }

    /// Keys that no probe has met, ascending: they are gone from the source.
    pub fn unseen(&self) -> impl Iterator<Item = KeyDigest> + '_ {
        let words = self.seen.iter().map(|word| word.load(Ordering::Relaxed));
        let bits = words.flat_map(|word| (0..64).map(move |bit| word & (1 << bit) != 0));
        let met = self.keys.iter().zip(bits);
        met.filter(|(_, seen)| !seen).map(|(key, _)| KeyDigest(*key))
    }

    fn position(&self, key: KeyDigest) -> Option<usize> {
        let prefix = usize::try_from(prefix_of(key.0, self.shift)).ok()?;
        let start = *self.index.get(prefix)? as usize;
        let end = *self.index.get(prefix + 1)? as usize;
        let run = self.keys.get(start..end)?;
        let offset = run.iter().position(|candidate| *candidate >= key.0)?;
        (run.get(offset) == Some(&key.0)).then_some(start + offset)
    }
}

fn prefix_of(key: u128, shift: u32) -> u128 {
    key.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(count: u64) -> Vec<u128> {
        let mut keys: Vec<u128> = (0..count).map(|n| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes())).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn every_key_is_found_once_and_others_are_not() {
        for count in [0, 1, 7, 8, 100, 5_000] {
            let keys = spread(count);
            let digests = (0..count).collect();
            let known = Known::from_sorted(Seed(0), keys.clone(), digests);
            for (key, digest) in keys.iter().zip(0..) {
                assert_eq!(known.probe(KeyDigest(*key)), Probe::First(RowDigest(digest)));
                assert_eq!(known.probe(KeyDigest(*key)), Probe::Again);
                assert_eq!(known.probe(KeyDigest(key ^ 1)), Probe::Unknown, "{count}");
            }
        }
    }

    #[test]
    fn unseen_keys_are_what_no_probe_met() {
        let keys = spread(130);
        let known = Known::from_sorted(Seed(0), keys.clone(), vec![0; 130]);
        for key in keys.iter().skip(2) {
            known.probe(KeyDigest(*key));
        }
        let unseen: Vec<u128> = known.unseen().map(|key| key.0).collect();
        assert_eq!(unseen, keys.iter().take(2).copied().collect::<Vec<_>>());
    }

    #[test]
    fn rows_in_doubt_are_never_taken_for_unchanged_and_are_missed_when_gone() {
        let keys = vec![10_u128, 20, 30];
        let doubts = [5, 20, 40].map(KeyDigest);
        let known = Known::from_sorted_with_doubts(Seed(0), keys, vec![1, 2, 3], &doubts);
        assert_eq!((known.len(), known.acknowledged()), (5, 3));
        assert_eq!(known.probe(KeyDigest(10)), Probe::First(RowDigest(1)));
        assert_eq!(known.probe(KeyDigest(20)), Probe::InDoubt(Some(RowDigest(2))));
        assert_eq!(known.probe(KeyDigest(40)), Probe::InDoubt(None));
        assert_eq!(known.probe(KeyDigest(40)), Probe::Again);
        assert_eq!(known.unseen().map(|key| key.0).collect::<Vec<_>>(), [5, 30]);
    }
}
