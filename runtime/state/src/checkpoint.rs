//! A checkpoint: everything that is true at one sequence, in one file. An export is the same stream.
//!
//! Frames in this order: head, rows in doubt, acknowledged rows by key, rejects, tail. The head and the rows in doubt are
//! read at every opening; the rest only when the index has to be built again.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use offtake_core::run::RunId;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::failpoint::reach;
use crate::files::{Durability, create_file, temporary};
use crate::frame::{self, Frames, Next, Salt};
use crate::index::{Address, Entry, Index, content_hash, decode_page, encode_page};
use crate::record::{Intents, Planned};

/// Version of the stream.
pub(crate) const FORMAT: u32 = 1;
/// Rows of one frame: at most about a megabyte.
const FRAME_ROWS: usize = 1_024;
/// Rejects of one frame; each is at most 4 KiB.
const FRAME_REJECTS: usize = 128;
/// Frames are a few ten kilobytes and are read and written in order.
const BUFFER_BYTES: usize = 1 << 20;

/// What kind of frame it is, its first byte.
const HEAD: u8 = 1;
const DOUBTS: u8 = 2;
const ROWS: u8 = 3;
const REJECTS: u8 = 4;
const TAIL: u8 = 5;

/// The first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) format: u32,
    pub(crate) sync: String,
    /// The last change that is in here.
    pub(crate) sequence: u64,
    pub(crate) seed: u64,
    pub(crate) target: Option<String>,
    /// Leading bits of a page's keys, with which the rows filled pages well.
    pub(crate) bits: u32,
    pub(crate) rows: u64,
    pub(crate) rejects: u64,
    pub(crate) intents: u64,
    /// Unix milliseconds.
    pub(crate) written_at_ms: u64,
}

/// The last frame: without it the stream was cut.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tail {
    rows: u64,
    rejects: u64,
    /// Sum over the rows' hashes.
    content: u64,
}

/// A part of a stream after its beginning.
pub(crate) enum Item<'a> {
    /// An acknowledged row.
    Row(Entry),
    /// A reject's key and value as the index stores them.
    Reject(&'a [u8], &'a [u8]),
}

/// A stream that is read as far as its rows.
pub(crate) struct Stream<R> {
    pub(crate) head: Head,
    pub(crate) intents: Intents,
    frames: Frames<R>,
}

// === writing ===

struct Writer<W> {
    out: W,
    position: u64,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn frame(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let mut payload = Vec::with_capacity(body.len() + 1);
        payload.push(kind);
        payload.extend_from_slice(body);
        self.buffer.clear();
        frame::push(&mut self.buffer, Salt::STREAM, self.position, &payload)?;
        self.position += self.buffer.len() as u64;
        self.out.write_all(&self.buffer)
    }

    fn value(&mut self, kind: u8, value: &impl Serialize) -> io::Result<()> {
        let body = postcard::to_stdvec(value).map_err(io::Error::other)?;
        self.frame(kind, &body)
    }
}

/// Writes what an index and the rows in doubt hold; `index` is none for a sync that nothing has happened to.
pub(crate) fn write(
    out: impl Write,
    head: &Head,
    intents: &Intents,
    index: Option<&Index>,
    failed: &impl Fn(io::Error) -> Error,
) -> Result<(), Error> {
    let mut writer = Writer { out, position: 0, buffer: Vec::new() };
    writer.value(HEAD, head).map_err(failed)?;
    // Intents of many runs stand beside each other, so each has its run written out.
    let planned: Vec<Planned> = intents.values().map(|intent| Planned::of(intent, RunId(0))).collect();
    planned.chunks(FRAME_ROWS).try_for_each(|group| writer.value(DOUBTS, &group)).map_err(failed)?;
    let mut tail = Tail::default();
    if let Some(index) = index {
        let mut rows = Vec::with_capacity(FRAME_ROWS);
        index.each_entry(|entry| {
            tail.rows += 1;
            tail.content = tail.content.wrapping_add(content_hash(&entry));
            rows.push(entry);
            if rows.len() < FRAME_ROWS {
                return Ok(());
            }
            writer.frame(ROWS, &encode_page(Address::WHOLE, &std::mem::take(&mut rows))).map_err(failed)
        })?;
        if !rows.is_empty() {
            writer.frame(ROWS, &encode_page(Address::WHOLE, &rows)).map_err(failed)?;
        }
        let mut rejects = Vec::new();
        index.each_reject(|key, value| {
            tail.rejects += 1;
            rejects.push((key.to_vec(), value.to_vec()));
            if rejects.len() < FRAME_REJECTS {
                return Ok(());
            }
            writer.value(REJECTS, &std::mem::take(&mut rejects)).map_err(failed)
        })?;
        if !rejects.is_empty() {
            writer.value(REJECTS, &rejects).map_err(failed)?;
        }
    }
    writer.value(TAIL, &tail).and_then(|()| writer.out.flush()).map_err(failed)
}

