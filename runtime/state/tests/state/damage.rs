//! S8: damaged files end in everything that was acknowledged, or in a refusal. Never in less, and never in a panic.

use std::fs;
use std::path::{Path, PathBuf};

use offtake_core::ports::StateStore;
use offtake_core::run::Status;
use offtake_state::{StateDirectory, Verdict};
use tempfile::TempDir;

use crate::tools::{
    Dice, RUN, Rows, copy, delivered, folder, gone, intent, name, open, record, rejected, rows_of, seed,
};

const SEEDS: u64 = 60;
const ROWS: u64 = 600;

/// A state as it is damaged: closed or killed, with or without a second checkpoint, with or without sled's snapshot.
#[derive(Debug)]
struct Original {
    folder: TempDir,
    rows: Rows,
    doubts: usize,
    rejects: usize,
}

impl Original {
    async fn make(seed: u64, killed: bool, snapshot: bool) -> Self {
        let mut dice = Dice::new(seed);
        let home = folder();
        let live = if killed { home.path().join("live") } else { home.path().join("state") };
        let mut rows = Rows::new();
        for opening in 0..3 {
            let (state, store) = open(&live);
            for round in 0..3 {
                let from = dice.below(ROWS);
                let numbers = from..(from + 100 + dice.below(100)).min(ROWS);
                let digest = dice.next();
                let mut settled: Vec<_> = numbers.clone().map(|number| delivered(number, digest)).collect();
                rows.extend(numbers.map(|number| (number, digest)));
                if let Some((&first, _)) = rows.first_key_value() {
                    settled.push(gone(first));
                    rows.remove(&first);
                }
                settled.push(rejected(ROWS + round, "r"));
                store.commit(RUN, settled, vec![]).await.unwrap();
            }
            if killed && opening == 2 {
                store.commit(RUN, vec![], vec![intent(ROWS + 50, 1)]).await.unwrap();
                copy(&live, &home.path().join("state"));
            }
            drop((store, state));
            if opening == 1 {
                StateDirectory::open(&live).unwrap().compact(&name()).unwrap();
            }
            if snapshot {
                // sled writes one when it opens what was written before.
                drop(open(&live));
            }
        }
        Self { folder: home, rows, doubts: usize::from(killed), rejects: 3 }
    }

    fn sync(&self) -> PathBuf {
        self.folder.path().join("state/syncs/crm")
    }

    /// The oracle. Returns whether it opened.
    async fn judge(&self, damaged: &Path, what: &str) -> bool {
        let state = StateDirectory::open(damaged).unwrap();
        let verdict = state.check(&name()).unwrap_or_else(|error| panic!("{what}: {error}")).verdict;
        let store = match state.sync(&name()) {
            Ok(store) => store,
            Err(error) => {
                assert_eq!(error.code(), "OFT-S005", "{what}: {error}");
                assert!(matches!(verdict, Verdict::Refuses(_)), "{what}: {verdict:?}");
                assert!(error.help().contains("offtake state restore"));
                return false;
            }
        };
        assert!(!matches!(verdict, Verdict::Refuses(_)), "{what}: {verdict:?}");
        assert_eq!(rows_of(&store, ROWS + 100).await, self.rows, "{what}");
        assert_eq!(store.in_doubt().await.unwrap().len(), self.doubts, "{what}");
        assert_eq!(store.rejects().await.unwrap().len(), self.rejects, "{what}");
        store.commit(RUN, vec![delivered(1, 1)], vec![]).await.unwrap();
        store.finish(&record("r2", Status::Incomplete)).await.unwrap();
        drop((store, state));
        let (state, store) = open(damaged);
        assert_eq!(
            store.known().await.unwrap().acknowledged(),
            self.rows.len() + usize::from(!self.rows.contains_key(&1))
        );
        drop(store);
        assert_eq!(state.check(&name()).unwrap().verdict, Verdict::Sound, "{what}: once mended, all is well");
        true
    }
}

