//! Opening a sync's state: look at everything, decide, do it.

use offtake_core::Name;

use crate::Error;
use crate::checkpoint::{self, Head, Item};
use crate::error::Damage;
use crate::evidence::{self, Findings};
use crate::files::{SyncFiles, remove};
use crate::index::{Index, Meta, damaged};
use crate::journal::{self, Journal};
use crate::ladder::{CheckpointFound, Cut, Plan, decide};
use crate::ledger::{Ledger, Place, is_empty};
use crate::manifest::Manifest;
use crate::record::Intents;

/// Opens a state, repairs what can be repaired without a guess, and makes one where there is none.
pub(crate) fn open(state: &std::path::Path, place: Place, name: &Name) -> Result<Ledger, Error> {
    finish_replacing(state, &place, name)?;
    if is_empty(&place.files.folder)? {
        create(state, &place, name)?;
    }
    place.files.sweep_temporary().map_err(Error::io("sweep", &place.files.folder))?;
    let mut findings = evidence::gather(&place.files, &place.reserve)?;
    let plain = |plan: &Plan| matches!(plan, Plan::Keep { mend: None, .. } | Plan::Rebuild { found: None, .. });
    if !plain(&decide(&findings.evidence)) {
        evidence::gather_more(&place.files, &mut findings)?;
    }
    loop {
        let plan = decide(&findings.evidence);
        let opened = match plan {
            Plan::Keep { base, newest, cut, mend } => keep(&place, &mut findings, (base, newest, cut), mend)?,
            Plan::Rebuild { base, newest, cut, found } => {
                match rebuild(&place, &mut findings, (base, newest, cut), found)? {
                    Some(ledger) => ledger,
                    None => {
                        findings.evidence.checkpoints.insert(base, CheckpointFound::Damaged);
                        continue;
                    }
                }
            }
            Plan::Trust { newest, found } => trust(&place, &mut findings, newest, &found)?,
            Plan::Refuse { why } => return Err(damaged(&place.files.folder)(Damage::Files(why))),
        };
        opened.place.sweep(&opened.manifest)?;
        return Ok(opened);
    }
}

type Range = (u64, u64, Option<Cut>);

/// A new state: the folder appears with everything in it, so that one without a manifest is never taken for new.
fn create(state: &std::path::Path, place: &Place, name: &Name) -> Result<(), Error> {
    let unborn = Place { files: SyncFiles::unborn(state, name), ..place.clone() };
    let head = Head {
        format: checkpoint::FORMAT,
        sync: place.sync.clone(),
        sequence: 0,
        seed: random_seed(),
        target: None,
        bits: 0,
        rows: 0,
        rejects: 0,
        intents: 0,
        written_at_ms: crate::now_ms(),
    };
    prepare(&unborn)?;
    checkpoint::save(&unborn.files.checkpoint(0), &head, &Intents::new(), None, place.durability)?;
    bring_forth(&unborn, place, &head)
}

/// Makes an empty folder for a state that nobody sees yet.
pub(crate) fn prepare(unborn: &Place) -> Result<(), Error> {
    let files = &unborn.files;
    remove(&files.folder).map_err(Error::io("remove", &files.folder))?;
    for folder in [&files.folder, &files.checkpoints(), &files.journals()] {
        unborn.durability.create_folder(folder).map_err(Error::io("create", folder))?;
    }
    Ok(())
}

/// Completes a state that has its checkpoint 0, and puts it in its place.
pub(crate) fn bring_forth(unborn: &Place, place: &Place, head: &Head) -> Result<(), Error> {
    let journal = unborn.files.journal(0);
    let created = Journal::create(&journal, &place.sync, 0, head.sequence + 1, place.durability);
    created.map_err(Error::io("create", &journal))?;
    let mut manifest = Manifest::fresh(&place.sync);
    (manifest.sequence, manifest.rows, manifest.rejects) = (head.sequence, head.rows, head.rejects);
    manifest.intents = head.intents;
    unborn.write_manifest(&mut manifest)?;
    let folder = &place.files.folder;
    let moved = || {
        if folder.is_dir() {
            // An empty one; other systems do not rename over it.
            std::fs::remove_dir(folder)?;
        }
        std::fs::rename(&unborn.files.folder, folder)?;
        folder.parent().map_or(Ok(()), |parent| place.durability.sync_folder(parent))
    };
    moved().map_err(Error::io("create", folder))
}

