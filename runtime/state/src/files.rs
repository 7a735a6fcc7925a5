//! Files and folders: made for their owner alone, and on disk when that is said.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use offtake_core::Name;

use crate::failpoint::reach;

/// Whether what is written survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A commit returns when its bytes are on disk.
    #[default]
    Synced,
    /// Nothing is waited for. Only for measuring what fsync costs: it loses rows on a power cut.
    Unsynced,
}

impl Durability {
    /// Waits until the file's bytes are on disk.
    pub(crate) fn sync_data(self, file: &File) -> io::Result<()> {
        if self == Self::Synced { file.sync_data() } else { Ok(()) }
    }

    /// The same for its bytes and its length.
    pub(crate) fn sync_all(self, file: &File) -> io::Result<()> {
        if self == Self::Synced { file.sync_all() } else { Ok(()) }
    }

    /// Waits until the names in a folder are on disk. Windows has no such call and needs none.
    pub(crate) fn sync_folder(self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) && self == Self::Synced { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    /// Writes a file that is there whole or not at all. `before` and `after` name the places around its rename.
    pub(crate) fn replace(self, path: &Path, bytes: &[u8], (before, after): (&str, &str)) -> io::Result<()> {
        let temporary = temporary(path);
        let mut file = create_file(&temporary)?;
        file.write_all(bytes)?;
        self.sync_all(&file)?;
        reach(before)?;
        fs::rename(&temporary, path)?;
        if let Some(folder) = path.parent() {
            self.sync_folder(folder)?;
        }
        reach(after)
    }

    /// Makes a folder with its parents, each for its owner alone; those that exist stay as they are.
    pub(crate) fn create_folder(self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or(Ok(()), |parent| self.create_folder(parent))?;
        #[cfg_attr(not(unix), expect(unused_mut, reason = "only unix has modes"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        parent.map_or(Ok(()), |parent| self.sync_folder(parent))
    }
}

/// The name that a file has until it is whole.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    path.with_added_extension("tmp")
}

/// Makes or empties a file that nobody but its owner reads: rows and reject messages are personal data.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    private().create(true).truncate(true).open(path)
}

/// Options for writing a file of ours.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file's or folder's bytes, as far as they can be read.
pub(crate) fn bytes_of(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| bytes_of(&entry.path())).sum()
        }
        Ok(facts) => facts.len(),
        Err(_) => 0,
    }
}

/// Whether the disk or a quota is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Where the files of one sync are.
#[derive(Debug, Clone)]
pub(crate) struct SyncFiles {
    pub(crate) folder: PathBuf,
}

impl SyncFiles {
    pub(crate) fn of(state: &Path, sync: &Name) -> Self {
        Self { folder: state.join("syncs").join(sync.as_str()) }
    }

    /// Where a sync's first files stand until all of them are there. No sync has a name that begins with a dot.
    pub(crate) fn unborn(state: &Path, sync: &Name) -> Self {
        Self { folder: state.join("syncs").join(format!(".{sync}.new")) }
    }

    /// Where a state stands while another takes its place.
    pub(crate) fn replaced(state: &Path, sync: &Name) -> Self {
        Self { folder: state.join("syncs").join(format!(".{sync}.old")) }
    }

    /// Where a state stands while it is being removed.
    pub(crate) fn forgotten(state: &Path, sync: &Name) -> Self {
        Self { folder: state.join("syncs").join(format!(".{sync}.gone")) }
    }

    /// Where a copy of a state stands while it is being checked.
    pub(crate) fn twin(state: &Path, sync: &Name) -> Self {
        Self { folder: state.join("syncs").join(format!(".{sync}.check")) }
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.folder.join("MANIFEST.json")
    }

    pub(crate) fn generation(&self, number: u64) -> PathBuf {
        self.folder.join(format!("gen-{number:06}"))
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoint")
    }

    pub(crate) fn checkpoint(&self, number: u64) -> PathBuf {
        self.checkpoints().join(format!("{number:06}.ckpt"))
    }

    pub(crate) fn journals(&self) -> PathBuf {
        self.folder.join("journal")
    }

    pub(crate) fn journal(&self, number: u64) -> PathBuf {
        self.journals().join(format!("{number:06}.log"))
    }

    /// Numbers of the files that a folder has, ascending; none when it has no such folder.
    pub(crate) fn checkpoint_numbers(&self) -> io::Result<Vec<u64>> {
        numbers(&self.checkpoints(), "", ".ckpt")
    }

    pub(crate) fn journal_numbers(&self) -> io::Result<Vec<u64>> {
        numbers(&self.journals(), "", ".log")
    }

    pub(crate) fn generation_numbers(&self) -> io::Result<Vec<u64>> {
        numbers(&self.folder, "gen-", "")
    }

    /// Removes files that were being written when a process ended.
    pub(crate) fn sweep_temporary(&self) -> io::Result<()> {
        for folder in [self.folder.clone(), self.checkpoints(), self.journals()] {
            for path in paths(&folder)? {
                if path.extension() == Some(OsStr::new("tmp")) {
                    fs::remove_file(&path)?;
                }
            }
        }
        Ok(())
    }
}

/// Paths in a folder; none when there is no such folder.
pub(crate) fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn numbers(folder: &Path, prefix: &str, suffix: &str) -> io::Result<Vec<u64>> {
    let paths = paths(folder)?;
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let number = |name: &str| name.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok();
    let mut numbers: Vec<u64> = names.filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes a file or folder that may be gone already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
