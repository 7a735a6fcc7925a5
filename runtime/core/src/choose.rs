//! Choose: which of the differences this run sends, and what becomes of the others.

use std::collections::{HashMap, HashSet};

use crate::diff::{Change, Diff};
use crate::digest::{KeyDigest, RowDigest};
use crate::mode::{Mode, OnDelete};

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
    /// Rows on the reject list.
    pub rejected: HashSet<KeyDigest>,
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
        } else if !asked_for(selection, standing, change.key, change.in_doubt) {
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
        } else if !asked_for(selection, standing, *key, false) {
            chosen.held += 1;
        } else {
            chosen.removed.push(*key);
        }
    }
    chosen
}

impl Chosen {
    /// Names exactly these changes of a sync. Digests are seeded by its state, so the same name means the same rows with the same
    /// values, at the same place.
    pub fn plan_id(&self, sync: &str, target: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for text in [sync, target] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.update(&(self.changes.len() as u64).to_le_bytes());
        for change in &self.changes {
            hasher.update(&change.key.0.to_le_bytes()).update(&change.digest.0.to_le_bytes());
        }
        for key in &self.removed {
            hasher.update(&key.0.to_le_bytes());
        }
        hasher.finalize().to_hex().chars().take(PLAN_ID_CHARS).collect()
    }
}

fn asked_for(selection: &Selection, standing: &Standing, key: KeyDigest, in_doubt: bool) -> bool {
    match selection {
        Selection::All => true,
        Selection::Left => in_doubt || standing.rejected.contains(&key),
        Selection::Keys(keys) => keys.contains(&key),
    }
}