/// A state that was being replaced: either the new one is in its place, or the old one goes back.
fn finish_replacing(state: &std::path::Path, place: &Place, name: &Name) -> Result<(), Error> {
    let (old, folder) = (SyncFiles::replaced(state, name).folder, &place.files.folder);
    for left in [SyncFiles::forgotten(state, name).folder, SyncFiles::twin(state, name).folder] {
        remove(&left).map_err(Error::io("remove", left))?;
    }
    if !old.is_dir() {
        return Ok(());
    }
    let finished = if folder.is_dir() { remove(&old) } else { std::fs::rename(&old, folder) };
    finished.map_err(Error::io("replace", folder))
}

fn keep(place: &Place, findings: &mut Findings, range: Range, mend: Option<String>) -> Result<Ledger, Error> {
    let (Some(manifest), Some(mut index)) = (findings.manifest.clone(), findings.index.take()) else {
        return Err(damaged(&place.files.folder)(Damage::Files("the index is gone".to_owned())));
    };
    let path = place.files.checkpoint(range.0);
    let stream = checkpoint::begin_file(&path).map_err(Error::io("read", &path))?;
    let stream = stream.ok_or_else(|| damaged(&path)(Damage::Files("the checkpoint changed meanwhile".to_owned())))?;
    let mut intents = stream.intents;
    let (base, newest, _) = range;
    cut_off(place, range.2)?;
    replay(place, (base, newest), &mut index, &mut intents)?;
    let mut ledger = Ledger::new(place.clone(), Manifest { checkpoint: newest, ..manifest }, index, intents)?;
    if let Some(found) = mend {
        warn(place, &found, "wrote a new checkpoint");
        ledger.checkpoint()?;
    }
    Ok(ledger)
}

/// None when the checkpoint turns out to be damaged.
fn rebuild(
    place: &Place,
    findings: &mut Findings,
    (base, newest, cut): Range,
    found: Option<String>,
) -> Result<Option<Ledger>, Error> {
    findings.index = None;
    let numbers = place.files.generation_numbers().map_err(Error::io("list", &place.files.folder))?;
    let named = findings.manifest.as_ref().map_or(0, |manifest| manifest.generation);
    let generation = numbers.into_iter().max().unwrap_or(0).max(named) + 1;
    let journals = findings.evidence.journals.range(base..=newest);
    let adds = journals.filter_map(|(_, extent)| extent.as_ref()).map(|extent| extent.adds).sum();
    cut_off(place, cut)?;
    let Some((mut index, mut intents)) = load(place, base, generation, adds)? else { return Ok(None) };
    replay(place, (base, newest), &mut index, &mut intents)?;
    index.flush(place.durability)?;
    let manifest = findings.manifest.clone().unwrap_or_else(|| Manifest::fresh(&place.sync));
    let manifest = Manifest { generation, checkpoint: newest, ..manifest };
    let mut ledger = Ledger::new(place.clone(), manifest, index, intents)?;
    ledger.switch()?;
    if let Some(found) = found {
        warn(place, &found, "built the index again from checkpoint and journal");
        if base != newest {
            ledger.checkpoint()?;
        }
    }
    Ok(Some(ledger))
}

/// An index from a checkpoint, with the rows that were in doubt then. None when the checkpoint is damaged.
pub(crate) fn load(place: &Place, base: u64, generation: u64, adds: u64) -> Result<Option<(Index, Intents)>, Error> {
    let path = place.files.checkpoint(base);
    let failed = |error| Error::io("read", &path)(error);
    let Some(stream) = checkpoint::begin_file(&path).map_err(failed)? else { return Ok(None) };
    let (head, intents) = (stream.head.clone(), stream.intents.clone());
    let bits = Index::bits_at_least(head.bits, head.rows + adds);
    let mut whole = false;
    let built = place.build(generation, Meta::empty(head.seed, head.target, bits), head.sequence, |builder| {
        whole = stream.read(&failed, |item| match item {
            Item::Row(entry) => builder.push(entry),
            Item::Reject(key, value) => builder.push_reject(key, value),
        })?;
        Ok(())
    });
    match built {
        Ok(index) if whole => Ok(Some((index, intents))),
        Err(error @ (Error::Full { .. } | Error::Io { .. })) => Err(error),
        Err(error) if whole => Err(error),
        _ => Ok(None),
    }
}