/// Writes a checkpoint file; it is there whole or not at all. Returns its length.
pub(crate) fn save(
    path: &Path,
    head: &Head,
    intents: &Intents,
    index: Option<&Index>,
    durability: Durability,
) -> Result<u64, Error> {
    let failed = |error| Error::io("write", path)(error);
    let unfinished = temporary(path);
    let file = reach("state-checkpoint-write").and_then(|()| create_file(&unfinished)).map_err(failed)?;
    write(BufWriter::with_capacity(BUFFER_BYTES, &file), head, intents, index, &failed)?;
    let placed = durability.sync_all(&file).and_then(|()| {
        let bytes = file.metadata()?.len();
        reach("state-checkpoint-rename")?;
        fs::rename(&unfinished, path)?;
        path.parent().map_or(Ok(()), |folder| durability.sync_folder(folder))?;
        Ok(bytes)
    });
    placed.map_err(failed)
}

// === reading ===

/// Reads a checkpoint's head and its rows in doubt. None when they are damaged or not there.
pub(crate) fn begin_file(path: &Path) -> io::Result<Option<Stream<BufReader<File>>>> {
    match File::open(path) {
        Ok(file) => begin(BufReader::with_capacity(BUFFER_BYTES, file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same of any stream.
pub(crate) fn begin<R: Read>(source: R) -> io::Result<Option<Stream<R>>> {
    let mut frames = Frames::new(source, Salt::STREAM);
    let Next::Frame(bytes) = frames.next()? else { return Ok(None) };
    let head = bytes.split_first().filter(|(kind, _)| **kind == HEAD);
    let Some(head) = head.and_then(|(_, body)| postcard::from_bytes::<Head>(body).ok()) else { return Ok(None) };
    if head.format != FORMAT {
        return Ok(None);
    }
    let mut intents = Intents::new();
    while (intents.len() as u64) < head.intents {
        let Next::Frame(bytes) = frames.next()? else { return Ok(None) };
        let group = bytes.split_first().filter(|(kind, _)| **kind == DOUBTS);
        let group = group.and_then(|(_, body)| postcard::from_bytes::<Vec<Planned>>(body).ok());
        let known = |planned: &Planned| planned.intent(RunId(0).0.to_be_bytes());
        let Some(group) = group.and_then(|group| group.iter().map(known).collect::<Option<Vec<_>>>()) else {
            return Ok(None);
        };
        intents.extend(group.into_iter().map(|intent| (intent.key.0, intent)));
    }
    Ok(Some(Stream { head, intents, frames }))
}

impl<R: Read> Stream<R> {
    /// Hands on rows by key, then rejects. Whether all of them were there as they were written.
    pub(crate) fn read(
        mut self,
        failed: &impl Fn(io::Error) -> Error,
        mut each: impl FnMut(Item<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let (mut found, mut last) = (Tail::default(), None);
        loop {
            let Next::Frame(bytes) = self.frames.next().map_err(failed)? else { return Ok(false) };
            match bytes.split_first() {
                Some((&ROWS, body)) => {
                    let Ok(entries) = decode_page(Address::WHOLE, body) else { return Ok(false) };
                    for entry in entries {
                        if last.replace(entry.key).is_some_and(|last| last >= entry.key) {
                            return Ok(false);
                        }
                        found.rows += 1;
                        found.content = found.content.wrapping_add(content_hash(&entry));
                        each(Item::Row(entry))?;
                    }
                }
                Some((&REJECTS, body)) => {
                    let Ok(group) = postcard::from_bytes::<Vec<(Vec<u8>, Vec<u8>)>>(body) else { return Ok(false) };
                    for (key, value) in group {
                        found.rejects += 1;
                        each(Item::Reject(&key, &value))?;
                    }
                }
                Some((&TAIL, body)) => {
                    let whole = postcard::from_bytes(body).is_ok_and(|tail: Tail| tail == found);
                    let announced = found.rows == self.head.rows && found.rejects == self.head.rejects;
                    let ended = self.frames.next().map_err(failed)? == Next::End;
                    return Ok(whole && announced && ended);
                }
                _ => return Ok(false),
            }
        }
    }
}
