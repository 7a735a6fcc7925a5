//! Does the state do what a map in memory would, whatever is done to it and in whatever order?

use std::collections::{BTreeMap, BTreeSet};

use offtake_core::digest::RowDigest;
use offtake_core::ports::{Intent, Kept, Settled, StateStore};
use offtake_core::run::{Reject, RunId, Status};
use offtake_state::{StateDirectory, SyncStore};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::tools::{copy, folder, gone, intent, keeping, key, name, open, record, reject};

/// Rows that a case is about; few, so that each is met often.
const ROWS: u64 = 400;

#[derive(Debug, Clone)]
enum Step {
    Deliver { from: u64, rows: u64, digest: u64, id: Option<u8> },
    Remove { from: u64, rows: u64 },
    Send { from: u64, rows: u64 },
    Release { from: u64, rows: u64 },
    Reject { row: u64, digest: u64, in_doubt: bool },
    Ignore { row: Option<u64>, ignored: bool },
    Finish { completed: bool },
    Reserve { rows: u64 },
    Reopen,
    Kill,
    Compact,
    Move,
}

#[derive(Debug, Default, PartialEq, Clone)]
struct Model {
    rows: BTreeMap<u64, (u64, Option<String>)>,
    doubts: BTreeMap<u64, (u64, u128)>,
    rejects: BTreeMap<u64, (u64, bool, u128)>,
}

fn steps() -> impl Strategy<Value = Step> {
    let rows = || (0..ROWS, 1..80_u64);
    prop_oneof![
        6 => (rows(), 0..5_u64, proptest::option::of(0..3_u8)).prop_map(|((from, rows), digest, id)| Step::Deliver { from, rows, digest, id }),
        2 => rows().prop_map(|(from, rows)| Step::Remove { from, rows }),
        4 => rows().prop_map(|(from, rows)| Step::Send { from, rows }),
        1 => rows().prop_map(|(from, rows)| Step::Release { from, rows }),
        4 => (0..ROWS, 0..3_u64, any::<bool>()).prop_map(|(row, digest, in_doubt)| Step::Reject { row, digest, in_doubt }),
        1 => (proptest::option::of(0..ROWS), any::<bool>()).prop_map(|(row, ignored)| Step::Ignore { row, ignored }),
        2 => any::<bool>().prop_map(|completed| Step::Finish { completed }),
        1 => (1..50_000_u64).prop_map(|rows| Step::Reserve { rows }),
        2 => Just(Step::Reopen),
        2 => Just(Step::Kill),
        1 => Just(Step::Compact),
        1 => Just(Step::Move),
    ]
}

struct World {
    home: TempDir,
    place: u32,
    open: Option<(StateDirectory, SyncStore)>,
    model: Model,
    run: u128,
}

impl World {
    fn path(&self, place: u32) -> std::path::PathBuf {
        self.home.path().join(place.to_string())
    }

    fn store(&self) -> &SyncStore {
        &self.open.as_ref().unwrap().1
    }

    async fn commit(&self, settled: Vec<Settled>, next: Vec<Intent>) {
        self.store().commit(RunId(self.run), settled, next).await.unwrap();
    }

    async fn deliver(&mut self, numbers: std::ops::Range<u64>, digest: u64, id: Option<u8>) {
        let id = id.map(|id| id.to_string());
        let kept = Kept { match_values: "{}".to_owned(), remote_id: id.clone() };
        self.commit(numbers.clone().map(|number| keeping(number, digest, Some(kept.clone()))).collect(), vec![]).await;
        for number in numbers {
            let known = self.model.rows.get(&number).and_then(|(_, id)| id.clone());
            self.model.rows.insert(number, (digest, id.clone().or(known)));
            self.model.doubts.remove(&number);
            self.model.rejects.remove(&number);
        }
    }

    async fn reject(&mut self, row: u64, digest: u64, in_doubt: bool) {
        let run = RunId(self.run).to_string();
        let why = Reject { digest: Some(digest), ..reject(&run) };
        self.commit(vec![Settled::Rejected { key: Some(key(row)), reject: why, in_doubt }], vec![]).await;
        let before = self.model.rejects.get(&row);
        let ignored = before.is_some_and(|(refused, ignored, _)| *ignored && *refused == digest);
        self.model.rejects.insert(row, (digest, ignored, self.run));
        if !in_doubt {
            self.model.doubts.remove(&row);
        }
    }

