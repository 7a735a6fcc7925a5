//! What is there, without opening or mending anything.

use std::fs;
use std::path::{Path, PathBuf};

use offtake_core::Name;

use crate::admin::relative;
use crate::checkpoint;
use crate::directory::StateDirectory;
use crate::files::{bytes_of, paths};
use crate::journal;
use crate::record::Intents;
use crate::{Error, evidence};

/// Digests of key and values.
const ROW_BYTES: u64 = 24;

/// A file or folder of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// From the sync's folder on.
    pub path: PathBuf,
    /// Its length; of the index, that of all its files.
    pub bytes: u64,
}

/// What a sync's files say of themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct StateInfo {
    /// The sync's folder.
    pub folder: PathBuf,
    /// Its files.
    pub files: Vec<FileInfo>,
    /// Of all of them.
    pub bytes: u64,
    /// Whether the last process ended well. Otherwise the next opening replays the journal, and numbers are of the last time that
    /// the manifest was written.
    pub clean: bool,
    /// Acknowledged rows; none when the manifest cannot be read.
    pub rows: Option<u64>,
    /// Rows of the reject list.
    pub rejects: Option<u64>,
    /// Rows whose outcome nobody knows, up to the end of the journal.
    pub in_doubt: Option<u64>,
    /// The place that rows are delivered to, as of the checkpoint or a later word in the journal.
    pub target: Option<String>,
    /// Number of the index.
    pub generation: Option<u64>,
    /// Number of the newest checkpoint.
    pub checkpoint: Option<u64>,
    /// When it was written, Unix milliseconds.
    pub checkpoint_at_ms: Option<u64>,
    /// Records in the journal since.
    pub journal_records: u64,
    /// The last run that ended.
    pub last_run: Option<String>,
    /// How many times as large as its acknowledged rows (24 bytes each, without what is kept of them) the index is.
    pub amplification: Option<f64>,
}

impl StateDirectory {
    /// What is there of a sync. Opens no index and changes nothing.
    ///
    /// # Errors
    /// OFT-S009 when the sync has no state, OFT-S002 when a newer version wrote it, OFT-S003 on I/O.
    pub fn info(&self, sync: &Name) -> Result<StateInfo, Error> {
        let (_claim, place) = self.existing(sync)?;
        let files = &place.files;
        let manifest = evidence::manifest(files)?;
        let number = manifest.as_ref().map(|manifest| manifest.checkpoint);
        let path = files.checkpoint(number.unwrap_or(0));
        let stream = checkpoint::begin_file(&path).map_err(Error::io("read", &path))?;
        let (mut target, mut records) = (stream.as_ref().and_then(|stream| stream.head.target.clone()), 0);
        let written = stream.as_ref().map(|stream| stream.head.written_at_ms);
        let mut intents: Option<Intents> = stream.map(|stream| stream.intents);
        let journal = files.journal(number.unwrap_or(0));
        let read = journal::read(&journal, number.unwrap_or(0), |record| {
            records += 1;
            if let Some(intents) = &mut intents {
                record.action.settle(intents);
            }
            target = record.action.target().map(str::to_owned).or(target.take());
            Ok::<(), std::io::Error>(())
        });
        read.map_err(Error::io("read", &journal))?;
        let index = manifest.as_ref().map_or(0, |manifest| bytes_of(&files.generation(manifest.generation)));
        let held = manifest.as_ref().map_or(0, |manifest| manifest.rows * ROW_BYTES);
        Ok(StateInfo {
            files: listing(&files.folder)?,
            bytes: bytes_of(&files.folder),
            folder: files.folder.clone(),
            clean: manifest.as_ref().is_some_and(|manifest| manifest.clean),
            rows: manifest.as_ref().map(|manifest| manifest.rows),
            rejects: manifest.as_ref().map(|manifest| manifest.rejects),
            in_doubt: intents.map(|intents| intents.len() as u64),
            target,
            generation: manifest.as_ref().map(|manifest| manifest.generation),
            checkpoint: number,
            checkpoint_at_ms: written,
            journal_records: records,
            last_run: manifest.and_then(|manifest| manifest.last_run),
            amplification: (held > 0 && index > 0).then(|| index as f64 / held as f64),
        })
    }
}

fn listing(folder: &Path) -> Result<Vec<FileInfo>, Error> {
    let mut files = Vec::new();
    let list = |folder: &Path| paths(folder).map_err(Error::io("list", folder));
    for path in list(folder)? {
        let is_index = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("gen-"));
        if path.is_dir() && !is_index {
            files.extend(list(&path)?);
        } else {
            files.push(path);
        }
    }
    files.retain(|path| fs::symlink_metadata(path).is_ok());
    files.sort_unstable();
    Ok(files.into_iter().map(|path| FileInfo { path: relative(&path, folder), bytes: bytes_of(&path) }).collect())
}
