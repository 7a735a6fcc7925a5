//! Run records: one small JSON file a run, readable while another run holds the lock.

use std::fs;
use std::path::{Path, PathBuf};

use offtake_core::Name;
use offtake_core::run::RunRecord;

use crate::Error;
use crate::files::{Durability, paths};

/// Records kept of one sync. Three months of hourly runs.
const RUNS_KEPT: usize = 2_000;

/// Where records and row histories of a sync are.
pub(crate) fn folder(state: &Path, sync: &Name) -> PathBuf {
    state.join("runs").join(sync.as_str())
}

/// Writes a record; it is there whole or not at all.
pub(crate) fn write(state: &Path, sync: &Name, record: &RunRecord, durability: Durability) -> Result<(), Error> {
    let folder = folder(state, sync);
    durability.create_folder(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join(format!("{}.json", record.id));
    let bytes = serde_json::to_vec_pretty(record).unwrap_or_default();
    let written = durability.replace(&path, &bytes, ("state-run-rename", "state-run-renamed"));
    written.map_err(Error::io("write", &path))?;
    let records = records(&folder)?;
    for old in records.iter().take(records.len().saturating_sub(RUNS_KEPT)) {
        fs::remove_file(old).map_err(Error::io("remove", old))?;
    }
    Ok(())
}

/// The newest `limit` records of a sync, newest first. Needs no lock.
///
/// # Errors
/// OFT-S003 when the folder cannot be read. A record that cannot be read is left out.
pub fn runs(state: &Path, sync: &Name, limit: usize) -> Result<Vec<RunRecord>, Error> {
    let records = records(&folder(state, sync))?;
    let newest = records.iter().rev().take(limit);
    let read = newest.filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok());
    Ok(read.collect())
}

/// Files in the order of their runs: a ULID begins with its time.
fn records(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut records = paths(folder).map_err(Error::io("list", folder))?;
    records.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    records.sort_unstable();
    Ok(records)
}
