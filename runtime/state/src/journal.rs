//! The journal: every change since a checkpoint, each on disk before anybody is told that it is.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failpoint::reach;
use crate::files::{Durability, is_full, private};
use crate::frame::{self, Frames, Next, Salt};
use crate::record::Record;
use crate::reserve::Reserve;

/// Version of the journal's records.
const FORMAT: u32 = 1;
/// Records are read in one direction and are a few hundred bytes to a few megabytes long.
const READ_BYTES: usize = 256 << 10;

/// The first frame of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    format: u32,
    sync: String,
    /// The checkpoint that this journal continues.
    pub(crate) checkpoint: u64,
    /// Sequence of its first record.
    pub(crate) first: u64,
}

/// How a journal ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With a whole record.
    Whole,
    /// With a record that a crash cut short, which therefore nobody was told of. The rest is good up to this offset.
    Torn(u64),
    /// With bytes that nobody wrote.
    Damaged,
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Sequence of its first record, there or not.
    pub(crate) first: u64,
    /// Sequence of its last good record; one less than `first` when it has none.
    pub(crate) last: u64,
    pub(crate) end: End,
    /// How many rows its records can have added at most.
    pub(crate) adds: u64,
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    salt: Salt,
    end: u64,
    durability: Durability,
}

impl Journal {
    /// Makes an empty journal; it is there with its header or not at all.
    pub(crate) fn create(path: &Path, sync: &str, checkpoint: u64, first: u64, on: Durability) -> io::Result<()> {
        let header = Header { format: FORMAT, sync: sync.to_owned(), checkpoint, first };
        let payload = postcard::to_stdvec(&header).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        frame::push(&mut bytes, Salt::journal(checkpoint), 0, &payload)?;
        on.replace(path, &bytes, ("state-journal-create", "state-journal-created"))
    }

    /// Opens a journal at its end.
    pub(crate) fn open(path: &Path, number: u64, durability: Durability) -> io::Result<Self> {
        let file = private().read(true).open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { file, path: path.to_owned(), salt: Salt::journal(number), end, durability })
    }

    /// Its length.
    pub(crate) fn bytes(&self) -> u64 {
        self.end
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns when the records are on disk, or leaves the journal as it was.
    pub(crate) fn append(&mut self, records: &[Record], reserve: &Reserve) -> io::Result<()> {
        let before = self.end;
        let appended = records.iter().try_for_each(|record| self.append_one(record, reserve));
        if appended.is_err() {
            self.end = before;
            self.cut()?;
        }
        appended
    }

    /// One record is on disk before the next is written, so that only the last can ever be torn. An fsync that failed is never
    /// repeated: what it was to write may be gone from memory, and the next one would report success.
    fn append_one(&mut self, record: &Record, reserve: &Reserve) -> io::Result<()> {
        let mut bytes = Vec::new();
        frame::push(&mut bytes, self.salt, self.end, &record.encode().map_err(io::Error::other)?)?;
        let mut written = self.write(&bytes);
        if written.as_ref().is_err_and(is_full) && reserve.release() {
            self.cut()?;
            written = self.write(&bytes);
        }
        written?;
        reach("state-journal-written")?;
        self.durability.sync_data(&self.file)?;
        reach("state-journal-synced")?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        reach("state-journal-append")?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)
    }
}

/// Cuts off a record that a crash left unfinished.
pub(crate) fn cut(path: &Path, at: u64, durability: Durability) -> io::Result<()> {
    let file = private().open(path)?;
    file.set_len(at)?;
    durability.sync_all(&file)
}

/// Reads a journal from its beginning and hands each record on. None when its header cannot be read.
pub(crate) fn read<E: From<io::Error>>(
    path: &Path,
    number: u64,
    mut each: impl FnMut(Record) -> Result<(), E>,
) -> Result<Option<Extent>, E> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut frames = Frames::new(BufReader::with_capacity(READ_BYTES, file), Salt::journal(number));
    let Next::Frame(bytes) = frames.next()? else { return Ok(None) };
    let Ok(header) = postcard::from_bytes::<Header>(&bytes) else { return Ok(None) };
    if header.format != FORMAT || header.checkpoint != number {
        return Ok(None);
    }
    let mut extent = Extent { first: header.first, last: header.first.saturating_sub(1), end: End::Whole, adds: 0 };
    loop {
        let at = frames.position();
        extent.end = match frames.next()? {
            Next::Frame(bytes) => match Record::decode(&bytes) {
                Some(record) if record.sequence == extent.last + 1 => {
                    extent.last = record.sequence;
                    extent.adds += record.action.adds();
                    each(record)?;
                    continue;
                }
                _ => End::Damaged,
            },
            Next::End => End::Whole,
            Next::Torn => End::Torn(at),
            Next::Damaged => End::Damaged,
        };
        return Ok(Some(extent));
    }
}
