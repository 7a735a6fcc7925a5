//! What is done with what an opening finds: a pure function, so that each case of damage is a line of a table.
//!
//! The truth is a checkpoint and every journal since. The index is kept where it agrees with them, and built again where it does
//! not. Where they are damaged themselves, an index that was closed well stands in for them. Otherwise nothing is guessed.

use std::collections::BTreeMap;

use crate::journal::{End, Extent};

/// What the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) checkpoint: u64,
    pub(crate) sequence: u64,
    pub(crate) rows: u64,
    pub(crate) sum: u64,
    pub(crate) intents: u64,
    pub(crate) clean: bool,
}

/// What became of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IndexFound {
    /// None was made yet.
    None,
    /// It cannot be used, for this reason; with the sequence that it says it has.
    Bad(String, Option<u64>),
    /// It agrees with its own sums.
    Good { sequence: u64, rows: u64, sum: u64 },
}

/// What can be read of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckpointFound {
    /// Not even its beginning.
    Damaged,
    /// Its sequence and the rows in doubt, but not all rows: enough beside an index.
    Beginning(u64),
    /// All of it, as far as anybody looked.
    Good(u64),
}

impl CheckpointFound {
    fn sequence(self) -> Option<u64> {
        match self {
            Self::Damaged => None,
            Self::Beginning(sequence) | Self::Good(sequence) => Some(sequence),
        }
    }
}

/// Everything that an opening looked at.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// None when it is missing or damaged.
    pub(crate) manifest: Option<Marks>,
    pub(crate) checkpoints: BTreeMap<u64, CheckpointFound>,
    /// Journals by number; none where not even the header can be read.
    pub(crate) journals: BTreeMap<u64, Option<Extent>>,
    pub(crate) index: IndexFound,
}

/// A journal's unfinished last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) journal: u64,
    pub(crate) at: u64,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Use the index and replay what it lacks. `mend` says why a new checkpoint is needed, where one is.
    Keep { base: u64, newest: u64, cut: Option<Cut>, mend: Option<String> },
    /// Build the index again; `found` is none where there was none to begin with.
    Rebuild { base: u64, newest: u64, cut: Option<Cut>, found: Option<String> },
    /// Use the index as the truth, and write a checkpoint from it.
    Trust { newest: u64, found: String },
    /// Ask a person.
    Refuse { why: String },
}

/// A checkpoint with all journals after it.
struct Chain {
    base: u64,
    sequence: u64,
    cut: Option<Cut>,
    /// Whether an index can be built from the checkpoint.
    whole: bool,
}

/// Decides what to do.
pub(crate) fn decide(found: &Evidence) -> Plan {
    let newest = newest(found);
    let chains = chains(found, newest);
    let broken = chains.iter().find_map(|chain| match chain {
        Ok(chain) if chain.whole => None,
        Ok(chain) => Some(format!("the rows of checkpoint {} are damaged", chain.base)),
        Err(why) => Some(why.clone()),
    });
    let good = || chains.iter().filter_map(|chain| chain.as_ref().ok());
    let named = found.manifest.is_some();
    if let (true, IndexFound::Good { sequence, .. }) = (named, &found.index)
        && let Some(chain) = good().find(|chain| chain.sequence <= *sequence)
    {
        let sound = chain.base == newest && chain.whole;
        let mend = if sound { None } else { broken };
        return Plan::Keep { base: chain.base, newest, cut: chain.cut, mend };
    }
    if let Some(chain) = good().find(|chain| chain.whole) {
        let found = match &found.index {
            _ if !named => Some("the manifest is missing or damaged".to_owned()),
            IndexFound::None => None,
            IndexFound::Bad(words, _) => Some(format!("the index cannot be used: {words}")),
            IndexFound::Good { .. } => Some("the index is older than the journal".to_owned()),
        };
        let found = found.or_else(|| broken.filter(|_| chain.base != newest));
        return Plan::Rebuild { base: chain.base, newest, cut: chain.cut, found };
    }
    let why = broken.unwrap_or_else(|| "there is no checkpoint".to_owned());
    if trustworthy(found) { Plan::Trust { newest, found: why } } else { Plan::Refuse { why } }
}

