//! The audit files of this process, one for each connection.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use offtake_core::Name;
use offtake_egress::Audit;

/// Files that are open. Syncs and generations of connectors that use one connection write into one file.
#[derive(Debug, Default)]
pub(crate) struct Audits {
    open: Mutex<BTreeMap<Name, Audit>>,
}

impl Audits {
    /// The file of a connection.
    pub(super) fn of(&self, state: &Path, connection: &Name) -> io::Result<Audit> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(audit) = open.get(connection) {
            return Ok(audit.clone());
        }
        let audit = Audit::open(&state.join("audit").join(format!("{connection}.jsonl")))?;
        open.insert(connection.clone(), audit.clone());
        Ok(audit)
    }
}
