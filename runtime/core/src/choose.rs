//! Choose: which of the differences this run sends, and what becomes of the others.

use std::collections::{HashMap, HashSet};

use crate::diff::{Change, Diff};
use crate::digest::{KeyDigest, RowDigest};
use crate::mode::{Mode, OnDelete};
use crate::object::Operation;

/// A plan is approved by typing its name: 48 bits tell a sync's plans apart.
const PLAN_ID_CHARS: usize = 12;

/// Which rows a run was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// All.
    #[default]
    All,
    /// Rows that an earlier run did not bring to the destination: rejects, and rows in doubt.
    Left,
    /// One row of these keys. A typed key may be text or a number, each of which has a digest of its own.
    Keys(HashSet<KeyDigest>),
}

/// What is known of a sync's rows besides the differences.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Rows that an earlier run did not bring to the destination: those on the reject list, and those in doubt.
    pub left: HashSet<KeyDigest>,
    /// Refused values that a person does not want to be tried again.
    pub ignored: HashMap<KeyDigest, RowDigest>,
}

/// What is sent, and how many rows are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Added and changed rows to send, in the diff's order.
    pub changes: Vec<Change>,
    /// Removed rows to act on, in the diff's order.
    pub removed: Vec<KeyDigest>,
    /// Ignored rejects: they stay on the list without being tried.
    pub ignored: Vec<KeyDigest>,
    /// Rows that stay as they are at the destination.
    pub kept: u64,
    /// Rows that this run was not asked for.
    pub held: u64,
}

/// Splits a diff by what the sync's mode sends, what the run was asked for and what a person ignores.
pub fn choose(diff: &Diff, mode: Mode, on_delete: OnDelete, selection: &Selection, standing: &Standing) -> Chosen {
    let mut chosen = Chosen::default();
    for change in &diff.changes {
        let created_before = change.before.is_some() && !mode.sends_changes();
        if created_before && !change.in_doubt {
            chosen.kept += 1;
        } else if !asked_for(selection, standing, change.key) {
            chosen.held += 1;
        } else if !change.in_doubt && standing.ignored.get(&change.key) == Some(&change.digest) {
            chosen.ignored.push(change.key);
            chosen.kept += 1;
        } else {
            chosen.changes.push(*change);
        }
    }
    for key in &diff.removed {
        if on_delete == OnDelete::Ignore {
            chosen.kept += 1;
        } else if !asked_for(selection, standing, *key) {
            chosen.held += 1;
        } else {
            chosen.removed.push(*key);
        }
    }
    chosen
}

/// Names exactly what a run would do: these rows, with these values, in this way, at this place, and which rows it would take for
/// gone. Digests are seeded by the sync's state, so no other sync has a plan of this name.
pub fn plan_id(diff: &Diff, chosen: &Chosen, mode: Mode, on_delete: OnDelete, target: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    let removal = mode.removal(on_delete).map_or("ignore", Operation::as_str);
    for text in [mode.as_str(), removal, target] {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hasher.update(&(chosen.changes.len() as u64).to_le_bytes());
    for change in &chosen.changes {
        hasher.update(&change.key.0.to_le_bytes()).update(&change.digest.0.to_le_bytes());
    }
    hasher.update(&(chosen.removed.len() as u64).to_le_bytes());
    for key in chosen.removed.iter().chain(&diff.removed) {
        hasher.update(&key.0.to_le_bytes());
    }
    hasher.finalize().to_hex().chars().take(PLAN_ID_CHARS).collect()
}

fn asked_for(selection: &Selection, standing: &Standing, key: KeyDigest) -> bool {
    match selection {
        Selection::All => true,
        Selection::Left => standing.left.contains(&key),
        Selection::Keys(keys) => keys.contains(&key),
    }
}