/// The number of the newest checkpoint and journal that count. Later ones are of a checkpoint that was being written, unless
/// something stands in them: then it is the manifest that is old.
fn newest(found: &Evidence) -> u64 {
    let files = found.checkpoints.keys().chain(found.journals.keys()).copied().max().unwrap_or(0);
    let Some(manifest) = &found.manifest else { return files };
    let mut later = found.journals.range(manifest.checkpoint + 1..);
    let written = later.any(|(_, extent)| extent.as_ref().is_none_or(|extent| extent.last >= extent.first));
    if written { files } else { manifest.checkpoint }
}

/// The last change that anything knows of.
pub(crate) fn known_until(found: &Evidence) -> u64 {
    let index = match &found.index {
        IndexFound::Good { sequence, .. } => Some(*sequence),
        IndexFound::Bad(_, sequence) => *sequence,
        IndexFound::None => None,
    };
    let checkpoints = found.checkpoints.values().filter_map(|checkpoint| checkpoint.sequence());
    let journals = found.journals.values().flatten().map(|extent| extent.last);
    let marks = found.manifest.iter().map(|manifest| manifest.sequence);
    checkpoints.chain(journals).chain(marks).chain(index).max().unwrap_or(0)
}

/// Chains from each checkpoint that counts, the newest first; or why there is none from it.
fn chains(found: &Evidence, newest: u64) -> Vec<Result<Chain, String>> {
    let seen = known_until(found);
    let mut numbers: Vec<u64> = found.checkpoints.range(..=newest).rev().map(|(number, _)| *number).collect();
    if numbers.first() != Some(&newest) {
        // Its absence is what is to be said, even where another one stands in.
        numbers.insert(0, newest);
    }
    numbers.into_iter().map(|base| chain(found, base, newest, seen)).collect()
}

fn chain(found: &Evidence, base: u64, newest: u64, seen: u64) -> Result<Chain, String> {
    let checkpoint = found.checkpoints.get(&base).ok_or_else(|| format!("checkpoint {base} is missing"))?;
    let sequence = checkpoint.sequence().ok_or_else(|| format!("checkpoint {base} is damaged"))?;
    let whole = matches!(checkpoint, CheckpointFound::Good(_));
    let (mut last, mut cut) = (sequence, None);
    for number in base..=newest {
        let extent = match found.journals.get(&number) {
            Some(Some(extent)) => extent,
            Some(None) => return Err(format!("journal {number} is damaged at its beginning")),
            None => return Err(format!("journal {number} is missing")),
        };
        if extent.first != last + 1 {
            return Err(format!("journal {number} begins with change {}, not {}", extent.first, last + 1));
        }
        last = extent.last;
        match extent.end {
            End::Whole => {}
            End::Torn(at) if number == newest => cut = Some(Cut { journal: number, at }),
            End::Torn(_) | End::Damaged => return Err(format!("journal {number} is damaged after change {last}")),
        }
    }
    if last < seen {
        return Err(format!("the journal ends with change {last}, but change {seen} was written"));
    }
    Ok(Chain { base, sequence, cut, whole })
}

