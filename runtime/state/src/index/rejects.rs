//! The reject list of one sync, in the same tree as its pages.

use std::collections::BTreeMap;
use std::path::Path;

use offtake_core::digest::KeyDigest;
use offtake_core::ports::Listed;
use offtake_core::run::{MESSAGE_BYTES_MAX, RECORD_BYTES_MAX, Reject, cut};
use sled::{IVec, Tree};

use crate::Error;
use crate::error::Damage;
use crate::index::meta::Meta;
use crate::index::stage::Stage;
use crate::index::{damaged, sled_error};
use crate::record::{Place, json};

/// First byte of a reject's key. A byte that says whether the row has a key, and its digest or its record's follow.
pub(crate) const PREFIX: u8 = b'r';
/// A key's text is for reading; longer ones are found by their digest.
const KEY_BYTES_MAX: usize = 256;
/// Of each text when the whole would not fit otherwise: four of them, six times as long, still do.
const SHORT_BYTES_MAX: usize = 128;
/// sled stores larger values in files of their own.
const VALUE_BYTES_MAX: usize = 4_096;

type ItemKey = [u8; 18];

/// Changes of the list that become true together. What is staged counts for what is staged after it.
#[derive(Debug)]
pub(crate) struct Staging<'a> {
    tree: &'a Tree,
    path: &'a Path,
    changes: BTreeMap<ItemKey, (Option<IVec>, Option<Reject>)>,
}

impl<'a> Staging<'a> {
    pub(crate) fn new(tree: &'a Tree, path: &'a Path) -> Self {
        Self { tree, path, changes: BTreeMap::new() }
    }

    /// Puts a row on the list, counting the runs in which it was met. A person's word on it holds as long as its values do.
    pub(crate) fn add(&mut self, place: Place, reject: Reject) -> Result<(), Error> {
        let slot = &mut self.slot(item_key(place))?.1;
        *slot = Some(match slot.take() {
            Some(before) => Reject {
                runs: before.runs.saturating_add(u32::from(before.run != reject.run && !reject.ignored)),
                first_seen_ms: before.first_seen_ms,
                ignored: reject.ignored || (before.ignored && before.digest == reject.digest),
                ..reject
            },
            None => reject,
        });
        Ok(())
    }

    /// Takes a row off the list.
    pub(crate) fn remove(&mut self, key: [u8; 16]) -> Result<(), Error> {
        self.slot(item_key(Place::Key(key)))?.1 = None;
        Ok(())
    }

    /// Puts something else, or nothing, in the place of an item.
    pub(crate) fn set(&mut self, place: Place, reject: Option<Reject>) -> Result<(), Error> {
        self.slot(item_key(place))?.1 = reject;
        Ok(())
    }

    fn slot(&mut self, key: ItemKey) -> Result<&mut (Option<IVec>, Option<Reject>), Error> {
        match self.changes.entry(key) {
            std::collections::btree_map::Entry::Occupied(slot) => Ok(slot.into_mut()),
            std::collections::btree_map::Entry::Vacant(slot) => {
                let before = self.tree.get(key).map_err(sled_error(self.path))?;
                let reject = before.as_deref().map(read).transpose().map_err(damaged(self.path))?;
                Ok(slot.insert((before, reject)))
            }
        }
    }

    /// Hands the changes to a batch.
    pub(crate) fn stage(self, meta: &mut Meta, stage: &mut Stage) {
        for (key, (before, after)) in self.changes {
            meta.rejects = meta.rejects + u64::from(after.is_some()) - u64::from(before.is_some());
            stage.replace(&key, before.as_deref(), after.map(|reject| json(&reject).into_bytes()));
        }
    }
}

/// Hands on every reject as it is stored.
pub(crate) fn each(
    tree: &Tree,
    path: &Path,
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    for item in tree.scan_prefix([PREFIX]) {
        let (key, value) = item.map_err(sled_error(path))?;
        each(&key, &value)?;
    }
    Ok(())
}

/// An item as a row of the list.
pub(crate) fn listed(key: &[u8], value: &[u8]) -> Result<Listed, Damage> {
    let key = match place(key)? {
        Place::Key(key) => Some(KeyDigest(u128::from_be_bytes(key))),
        Place::Record(_) => None,
    };
    Ok(Listed { key, reject: read(value)? })
}

fn item_key(place: Place) -> ItemKey {
    let (kind, digest) = match place {
        Place::Key(digest) => (0, digest),
        Place::Record(digest) => (1, digest),
    };
    let mut key = [PREFIX; 18];
    for (slot, byte) in key.iter_mut().skip(1).zip(std::iter::once(kind).chain(digest)) {
        *slot = byte;
    }
    key
}

/// Where an item stands.
pub(crate) fn place(key: &[u8]) -> Result<Place, Damage> {
    let digest = key.get(2..).and_then(|digest| digest.try_into().ok());
    match (key.get(1), digest) {
        (Some(0), Some(digest)) => Ok(Place::Key(digest)),
        (Some(1), Some(digest)) => Ok(Place::Record(digest)),
        _ => Err(Damage::Record("a reject stands in no place".to_owned())),
    }
}

/// A reject from its bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Reject, Damage> {
    serde_json::from_slice(bytes).map_err(|error| Damage::Record(error.to_string()))
}

/// Cuts what a vendor or a source may have made long.
pub(crate) fn fit(reject: Reject) -> Reject {
    let cut_to = |text: &str, bytes| cut(text, bytes).to_owned();
    let fitted = Reject {
        key: cut_to(&reject.key, KEY_BYTES_MAX),
        message: cut_to(&reject.message, MESSAGE_BYTES_MAX),
        record: cut_to(&reject.record, RECORD_BYTES_MAX),
        vendor_code: cut_to(&reject.vendor_code, KEY_BYTES_MAX),
        field: reject.field.as_deref().map(|field| cut_to(field, KEY_BYTES_MAX)),
        ..reject
    };
    if json(&fitted).len() <= VALUE_BYTES_MAX {
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
