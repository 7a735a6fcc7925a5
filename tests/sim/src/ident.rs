//! Identifiers that look random and never repeat.

use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A UUID of version 4 in form.
pub(crate) fn uuid() -> String {
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    let (high, low) = (mix(turn.wrapping_mul(2)), mix(turn.wrapping_mul(2).wrapping_add(1)));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        8 | (low >> 62),
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff,
    )
}

/// A bijection that scatters neighbouring numbers (the finaliser of splitmix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Puts items into an order that depends on their ids alone and differs from the one they came in.
///
/// A vendor that answers a batch in an order of its own is shown so, and a client that relies on positions must fail.
pub(crate) fn shuffle<T>(items: &mut [T], id: impl Fn(&T) -> u64) {
    let given: Vec<u64> = items.iter().map(&id).collect();
    items.sort_by_key(|item| mix(id(item)));
    if items.len() > 1 && items.iter().map(&id).eq(given) {
        items.rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_their_form() {
        let id = uuid();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_ne!(id, uuid());
    }

    #[test]
    fn a_shuffle_is_never_the_given_order() {
        for len in 2..40_u64 {
            let given: Vec<u64> = (100..100 + len).collect();
            let mut shuffled = given.clone();
            shuffle(&mut shuffled, |id| *id);
            assert_ne!(shuffled, given);
            shuffled.sort_unstable();
            assert_eq!(shuffled, given);
        }
    }
}
