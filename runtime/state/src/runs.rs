//! Run records: one small JSON file a run, readable while another run holds the lock.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use offtake_core::Name;
use offtake_core::run::RunRecord;

use crate::Error;

/// Records kept of one sync. Three months of hourly runs.
const RUNS_KEPT: usize = 2_000;

fn folder(state: &Path, sync: &Name) -> PathBuf {
    state.join("runs").join(sync.as_str())
}

/// Writes a record; it is there whole or not at all.
pub(crate) fn write(state: &Path, sync: &Name, record: &RunRecord) -> Result<(), Error> {
    let folder = folder(state, sync);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join(format!("{}.json", record.id));
    let temporary = folder.join(format!("{}.tmp", record.id));
    let bytes = serde_json::to_vec_pretty(record).unwrap_or_default();
    let mut file = File::create(&temporary).map_err(Error::io("create", &temporary))?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    written.map_err(Error::io("write", &temporary))?;
    fs::rename(&temporary, &path).map_err(Error::io("rename", &path))?;
    let synced = File::open(&folder).and_then(|folder| folder.sync_all());
    synced.map_err(Error::io("sync", &folder))?;
    let names = names(&folder)?;
    for old in names.iter().take(names.len().saturating_sub(RUNS_KEPT)) {
        let old = folder.join(old);
        fs::remove_file(&old).map_err(Error::io("remove", &old))?;
    }
    Ok(())
}

/// The newest `limit` records of a sync, newest first. Needs no lock.
///
/// # Errors
/// OFT-S003 when the folder cannot be read. A record that cannot be read is left out.
pub fn runs(state: &Path, sync: &Name, limit: usize) -> Result<Vec<RunRecord>, Error> {
    let folder = folder(state, sync);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = names(&folder)?;
    let newest = names.iter().rev().take(limit);
    let read = newest.filter_map(|name| {
        let bytes = fs::read(folder.join(name)).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    Ok(read.collect())
}

/// File names in the order of their runs: a ULID begins with its time.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