/// One way of damaging a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Harm {
    Flip,
    Zero,
    Cut,
    Tail,
    Empty,
    Remove,
}

fn harm(path: &Path, harm: Harm, dice: &mut Dice) {
    let mut bytes = fs::read(path).unwrap();
    let length = bytes.len() as u64;
    let at = usize::try_from(dice.below(length)).unwrap();
    match harm {
        Harm::Flip => bytes[at] ^= 1 << dice.below(8),
        Harm::Zero => {
            let start = at / 4_096 * 4_096;
            let end = (start + 4_096).min(bytes.len());
            bytes[start..end].fill(0);
        }
        Harm::Cut => bytes.truncate(at),
        Harm::Tail => bytes.truncate(bytes.len().saturating_sub(usize::try_from(dice.below(2_000)).unwrap() + 1)),
        Harm::Empty => bytes.clear(),
        Harm::Remove => {
            fs::remove_file(path).unwrap();
            return;
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Damages one file of copies of a state, once a seed. Returns how often it opened.
async fn cases(files: &[&str], harms: &[Harm], seeds: u64, killed: bool, snapshot: bool) -> (u64, u64) {
    let seed = seed();
    let (mut opened, mut refused) = (0, 0);
    for file in files {
        for kind in harms {
            let original = Original::make(seed ^ 0xA5, killed, snapshot).await;
            for number in 0..seeds {
                let mut dice = Dice::new(seed.wrapping_mul(1_000) + number);
                let damaged = folder();
                copy(&original.folder.path().join("state"), damaged.path());
                let file = resolve(&damaged.path().join("syncs/crm"), file);
                harm(&file, *kind, &mut dice);
                let what = format!("seed={seed} case {number}: {kind:?} of {}", file.display());
                if original.judge(damaged.path(), &what).await { opened += 1 } else { refused += 1 }
            }
        }
    }
    println!("{files:?} {harms:?} killed={killed} snapshot={snapshot}: {opened} opened, {refused} refused");
    (opened, refused)
}

/// `gen-*/db` and the like, as the newest there is; `-` before it for the one before.
fn resolve(sync: &Path, pattern: &str) -> PathBuf {
    let (older, pattern) = pattern.strip_prefix('-').map_or((0, pattern), |rest| (1, rest));
    let (folder, rest) = pattern.split_once('/').unwrap_or(("", pattern));
    let folder = if folder == "gen-*" { newest(sync, "gen-", 0) } else { sync.join(folder) };
    if rest == "*" { newest(&folder, "", older) } else { folder.join(rest) }
}

fn newest(folder: &Path, prefix: &str, older: usize) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix));
    let mut named: Vec<PathBuf> = named.collect();
    named.sort();
    named[named.len() - 1 - older].clone()
}

const HARMS: [Harm; 4] = [Harm::Flip, Harm::Zero, Harm::Cut, Harm::Tail];

#[tokio::test]
async fn s8_whatever_happens_to_sleds_file_nothing_is_lost_with_its_snapshot() {
    let (opened, refused) = cases(&["gen-*/db"], &HARMS, SEEDS, false, true).await;
    assert_eq!((opened, refused), (4 * SEEDS, 0), "checkpoint and journal have all of it");
}

#[tokio::test]
async fn s8_whatever_happens_to_sleds_file_nothing_is_lost_without_its_snapshot() {
    let (opened, refused) = cases(&["gen-*/db"], &HARMS, SEEDS, true, false).await;
    assert_eq!((opened, refused), (4 * SEEDS, 0), "checkpoint and journal have all of it");
}

