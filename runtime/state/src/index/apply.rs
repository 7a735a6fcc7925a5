//! A record of the journal becomes true in the index.

use std::collections::{BTreeMap, HashSet};

use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::ports::Kept;
use offtake_core::run::Reject;

use crate::Error;
use crate::error::Damage;
use crate::failpoint::reach;
use crate::index::meta::Meta;
use crate::index::rejects::{self, Staging};
use crate::index::stage::Stage;
use crate::index::{Index, damaged, pages, quietly, sled_error};
use crate::record::{Action, Change, Intents, Place, Record};

/// Rows of one sled batch. sled keeps about 4 KiB an operation in memory, and ten times as many cost a hundred times as much.
const PART_ROWS: usize = 1_000;

impl Index {
    /// Applies a record; `intents` are the rows in doubt before it. Applying it again changes nothing, so a record of which
    /// only a part was written is simply applied as a whole.
    pub(crate) fn apply(&mut self, record: &Record, intents: &Intents) -> Result<(), Error> {
        self.scan = None;
        let path = self.path.clone();
        let applied = quietly(|| self.apply_loudly(record, intents));
        applied.unwrap_or_else(|words| Err(damaged(&path)(Damage::Index(words))))?;
        reach("state-index-applied").map_err(Error::io("change", path))
    }

    fn apply_loudly(&mut self, record: &Record, intents: &Intents) -> Result<(), Error> {
        match &record.action {
            Action::Commit { settled, .. } => {
                let mut parts = settled.chunks(PART_ROWS).peekable();
                while let Some(part) = parts.next() {
                    let last = parts.peek().is_none().then_some(record.sequence);
                    self.apply_part(part, intents, last)?;
                }
                if settled.is_empty() {
                    self.write(Stage::default(), self.meta.clone(), Some(record.sequence))?;
                }
                Ok(())
            }
            Action::Bound { target } => {
                let meta = Meta { target: Some(target.clone()), ..self.meta.clone() };
                self.write(Stage::default(), meta, Some(record.sequence))
            }
            Action::Marked { keys, ignored } => {
                let keys = keys.as_ref().map(|keys| keys.iter().copied().collect::<HashSet<_>>());
                let meant = |place: Place| match (&keys, place) {
                    (None, _) => true,
                    (Some(keys), Place::Key(key)) => keys.contains(&key),
                    (Some(_), Place::Record(_)) => false,
                };
                self.apply_to_rejects(record.sequence, |place, reject| match meant(place) {
                    true if reject.ignored != *ignored => Some(Some(Reject { ignored: *ignored, ..reject })),
                    _ => None,
                })
            }
            Action::Finished { run } => {
                self.apply_to_rejects(record.sequence, |_, reject| (reject.run != *run).then_some(None))
            }
        }
    }

    fn apply_part(&mut self, part: &[Change], intents: &Intents, sequence: Option<u64>) -> Result<(), Error> {
        let mut writes = BTreeMap::new();
        let mut list = Staging::new(&self.tree, &self.path);
        // Most syncs have no rejects, and looking each row up costs as much as writing it.
        let mut listed = self.meta.rejects > 0;
        for change in part {
            match change {
                Change::Delivered { key, digest, kept, .. } => {
                    let number = u128::from_be_bytes(*key);
                    let known = || intents.get(&number).and_then(|intent| intent.kept.as_ref()?.remote_id.clone());
                    let kept = kept.clone().map(Kept::from);
                    let kept = kept.map(|kept| Kept { remote_id: kept.remote_id.or_else(known), ..kept });
                    writes.insert(number, Some((RowDigest(u64::from_be_bytes(*digest)), kept)));
                }
                Change::Gone { key, .. } => {
                    writes.insert(u128::from_be_bytes(*key), None);
                }
                Change::Rejected { place, reject, .. } => {
                    listed = true;
                    list.add(*place, rejects::read(reject.as_bytes()).map_err(damaged(&self.path))?)?;
                    continue;
                }
                Change::Unsent { .. } => continue,
            }
            if let (true, Change::Delivered { key, .. } | Change::Gone { key, .. }) = (listed, change) {
                list.remove(*key)?;
            }
        }
        let writes: Vec<pages::Write> = writes.into_iter().map(|(key, value)| (KeyDigest(key), value)).collect();
        let (mut meta, mut stage) = (self.meta.clone(), Stage::default());
        pages::stage(&self.tree, &mut meta, &writes, &mut stage, &self.path)?;
        list.stage(&mut meta, &mut stage);
        self.write(stage, meta, sequence)
    }

    /// Changes or removes items of the reject list; `decide` says none where an item stays as it is.
    fn apply_to_rejects(
        &mut self,
        sequence: u64,
        decide: impl Fn(Place, Reject) -> Option<Option<Reject>>,
    ) -> Result<(), Error> {
        let mut changes = Vec::new();
        rejects::each(&self.tree, &self.path, |key, value| {
            let decided = rejects::place(key).and_then(|place| Ok(decide(place, rejects::read(value)?)));
            if let Some(after) = decided.map_err(damaged(&self.path))? {
                changes.push((key.to_vec(), after));
            }
            Ok(())
        })?;
        for part in changes.chunks(PART_ROWS) {
            let mut list = Staging::new(&self.tree, &self.path);
            for (key, after) in part {
                let place = rejects::place(key).map_err(damaged(&self.path))?;
                list.set(place, after.clone())?;
            }
            let (mut meta, mut stage) = (self.meta.clone(), Stage::default());
            list.stage(&mut meta, &mut stage);
            self.write(stage, meta, None)?;
        }
        self.write(Stage::default(), self.meta.clone(), Some(sequence))
    }

    fn write(&mut self, stage: Stage, mut meta: Meta, sequence: Option<u64>) -> Result<(), Error> {
        meta.sequence = sequence.unwrap_or(meta.sequence);
        let batch = stage.seal(&mut meta);
        self.tree.apply_batch(batch).map_err(sled_error(&self.path))?;
        self.meta = meta;
        Ok(())
    }
}
