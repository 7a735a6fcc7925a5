//! Going back to the last point that is known to be true, when a person has decided that this is better than nothing.

use std::fs;
use std::path::PathBuf;

use offtake_core::Name;

use crate::Error;
use crate::directory::StateDirectory;
use crate::error::Damage;
use crate::evidence::{self, Findings};
use crate::index::{Index, damaged};
use crate::ladder::{Plan, decide, known_until};
use crate::ledger::Place;
use crate::manifest::Manifest;
use crate::open::{establish, load, replay, replay_while_whole};
use crate::record::Intents;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Acknowledged rows now.
    pub rows: u64,
    /// Rows in doubt now.
    pub in_doubt: u64,
    /// Commits that are known to have been made and could not be read any more. Their rows are sent again. There may have been more
    /// of them after the last that is known of.
    pub missing: u64,
    /// Where the files that were there before are now; none when nothing had to be restored.
    pub kept: Option<PathBuf>,
}

impl StateDirectory {
    /// Opens a sync that refuses to open, from whatever reaches furthest: a checkpoint with as many records after it as can be read,
    /// or the index. What came later is sent again.
    ///
    /// # Errors
    /// OFT-S009 when the sync has no state, OFT-S005 when neither a checkpoint nor the index can be read, OFT-S003 on I/O, OFT-S008 on
    /// a full disk.
    pub fn restore(&self, sync: &Name) -> Result<Restored, Error> {
        let (_claim, place) = self.existing(sync)?;
        match self.ledger(sync) {
            Ok(ledger) => {
                let (rows, in_doubt) = (ledger.index.meta().rows, ledger.intents.len() as u64);
                return Ok(Restored { rows, in_doubt, missing: 0, kept: None });
            }
            Err(Error::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut findings = evidence::gather(&place.files, &place.reserve)?;
        evidence::gather_more(&place.files, &mut findings)?;
        let until = known_until(&findings.evidence);
        let why = match decide(&findings.evidence) {
            Plan::Refuse { why } => why,
            _ => "it changed meanwhile".to_owned(),
        };
        let newest = place.files.checkpoint_numbers().and_then(|mut numbers| {
            numbers.extend(place.files.journal_numbers()?);
            Ok(numbers.into_iter().max().unwrap_or(0))
        });
        let newest = newest.map_err(Error::io("list", &place.files.folder))?;
        let Some((generation, index, intents)) = furthest(&place, &mut findings, newest)? else {
            return Err(damaged(&place.files.folder)(Damage::Files(why)));
        };
        let kept = self.set_aside(sync, &place)?;
        let manifest = findings.manifest.unwrap_or_else(|| Manifest::fresh(&place.sync));
        let manifest = Manifest { generation, checkpoint: newest, clean: false, ..manifest };
        let (rows, in_doubt) = (index.meta().rows, intents.len() as u64);
        let missing = until.saturating_sub(index.meta().sequence);
        let ledger = establish(&place, manifest, index, intents)?;
        ledger.place.sweep(&ledger.manifest)?;
        Ok(Restored { rows, in_doubt, missing, kept: Some(kept) })
    }

    /// Takes the old journals and checkpoints away from where the next opening would
    /// find them contradicting the new ones.
    fn set_aside(&self, sync: &Name, place: &Place) -> Result<PathBuf, Error> {
        let kept = self.aside(sync, "damaged")?;
        let moved = || {
            self.durability().create_folder(&kept)?;
            for folder in [place.files.checkpoints(), place.files.journals()] {
                if folder.is_dir() {
                    fs::rename(&folder, kept.join(folder.file_name().unwrap_or_default()))?;
                }
                self.durability().create_folder(&folder)?;
            }
            Ok(())
        };
        moved().map_err(Error::io("move to", &kept))?;
        Ok(kept)
    }
}

/// The index that reaches furthest, with its generation and the rows in doubt as far as they are known.
fn furthest(place: &Place, findings: &mut Findings, newest: u64) -> Result<Option<(u64, Index, Intents)>, Error> {
    let numbers = place.files.generation_numbers().map_err(Error::io("list", &place.files.folder))?;
    let next = numbers.into_iter().max().unwrap_or(0) + 1;
    let mut best = None;
    if let (Some(mut index), Some(manifest)) = (findings.index.take(), &findings.manifest) {
        let mut intents = Intents::new();
        for (number, extent) in &findings.evidence.journals {
            let next = index.meta().sequence + 1;
            if extent.as_ref().is_some_and(|extent| extent.first <= next && extent.last >= next) {
                replay(place, (*number, *number), &mut index, &mut intents)?;
            }
        }
        best = Some((manifest.generation, index, intents));
    }
    let bases: Vec<u64> = findings.evidence.checkpoints.keys().rev().copied().collect();
    for (base, generation) in bases.into_iter().zip(next..) {
        let Some((mut index, mut intents)) = load(place, base, generation, 0)? else { continue };
        replay_while_whole(place, (base, newest), &mut index, &mut intents)?;
        let further = best.as_ref().is_none_or(|(_, other, _)| other.meta().sequence <= index.meta().sequence);
        if further {
            best = Some((generation, index, intents));
        } else if let Some((_, _, known)) = &mut best {
            // The index alone says nothing of rows in doubt; one too many of them is only sent once more.
            known.extend(intents);
        }
    }
    Ok(best)
}
