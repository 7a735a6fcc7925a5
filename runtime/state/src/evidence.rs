//! What an opening looks at before anything is decided. It changes nothing, except that sled tidies up while it opens.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::checkpoint;
use crate::failpoint::reach;
use crate::files::{SyncFiles, bytes_of};
use crate::index::{Index, Unusable};
use crate::journal;
use crate::ladder::{CheckpointFound, Evidence, IndexFound, Marks};
use crate::manifest::{self, Found, Manifest};
use crate::reserve::Reserve;

/// A process that is being ended holds sled's lock until its memory is gone: seconds, with gigabytes of it.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// A checkpoint up to this length is read to its end at every opening, which takes a tenth of a second: it is there for the day on
/// which the index is damaged, and a second damage found on that day is found too late. Longer ones are read after a crash.
const CHECKED_BYTES: u64 = 64 << 20;
const LOCK_POLL: Duration = Duration::from_millis(100);

/// What was found, with what was opened on the way.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) evidence: Evidence,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) index: Option<Index>,
}

/// Reads the manifest.
pub(crate) fn manifest(files: &SyncFiles) -> Result<Option<Manifest>, Error> {
    let path = files.manifest();
    match manifest::read(&path).map_err(Error::io("read", &path))? {
        Found::Good(manifest) => Ok(Some(*manifest)),
        Found::Absent | Found::Damaged => Ok(None),
        Found::Foreign(format) => {
            let (found, known) = (format!("manifest {format}"), format!("manifest {}", manifest::FORMAT));
            Err(Error::Format { path, found, known })
        }
    }
}

/// Looks at what an ordinary opening needs: the index, and the newest checkpoint's beginning with its journal.
pub(crate) fn gather(files: &SyncFiles, reserve: &Reserve) -> Result<Findings, Error> {
    let manifest = manifest(files)?;
    let (found, index) = index(files, manifest.as_ref(), reserve)?;
    let from = manifest.as_ref().map_or(0, |manifest| manifest.checkpoint);
    let closed = manifest.as_ref().is_some_and(|manifest| manifest.clean);
    let bound = if closed { CHECKED_BYTES } else { u64::MAX };
    let evidence = Evidence {
        manifest: manifest.as_ref().map(marks),
        checkpoints: checkpoints(files, from, bound)?,
        journals: journals(files, from)?,
        index: found,
    };
    Ok(Findings { evidence, manifest, index })
}

/// Looks at the rest too.
pub(crate) fn gather_more(files: &SyncFiles, findings: &mut Findings) -> Result<(), Error> {
    findings.evidence.checkpoints = checkpoints(files, 0, u64::MAX)?;
    findings.evidence.journals = journals(files, 0)?;
    Ok(())
}

fn marks(manifest: &Manifest) -> Marks {
    Marks {
        checkpoint: manifest.checkpoint,
        sequence: manifest.sequence,
        rows: manifest.rows,
        sum: manifest.sum,
        intents: manifest.intents,
        clean: manifest.clean,
    }
}

fn index(
    files: &SyncFiles,
    manifest: Option<&Manifest>,
    reserve: &Reserve,
) -> Result<(IndexFound, Option<Index>), Error> {
    let Some(manifest) = manifest else {
        return Ok((unnamed(files, reserve)?, None));
    };
    if manifest.generation == 0 {
        return Ok((IndexFound::None, None));
    }
    if !files.generation(manifest.generation).is_dir() {
        return Ok((IndexFound::Bad("its folder is missing".to_owned(), None), None));
    }
    match open_index(files, manifest.generation, reserve)? {
        Ok(index) => {
            let meta = index.meta();
            let found = IndexFound::Good { sequence: meta.sequence, rows: meta.rows, sum: meta.sum };
            Ok((found, Some(index)))
        }
        Err((words, sequence)) => Ok((IndexFound::Bad(words, sequence), None)),
    }
}

/// Without a manifest nothing says which index counts. Each still tells how far things had come.
fn unnamed(files: &SyncFiles, reserve: &Reserve) -> Result<IndexFound, Error> {
    let mut newest = None;
    for number in files.generation_numbers().map_err(Error::io("list", &files.folder))? {
        let sequence = match open_index(files, number, reserve)? {
            Ok(index) => Some(index.meta().sequence),
            Err((_, sequence)) => sequence,
        };
        newest = newest.max(sequence);
    }
    Ok(IndexFound::Bad("nothing names it".to_owned(), newest))
}

type Opened = Result<Index, (String, Option<u64>)>;

fn open_index(files: &SyncFiles, generation: u64, reserve: &Reserve) -> Result<Opened, Error> {
    let path = files.generation(generation);
    let since = Instant::now();
    loop {
        reach("state-open").map_err(Error::io("open", &path))?;
        let opened = Index::open(&path);
        reach("state-opened").map_err(Error::io("open", &path))?;
        match opened {
            Ok(index) => return Ok(Ok(index)),
            Err(Unusable::Bad(words, sequence)) => return Ok(Err((words, sequence))),
            Err(Unusable::Environment(Error::Full { .. })) if reserve.release() => {}
            Err(Unusable::Locked) if since.elapsed() < LOCK_WAIT => thread::sleep(LOCK_POLL),
            Err(Unusable::Locked) => {
                let owner = "a process that still holds its index".to_owned();
                return Err(Error::Locked { path: files.folder.clone(), owner });
            }
            Err(Unusable::Environment(error)) => return Err(error),
        }
    }
}

/// Checkpoints from a number on; those of at most `bound` bytes are read to their end.
fn checkpoints(files: &SyncFiles, from: u64, bound: u64) -> Result<BTreeMap<u64, CheckpointFound>, Error> {
    let numbers = files.checkpoint_numbers().map_err(Error::io("list", files.checkpoints()))?;
    let read = numbers.into_iter().filter(|number| *number >= from).map(|number| {
        let path = files.checkpoint(number);
        let failed = |error| Error::io("read", &path)(error);
        let Some(stream) = checkpoint::begin_file(&path).map_err(failed)? else {
            return Ok((number, CheckpointFound::Damaged));
        };
        let sequence = stream.head.sequence;
        let good = bytes_of(&path) > bound || stream.read(&failed, |_| Ok(()))?;
        let found = if good { CheckpointFound::Good(sequence) } else { CheckpointFound::Beginning(sequence) };
        Ok((number, found))
    });
    read.collect()
}

fn journals(files: &SyncFiles, from: u64) -> Result<BTreeMap<u64, Option<journal::Extent>>, Error> {
    let numbers = files.journal_numbers().map_err(Error::io("list", files.journals()))?;
    let read = numbers.into_iter().filter(|number| *number >= from).map(|number| {
        let path = files.journal(number);
        let extent =
            journal::read(&path, number, |_| Ok::<(), std::io::Error>(())).map_err(Error::io("read", &path))?;
        Ok((number, extent))
    });
    read.collect()
}