    async fn settle(&mut self, step: Step) {
        let range = |from: u64, rows: u64| from..(from + rows).min(ROWS);
        match step {
            Step::Deliver { from, rows, digest, id } => self.deliver(range(from, rows), digest, id).await,
            Step::Remove { from, rows } => {
                self.commit(range(from, rows).map(gone).collect(), vec![]).await;
                for number in range(from, rows) {
                    self.model.rows.remove(&number);
                    self.model.doubts.remove(&number);
                    self.model.rejects.remove(&number);
                }
            }
            Step::Send { from, rows } => {
                let run = RunId(self.run);
                let sent = range(from, rows).map(|number| Intent { run, ..intent(number, 9) });
                self.commit(vec![], sent.collect()).await;
                self.model.doubts.extend(range(from, rows).map(|number| (number, (9, self.run))));
            }
            Step::Release { from, rows } => {
                let unsent = range(from, rows).map(|number| Settled::Unsent { key: key(number) });
                self.commit(unsent.collect(), vec![]).await;
                self.model.doubts.retain(|number, _| !range(from, rows).contains(number));
            }
            Step::Reject { row, digest, in_doubt } => self.reject(row, digest, in_doubt).await,
            Step::Ignore { row, ignored } => {
                let keys = row.map(|row| [key(row)].into());
                self.store().ignore(keys, ignored).await.unwrap();
                for (number, (_, mark, _)) in &mut self.model.rejects {
                    if row.is_none_or(|row| row == *number) {
                        *mark = ignored;
                    }
                }
            }
            Step::Finish { completed } => {
                let status = if completed { Status::CompletedWithRejects } else { Status::Incomplete };
                let run = RunId(self.run).to_string();
                self.store().finish(&record(&run, status)).await.unwrap();
                if completed {
                    self.model.rejects.retain(|_, (_, _, run)| *run == self.run);
                }
                self.run += 1;
            }
            other => self.handle(other).await,
        }
    }

    async fn handle(&mut self, step: Step) {
        match step {
            Step::Reserve { rows } => self.store().reserve(rows, true).await.unwrap(),
            Step::Kill => {
                copy(&self.path(self.place), &self.path(self.place + 1));
                self.open = None;
                self.place += 1;
            }
            Step::Compact => {
                let (state, store) = self.open.take().unwrap();
                drop(store);
                state.compact(&name()).unwrap();
            }
            Step::Move => {
                let (state, store) = self.open.take().unwrap();
                drop(store);
                let mut stream = Vec::new();
                state.export(&name(), &mut stream).unwrap();
                drop(state);
                self.place += 1;
                let state = StateDirectory::open(&self.path(self.place)).unwrap();
                state.import(&name(), stream.as_slice(), false).unwrap();
            }
            _ => {}
        }
        self.open = None;
        self.open = Some(open(&self.path(self.place)));
    }

    /// What the store says, in the model's words.
    async fn told(&self) -> Model {
        let store = self.store();
        let (known, doubts) = (store.known().await.unwrap(), store.in_doubt().await.unwrap());
        let keys: Vec<_> = (0..ROWS).map(key).collect();
        let kept = store.kept(&keys).await.unwrap();
        let doubted: BTreeSet<_> = doubts.iter().map(|intent| intent.key).collect();
        let mut rows = BTreeMap::new();
        for (number, kept) in (0..ROWS).zip(kept) {
            // A row in doubt that was never acknowledged is known with no digest, and keeps nothing here.
            let acknowledged = kept.is_some() || !doubted.contains(&key(number));
            if let (Some(RowDigest(digest)), true) = (known.digest(key(number)), acknowledged) {
                rows.insert(number, (digest, kept.unwrap().remote_id));
            }
        }
        assert_eq!(known.acknowledged(), rows.len());
        let number = |wanted| (0..ROWS).find(|number| key(*number) == wanted).unwrap();
        let doubts = doubts.iter().map(|intent| (number(intent.key), (intent.digest.0, intent.run.0)));
        let listed = store.rejects().await.unwrap().into_iter().map(|row| {
            let run: RunId = row.reject.run.parse().unwrap();
            (number(row.key.unwrap()), (row.reject.digest.unwrap(), row.reject.ignored, run.0))
        });
        Model { rows, doubts: doubts.collect(), rejects: listed.collect() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_state_is_a_map_that_survives_everything(steps in prop::collection::vec(steps(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = folder();
            let open = Some(open(&home.path().join("0")));
            let mut world = World { home, place: 0, open, model: Model::default(), run: 1 << 90 };
            for step in steps {
                let what = format!("{step:?}");
                world.settle(step).await;
                assert_eq!(world.told().await, world.model, "after {what}");
            }
            world.handle(Step::Reopen).await;
            assert_eq!(world.told().await, world.model);
        });
    }
}
