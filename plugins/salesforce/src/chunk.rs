//! Which rows go in one Collections call, and which calls may be under way together. Pure.

use std::collections::BTreeSet;

use crate::config::{COLLECTION_ROWS_MAX, IN_FLIGHT_MAX};
use crate::prepare::{Item, parents};

/// Rows of one call.
pub(crate) type Chunk<'a> = Vec<Item<'a>>;

/// Cuts rows into calls, and calls into waves of as many as are under way at once. Two calls of one wave have no parent in common, because Salesforce locks the
/// parent of a record that it writes and refuses the row that comes second (`UNABLE_TO_LOCK_ROW`).
pub(crate) fn waves(items: Vec<Item<'_>>) -> Vec<Vec<Chunk<'_>>> {
    let mut waves: Vec<(BTreeSet<String>, Vec<Chunk<'_>>)> = Vec::new();
    for chunk in chunks(by_parent(items)) {
        let locked: BTreeSet<String> = chunk.iter().flat_map(|item| parents(item.row)).collect();
        let fits = |(taken, wave): &&mut (BTreeSet<String>, Vec<Chunk<'_>>)| {
            wave.len() < usize::from(IN_FLIGHT_MAX) && taken.is_disjoint(&locked)
        };
        match waves.iter_mut().find(fits) {
            Some((taken, wave)) => {
                taken.extend(locked);
                wave.push(chunk);
            }
            None => waves.push((locked, vec![chunk])),
        }
    }
    waves.into_iter().map(|(_, wave)| wave).collect()
}

/// Rows of one parent beside each other; rows without one stay in their order.
pub(crate) fn by_parent(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut keyed: Vec<_> = items.into_iter().map(|item| (parents(item.row), item)).collect();
    keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
    keyed.into_iter().map(|(_, item)| item).collect()
}

fn chunks(items: Vec<Item<'_>>) -> Vec<Chunk<'_>> {
    let mut items = items.into_iter().peekable();
    let mut chunks = Vec::new();
    while items.peek().is_some() {
        chunks.push(items.by_ref().take(COLLECTION_ROWS_MAX).collect());
    }
    chunks
}