/// Applies what the journals say: to the rows in doubt all of it, to the index what it lacks.
pub(crate) fn replay(
    place: &Place,
    (base, newest): (u64, u64),
    index: &mut Index,
    intents: &mut Intents,
) -> Result<(), Error> {
    for number in base..=newest {
        let path = place.files.journal(number);
        let failed = |error| Error::io("read", &path)(error);
        journal::read::<Replay>(&path, number, |record| {
            if record.sequence > index.meta().sequence {
                index.apply(&record, intents)?;
            }
            record.action.settle(intents);
            Ok(())
        })
        .map_err(|error| match error {
            Replay::Read(error) => failed(error),
            Replay::Apply(error) => error,
        })?;
    }
    Ok(())
}

/// The same as far as records follow one another. Nothing is known of what comes after.
pub(crate) fn replay_while_whole(
    place: &Place,
    (base, newest): (u64, u64),
    index: &mut Index,
    intents: &mut Intents,
) -> Result<(), Error> {
    for number in base..=newest {
        let first = journal::read(&place.files.journal(number), number, |_| Ok::<(), std::io::Error>(()));
        let extent = first.map_err(Error::io("read", place.files.journal(number)))?;
        let follows = extent.as_ref().is_some_and(|extent| extent.first == index.meta().sequence + 1);
        if follows {
            replay(place, (number, number), index, intents)?;
        }
        if !follows || extent.is_some_and(|extent| extent.end != journal::End::Whole) {
            break;
        }
    }
    Ok(())
}

/// Why a journal could not be replayed.
enum Replay {
    Read(std::io::Error),
    Apply(Error),
}

impl From<std::io::Error> for Replay {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<Error> for Replay {
    fn from(error: Error) -> Self {
        Self::Apply(error)
    }
}

fn trust(place: &Place, findings: &mut Findings, newest: u64, found: &str) -> Result<Ledger, Error> {
    let (Some(manifest), Some(index)) = (findings.manifest.clone(), findings.index.take()) else {
        return Err(damaged(&place.files.folder)(Damage::Files(found.to_owned())));
    };
    warn(place, found, "wrote a new checkpoint from the index, which was closed well");
    establish(place, Manifest { checkpoint: newest, ..manifest }, index, Intents::new())
}

/// Begins anew after a number: a checkpoint of what is here, an empty journal, a manifest that names them.
pub(crate) fn establish(place: &Place, manifest: Manifest, index: Index, intents: Intents) -> Result<Ledger, Error> {
    let number = manifest.checkpoint + 1;
    place.write_base(number, &index, &intents)?;
    let mut ledger = Ledger::new(place.clone(), Manifest { checkpoint: number, ..manifest }, index, intents)?;
    ledger.switch()?;
    Ok(ledger)
}

fn cut_off(place: &Place, cut: Option<Cut>) -> Result<(), Error> {
    let Some(Cut { journal, at }) = cut else { return Ok(()) };
    let path = place.files.journal(journal);
    tracing::debug!(file = %path.display(), at, "cut off a record that a crash left unfinished");
    journal::cut(&path, at, place.durability).map_err(Error::io("cut", path))
}

fn warn(place: &Place, found: &str, done: &str) {
    tracing::warn!(code = "OFT-S020", sync = place.sync, found, done, "repaired the state; nothing was lost");
}

fn random_seed() -> u64 {
    // A ULID's low 64 bits are random; the seed only has to be unknown to whoever writes source rows.
    let [.., a, b, c, d, e, f, g, h] = ulid::Ulid::generate().to_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
