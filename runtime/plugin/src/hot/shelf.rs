//! Components that broke, and are not tried again in this process.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Shared by every connection, so that what one finds out serves all.
#[derive(Debug, Default)]
pub struct Shelf {
    digests: Mutex<BTreeSet<String>>,
}

impl Shelf {
    pub(super) fn distrust(&self, digest: String) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
    }

    pub(super) fn is_distrusted(&self, digest: &str) -> bool {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }
}