#[tokio::test]
async fn s8_the_rest_of_the_index_can_be_lost_too() {
    let (_, refused) = cases(&["gen-*/conf"], &[Harm::Empty, Harm::Remove, Harm::Flip], 5, false, true).await;
    assert_eq!(refused, 0);
    for killed in [false, true] {
        let original = Original::make(seed(), killed, false).await;
        fs::remove_dir_all(newest(&original.sync(), "gen-", 0)).unwrap();
        assert!(original.judge(&original.folder.path().join("state"), "no index at all").await);
    }
}

#[tokio::test]
async fn s8_a_manifest_is_made_again() {
    for killed in [false, true] {
        let (_, refused) =
            cases(&["MANIFEST.json"], &[Harm::Flip, Harm::Empty, Harm::Remove, Harm::Cut], 15, killed, false).await;
        assert_eq!(refused, 0);
    }
}

#[tokio::test]
async fn s8_a_checkpoint_is_made_up_for() {
    for killed in [false, true] {
        let harms = [Harm::Flip, Harm::Zero, Harm::Cut, Harm::Remove];
        let (_, refused) = cases(&["checkpoint/*", "-checkpoint/*"], &harms, 8, killed, false).await;
        assert_eq!(refused, 0);
    }
}

#[tokio::test]
async fn s8_a_damaged_journal_is_made_up_for_or_refused() {
    let harms = [Harm::Flip, Harm::Zero, Harm::Cut, Harm::Tail, Harm::Remove];
    let (_, refused) = cases(&["journal/*", "-journal/*"], &harms, 12, false, false).await;
    assert_eq!(refused, 0, "what was closed well is in the index");
    let (_, refused) = cases(&["-journal/*"], &harms, 12, true, false).await;
    assert_eq!(refused, 0);
    // After a kill sled may not have what the journal lost, and a cut is what the kill itself may have made.
    let (_, refused) = cases(&["journal/*"], &[Harm::Flip, Harm::Remove], 12, true, false).await;
    assert_eq!(refused, 24);
}

#[tokio::test]
async fn s8_damage_in_two_places_is_refused_and_never_guessed() {
    let seed = seed();
    let files = ["gen-*/db", "MANIFEST.json", "checkpoint/*", "-checkpoint/*", "journal/*", "-journal/*"];
    let (mut opened, mut refused) = (0, 0);
    let originals = [Original::make(seed, false, true).await, Original::make(seed, true, false).await];
    for number in 0..60_u64 {
        let mut dice = Dice::new(seed.wrapping_mul(7) + number);
        // A flip: what is cut from a journal after a kill cannot be told from what the kill cut.
        let killed = number % 2 == 1;
        let original = &originals[usize::from(killed)];
        let damaged = folder();
        copy(&original.folder.path().join("state"), damaged.path());
        let mut what = format!("seed={seed} case {number}:");
        for _ in 0..2 {
            let pattern = files[usize::try_from(dice.below(6)).unwrap()];
            let kind = match dice.below(3) {
                _ if killed && pattern == "journal/*" => Harm::Flip,
                0 => Harm::Zero,
                1 => Harm::Cut,
                _ => Harm::Flip,
            };
            let file = resolve(&damaged.path().join("syncs/crm"), pattern);
            if fs::metadata(&file).unwrap().len() > 0 {
                harm(&file, kind, &mut dice);
            }
            what = format!("{what} {kind:?} of {pattern}");
        }
        if original.judge(damaged.path(), &what).await { opened += 1 } else { refused += 1 }
    }
    println!("two places: {opened} opened, {refused} refused");
    assert!(opened > 0 && refused > 0);
}

#[tokio::test]
async fn s8_an_empty_folder_where_a_state_was_is_not_a_new_state() {
    let original = Original::make(seed(), false, false).await;
    for keep in ["gen-", "journal", "checkpoint", "MANIFEST"] {
        let damaged = folder();
        copy(&original.folder.path().join("state"), damaged.path());
        for entry in fs::read_dir(damaged.path().join("syncs/crm")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with(keep) {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        assert!(!original.judge(damaged.path(), &format!("nothing but {keep}")).await);
    }
}
