//! S2, S3, S12: at each named place the files are copied as a kill would leave them, and each copy has to open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fail::FailScenario;
use offtake_core::ports::StateStore;
use offtake_core::run::Status;
use offtake_state::StateDirectory;

use crate::tools::{RUN, Rows, copy, delivered, folder, gone, intent, name, open, record, rejected, rows_of};

const POINTS: [&str; 14] = [
    "state-format",
    "state-journal-append",
    "state-journal-written",
    "state-journal-synced",
    "state-index-applied",
    "state-checkpoint-write",
    "state-checkpoint-rename",
    "state-journal-create",
    "state-journal-created",
    "state-manifest-rename",
    "state-manifest-renamed",
    "state-generation-switch",
    "state-open",
    "state-opened",
];

const ROWS: u64 = 4_000;

/// What is acknowledged, and what is being made so.
#[derive(Debug, Default)]
struct Watch {
    acknowledged: Rows,
    pending: Rows,
    copies: Vec<(&'static str, PathBuf, Rows, Rows)>,
}

fn watch(live: &Path, copies: &Path) -> Arc<Mutex<Watch>> {
    let watch = Arc::new(Mutex::new(Watch::default()));
    for point in POINTS {
        let (watch, live, copies) = (watch.clone(), live.to_owned(), copies.to_owned());
        fail::cfg_callback(point, move || {
            let mut watch = watch.lock().unwrap();
            let target = copies.join(watch.copies.len().to_string());
            copy(&live, &target);
            let (acknowledged, pending) = (watch.acknowledged.clone(), watch.pending.clone());
            watch.copies.push((point, target, acknowledged, pending));
        })
        .unwrap();
    }
    watch
}

/// Everything that writes: making a state, commits, resizing, a run's end, checkpoints, compaction, openings.
async fn live(path: &Path, watch: &Mutex<Watch>) {
    for opening in 0..3_u64 {
        let (state, store) = open(path);
        store.bind("x").await.unwrap();
        for round in 0..4_u64 {
            let from = opening * 500 + round * 100;
            let mut settled: Vec<_> = (from..from + 150).map(|number| delivered(number, opening + 1)).collect();
            let mut after = watch.lock().unwrap().acknowledged.clone();
            after.extend((from..from + 150).map(|number| (number, opening + 1)));
            if from > 0 {
                settled.push(gone(from - 1));
                after.remove(&(from - 1));
            }
            settled.push(rejected(ROWS + round, "r"));
            watch.lock().unwrap().pending = after.clone();
            store.commit(RUN, settled, vec![intent(ROWS + 10, 1)]).await.unwrap();
            watch.lock().unwrap().acknowledged = after;
        }
        store.reserve((opening + 1) * 20_000, false).await.unwrap();
        store.finish(&record("r", Status::Completed)).await.unwrap();
        drop(store);
        state.compact(&name()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_s3_s12_a_kill_at_any_named_place_loses_nothing() {
    let scenario = FailScenario::setup();
    let home = folder();
    let watch = watch(&home.path().join("live"), home.path());
    live(&home.path().join("live"), &watch).await;
    POINTS.iter().for_each(|point| fail::remove(*point));
    let copies = std::mem::take(&mut watch.lock().unwrap().copies);
    for point in POINTS {
        assert!(copies.iter().any(|(at, ..)| *at == point), "{point} was never passed");
    }
    println!("{} copies", copies.len());
    for (point, path, acknowledged, pending) in copies {
        let (state, store) = open(&path);
        let found = rows_of(&store, ROWS).await;
        let durable = ["state-journal-synced", "state-index-applied"].contains(&point);
        if durable {
            assert_eq!(found, pending, "{point}");
        } else {
            assert!(found == acknowledged || found == pending, "{point}");
        }
        store.bind("x").await.unwrap();
        store.commit(RUN, vec![delivered(1, 99)], vec![]).await.unwrap();
        drop((store, state));
        let (state, store) = open(&path);
        assert_eq!(rows_of(&store, ROWS).await.get(&1), Some(&99), "{point}");
        let folder = path.join("syncs/crm");
        let generations = std::fs::read_dir(folder)
            .unwrap()
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("gen-")));
        assert_eq!(generations.count(), 1, "{point}: one generation, never a mixture");
        drop((store, state));
    }
    scenario.teardown();
}

/// An error instead of a kill: the call fails with a code, everything after it with the same, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn s7_an_error_at_any_named_place_stops_the_store_and_loses_nothing() {
    let scenario = FailScenario::setup();
    for (words, code) in [("1*return", "OFT-S003"), ("1*return(full)", "OFT-S008")] {
        for point in ["state-journal-written", "state-journal-synced", "state-index-applied", "state-manifest-rename"] {
            let home = folder();
            let (state, store) = open(home.path());
            store.commit(RUN, (0..100).map(|number| delivered(number, 1)).collect(), vec![]).await.unwrap();
            if point == "state-manifest-rename" {
                store.finish(&record("r", Status::Completed)).await.unwrap();
            }
            fail::cfg(point, words).unwrap();
            let failed = store.commit(RUN, vec![delivered(1, 2)], vec![]).await;
            fail::cfg(point, "off").unwrap();
            if failed.is_ok() {
                assert_eq!((point, code), ("state-manifest-rename", "OFT-S008"), "the reserve made room");
                continue;
            }
            assert_eq!(failed.unwrap_err().code, code, "{point}");
            let again = store.commit(RUN, vec![delivered(2, 2)], vec![]).await.unwrap_err();
            assert_eq!(again.code, code, "{point}: it is not tried again");
            assert!(again.message.contains("earlier failure"));
            assert_eq!(store.known().await.unwrap_err().code, code);
            let ended = store.finish(&record("r", Status::Failed)).await.unwrap_err();
            assert_eq!(ended.code, code, "the record is kept all the same");
            assert_eq!(offtake_state::runs(home.path(), &name(), 1).unwrap()[0].status, Status::Failed);
            drop((store, state));
            let (_state, store) = open(home.path());
            let digest = rows_of(&store, 200).await[&1];
            assert_eq!(digest, if point == "state-index-applied" { 2 } else { 1 }, "{point}");
            assert_eq!(rows_of(&store, 200).await.len(), 100);
        }
    }
    for point in
        ["state-checkpoint-write", "state-checkpoint-rename", "state-journal-create", "state-generation-switch"]
    {
        let home = folder();
        let (state, store) = open(home.path());
        store.commit(RUN, (0..100).map(|number| delivered(number, 1)).collect(), vec![]).await.unwrap();
        drop(store);
        fail::cfg(point, "1*return").unwrap();
        assert_eq!(state.compact(&name()).unwrap_err().code(), "OFT-S003");
        fail::cfg(point, "off").unwrap();
        let store = state.sync(&name()).unwrap();
        assert_eq!(rows_of(&store, 200).await.len(), 100, "{point}");
        drop(store);
        state.compact(&name()).unwrap();
    }
    scenario.teardown();
}

#[test]
fn s2_an_opening_that_fails_can_be_repeated() {
    let scenario = FailScenario::setup();
    let home = folder();
    drop(open(home.path()));
    let state = StateDirectory::open(home.path()).unwrap();
    for point in ["state-open", "state-opened"] {
        fail::cfg(point, "1*return").unwrap();
        assert_eq!(state.sync(&name()).unwrap_err().code(), "OFT-S003");
        fail::cfg(point, "off").unwrap();
        drop(state.sync(&name()).unwrap());
    }
    scenario.teardown();
}