/// Whether the index is exactly what a process left that ended well, with no row in doubt: those stand in the journal alone.
fn trustworthy(found: &Evidence) -> bool {
    match (&found.manifest, &found.index) {
        (Some(manifest), IndexFound::Good { sequence, rows, sum }) => {
            let closed = manifest.clean && manifest.intents == 0;
            closed && (manifest.sequence, manifest.rows, manifest.sum) == (*sequence, *rows, *sum)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checkpoints 3 at change 10 and 4 at change 20, journals after them, all of it good up to change 25 and closed.
    fn sound() -> Evidence {
        let extent = |first, last| Some(Extent { first, last, end: End::Whole, adds: 0 });
        Evidence {
            manifest: Some(Marks { checkpoint: 4, sequence: 25, rows: 7, sum: 9, intents: 0, clean: true }),
            checkpoints: [(3, CheckpointFound::Good(10)), (4, CheckpointFound::Good(20))].into(),
            journals: [(3, extent(11, 20)), (4, extent(21, 25))].into(),
            index: IndexFound::Good { sequence: 25, rows: 7, sum: 9 },
        }
    }

    /// What is found, what it comes to, and what has to be in the reason.
    type Case = (&'static str, fn(&mut Evidence), &'static str, &'static str);

    fn end(found: &mut Evidence, number: u64, last: u64, end: End) {
        let first = if number == 3 { 11 } else { 21 };
        found.journals.insert(number, Some(Extent { first, last, end, adds: 0 }));
    }

    fn unclean(found: &mut Evidence) {
        if let Some(manifest) = &mut found.manifest {
            (manifest.clean, manifest.sequence) = (false, 21);
        }
    }

    fn index_at(found: &mut Evidence, sequence: u64) {
        found.index = IndexFound::Good { sequence, rows: 7, sum: 9 };
    }

    fn checkpoint(found: &mut Evidence, number: u64, what: CheckpointFound) {
        found.checkpoints.insert(number, what);
    }

    fn no_index(found: &mut Evidence) {
        found.index = IndexFound::Bad("page 1 fails".to_owned(), None);
    }

    fn word(plan: &Plan) -> (String, String) {
        match plan {
            Plan::Keep { base, cut, mend, .. } => {
                let cut = cut.map_or(String::new(), |cut| format!(" cut {}@{}", cut.journal, cut.at));
                (format!("keep {base}{cut}"), mend.clone().unwrap_or_default())
            }
            Plan::Rebuild { base, cut, found, .. } => {
                let cut = cut.map_or(String::new(), |cut| format!(" cut {}@{}", cut.journal, cut.at));
                (format!("rebuild {base}{cut}"), found.clone().unwrap_or_default())
            }
            Plan::Trust { found, .. } => ("trust".to_owned(), found.clone()),
            Plan::Refuse { why } => ("refuse".to_owned(), why.clone()),
        }
    }

    const CASES: &[Case] = &[
        ("all is well", |_| {}, "keep 4", ""),
        ("a crash", unclean, "keep 4", ""),
        ("the index is behind", |f| index_at(f, 22), "keep 4", ""),
        ("the index is behind its checkpoint", |f| index_at(f, 15), "keep 3", ""),
        ("the index is behind every checkpoint", |f| index_at(f, 5), "rebuild 4", "older than the journal"),
        ("none was made yet", |f| f.index = IndexFound::None, "rebuild 4", ""),
        ("the index is damaged", no_index, "rebuild 4", "page 1 fails"),
        (
            "a torn record after a crash",
            |f| {
                unclean(f);
                index_at(f, 24);
                end(f, 4, 24, End::Torn(99));
            },
            "keep 4 cut 4@99",
            "",
        ),
        (
            "a torn record, and no index",
            |f| {
                unclean(f);
                no_index(f);
                end(f, 4, 24, End::Torn(99));
            },
            "rebuild 4 cut 4@99",
            "page 1 fails",
        ),
        (
            "a torn record that the index has",
            |f| {
                unclean(f);
                end(f, 4, 24, End::Torn(99));
            },
            "refuse",
            "ends with change 24, but change 25",
        ),
        (
            "a torn record that a damaged index had",
            |f| {
                unclean(f);
                f.index = IndexFound::Bad("x".to_owned(), Some(25));
                end(f, 4, 24, End::Torn(99));
            },
            "refuse",
            "change 25 was written",
        ),
        ("a journal cut after it was closed", |f| end(f, 4, 24, End::Whole), "trust", "change 25 was written"),
        (
            "a journal cut, with rows in doubt",
            |f| {
                end(f, 4, 24, End::Whole);
                if let Some(manifest) = &mut f.manifest {
                    manifest.intents = 1;
                }
            },
            "refuse",
            "change 25 was written",
        ),
        (
            "the newest checkpoint is damaged",
            |f| checkpoint(f, 4, CheckpointFound::Damaged),
            "keep 3",
            "checkpoint 4 is damaged",
        ),
        (
            "the newest checkpoint is missing",
            |f| f.checkpoints.retain(|number, _| *number == 3),
            "keep 3",
            "checkpoint 4 is missing",
        ),
        (
            "the newest checkpoint and the index are damaged",
            |f| {
                no_index(f);
                checkpoint(f, 4, CheckpointFound::Damaged);
            },
            "rebuild 3",
            "page 1 fails",
        ),
        (
            "rows of the newest checkpoint are damaged",
            |f| checkpoint(f, 4, CheckpointFound::Beginning(20)),
            "keep 4",
            "rows of checkpoint 4 are damaged",
        ),
        (
            "rows of the newest checkpoint are damaged, and the index",
            |f| {
                no_index(f);
                checkpoint(f, 4, CheckpointFound::Beginning(20));
            },
            "rebuild 3",
            "page 1 fails",
        ),
        (
            "both checkpoints are damaged",
            |f| {
                checkpoint(f, 3, CheckpointFound::Damaged);
                checkpoint(f, 4, CheckpointFound::Damaged);
            },
            "trust",
            "checkpoint 4 is damaged",
        ),
        (
            "both checkpoints are damaged after a crash",
            |f| {
                unclean(f);
                checkpoint(f, 3, CheckpointFound::Damaged);
                checkpoint(f, 4, CheckpointFound::Damaged);
            },
            "refuse",
            "checkpoint 4 is damaged",
        ),
        (
            "the newest checkpoint and the journal before it",
            |f| {
                unclean(f);
                checkpoint(f, 4, CheckpointFound::Damaged);
                end(f, 3, 15, End::Damaged);
            },
            "refuse",
            "checkpoint 4 is damaged",
        ),
        ("the older journal alone", |f| end(f, 3, 15, End::Damaged), "keep 4", ""),
        ("damage in the middle of the journal", |f| end(f, 4, 22, End::Damaged), "trust", "damaged after change 22"),
        (
            "damage in the middle of the journal after a crash",
            |f| {
                unclean(f);
                end(f, 4, 22, End::Damaged);
            },
            "refuse",
            "damaged after change 22",
        ),
        ("the journal is missing", |f| f.journals.retain(|number, _| *number == 3), "trust", "journal 4 is missing"),
        (
            "the journal is missing, and the index",
            |f| {
                no_index(f);
                f.journals.remove(&4);
            },
            "refuse",
            "journal 4 is missing",
        ),
        ("the header of the journal", |f| f.journals.extend([(4, None)]), "trust", "damaged at its beginning"),
        ("no manifest", |f| f.manifest = None, "rebuild 4", "manifest is missing"),
        (
            "no manifest and a short journal",
            |f| {
                f.manifest = None;
                end(f, 4, 24, End::Torn(99));
            },
            "refuse",
            "change 25 was written",
        ),
        (
            "no manifest and no checkpoints",
            |f| {
                f.manifest = None;
                f.checkpoints.clear();
            },
            "refuse",
            "checkpoint 4 is missing",
        ),
        (
            "nothing at all but a name",
            |f| {
                f.manifest = None;
                f.checkpoints.clear();
                f.journals.clear();
                no_index(f);
            },
            "refuse",
            "checkpoint 0 is missing",
        ),
        (
            "a checkpoint that was being written",
            |f| {
                f.checkpoints.insert(5, CheckpointFound::Good(25));
                f.journals.insert(5, Some(Extent { first: 26, last: 25, end: End::Whole, adds: 0 }));
            },
            "keep 4",
            "",
        ),
        (
            "an old manifest",
            |f| {
                index_at(f, 28);
                f.checkpoints.insert(5, CheckpointFound::Good(25));
                f.journals.insert(5, Some(Extent { first: 26, last: 28, end: End::Whole, adds: 0 }));
            },
            "keep 5",
            "",
        ),
        (
            "journals that do not follow",
            |f| {
                unclean(f);
                f.journals.insert(4, Some(Extent { first: 22, last: 25, end: End::Whole, adds: 0 }));
            },
            "refuse",
            "begins with change 22, not 21",
        ),
    ];

    #[test]
    fn s8_each_case_of_damage_has_its_answer() {
        for (case, change, expected, reason) in CASES {
            let mut found = sound();
            change(&mut found);
            let (plan, why) = word(&decide(&found));
            assert_eq!(plan, *expected, "{case}: {why}");
            assert!(why.contains(reason) && why.is_empty() == reason.is_empty(), "{case}: {why}");
        }
    }
}
