//! Does the state remember what was committed, across restarts, sizes and unfinished business?

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

use offtake_core::Name;
use offtake_core::counts::Counts;
use offtake_core::digest::{KeyDigest, RowDigest};
use offtake_core::known::Probe;
use offtake_core::ports::{Kept, Settled, StateStore};
use offtake_core::run::{Reject, RunRecord, Status};
use offtake_state::{Error, StateDirectory, runs};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_128;

fn name() -> Name {
    "crm".parse().unwrap()
}

fn key(number: u64) -> KeyDigest {
    KeyDigest(xxh3_128(&number.to_le_bytes()))
}

fn delivered(number: u64, digest: u64) -> Settled {
    Settled::Delivered { key: key(number), digest: RowDigest(digest), kept: None }
}

fn reject(run: &str) -> Reject {
    Reject {
        key: "{\"email\":\"a@example.com\"}".to_owned(),
        operation: Some("upsert".to_owned()),
        code: "OFT-R001".to_owned(),
        vendor_code: "invalid_email".to_owned(),
        message: "no such address".to_owned(),
        field: Some("email".to_owned()),
        http_status: Some(400),
        record: "{}".to_owned(),
        run: run.to_owned(),
        runs: 1,
        first_seen_ms: 5,
    }
}

fn record(id: &str, status: Status) -> RunRecord {
    RunRecord {
        id: id.to_owned(),
        sync: "crm".to_owned(),
        started_ms: 1,
        finished_ms: 2,
        status,
        counts: Counts::default(),
        requests: 3,
        snapshot: None,
        connector: "x@1.0.0".to_owned(),
        connector_digest: String::new(),
        error: None,
    }
}

#[tokio::test]
async fn commits_survive_a_restart_at_every_size() {
    let folder = TempDir::new().unwrap();
    // Sizes at which the pages are written again with more leading bits, and with fewer.
    for (rows, first) in [(1_u64, 0_u64), (300, 0), (5_000, 0), (20_000, 0), (50, 19_950)] {
        let state = StateDirectory::open(folder.path()).unwrap();
        let store = state.sync(&name()).unwrap();
        let known = store.known().await.unwrap();
        let gone = (0..25_000)
            .filter(|number| known.digest(key(*number)).is_some() && !(first..first + rows).contains(number));
        store.reserve(rows, false).await.unwrap();
        store.commit(gone.map(|number| Settled::Gone { key: key(number) }).collect()).await.unwrap();
        let all: Vec<Settled> = (first..first + rows).map(|number| delivered(number, number * 3)).collect();
        for group in all.chunks(777) {
            store.commit(group.to_vec()).await.unwrap();
        }
        drop((store, state));

        let state = StateDirectory::open(folder.path()).unwrap();
        let store = state.sync(&name()).unwrap();
        store.reserve(rows, false).await.unwrap();
        let known = store.known().await.unwrap();
        assert_eq!(known.len() as u64, rows);
        for number in first..first + rows {
            assert_eq!(known.probe(key(number)), Probe::First(RowDigest(number * 3)), "{number} of {rows}");
        }
    }
}

#[tokio::test]
async fn the_last_commit_of_a_row_counts() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    store.commit(vec![delivered(1, 1), delivered(2, 1)]).await.unwrap();
    store.commit(vec![delivered(1, 2)]).await.unwrap();
    store.commit(vec![Settled::Gone { key: key(2) }]).await.unwrap();
    let known = store.known().await.unwrap();
    assert_eq!((known.len(), known.digest(key(1))), (1, Some(RowDigest(2))));
}

#[tokio::test]
async fn what_is_kept_of_a_row_comes_back() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    store.reserve(2_000, true).await.unwrap();
    let kept = |number: u64| Kept {
        match_values: format!("{{\"email\":\"customer.{number}@example.com\"}}"),
        remote_id: number.is_multiple_of(2).then(|| number.to_string()),
    };
    let row = |number| Settled::Delivered { key: key(number), digest: RowDigest(number), kept: Some(kept(number)) };
    store.commit((0..2_000).map(row).collect()).await.unwrap();
    let found = store.kept(&[key(7), key(9_999), key(1_000)]).await.unwrap();
    assert_eq!(found, [Some(kept(7)), None, Some(kept(1_000))]);
    assert_eq!(store.known().await.unwrap().len(), 2_000);
}

#[tokio::test]
async fn rejects_stay_until_their_row_is_delivered_or_no_run_meets_them() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    let rejected = |number, run: &str| Settled::Rejected { key: Some(key(number)), reject: reject(run) };
    store.commit(vec![rejected(1, "r1"), rejected(2, "r1"), rejected(3, "r1")]).await.unwrap();
    store.finish(&record("r1", Status::CompletedWithRejects)).await.unwrap();
    assert_eq!(store.rejects().await.unwrap().len(), 3);

    store.commit(vec![delivered(1, 1), rejected(2, "r2")]).await.unwrap();
    store.finish(&record("r2", Status::Incomplete)).await.unwrap();
    let left = store.rejects().await.unwrap();
    assert_eq!(left.len(), 2, "a run that did not try every row forgets none");
    assert_eq!(left.iter().map(|reject| reject.runs).max(), Some(2));

    store.commit(vec![rejected(2, "r3")]).await.unwrap();
    store.finish(&record("r3", Status::CompletedWithRejects)).await.unwrap();
    let left = store.rejects().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].runs, left[0].first_seen_ms), (3, 5));

    let known = runs(folder.path(), &name(), 2).unwrap();
    assert_eq!(known.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["r3", "r2"]);
}

#[tokio::test]
async fn long_words_of_a_vendor_are_cut_to_fit_a_page() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    let ugly = "\u{1}".repeat(90_000);
    let long = Reject {
        message: "é\u{1}".repeat(50_000),
        record: ugly.clone(),
        key: ugly.clone(),
        vendor_code: ugly.clone(),
        field: Some(ugly),
        ..reject("r1")
    };
    store.commit(vec![Settled::Rejected { key: None, reject: long }]).await.unwrap();
    let listed = store.rejects().await.unwrap();
    assert!(serde_json::to_vec(&listed[0]).unwrap().len() <= 4_096);
    assert!(listed[0].message.starts_with('é'));
}

#[test]
fn s3_an_unfinished_snapshot_does_not_keep_the_state_from_opening() {
    let folder = TempDir::new().unwrap();
    let syncs = folder.path().join("syncs").join("crm");
    drop(StateDirectory::open(folder.path()).unwrap().sync(&name()).unwrap());
    std::fs::write(syncs.join("snap.0000000000FF.generating"), b"half a snapshot").unwrap();
    StateDirectory::open(folder.path()).unwrap().sync(&name()).unwrap();
    assert!(!syncs.join("snap.0000000000FF.generating").exists());
}

#[test]
fn s9_a_second_process_is_told_who_holds_the_state() {
    let folder = TempDir::new().unwrap();
    let held = StateDirectory::open(folder.path()).unwrap();
    match StateDirectory::open(folder.path()) {
        Err(error @ Error::Locked { .. }) => {
            assert_eq!(error.code(), "OFT-S001");
            assert!(error.to_string().contains(&format!("pid {}", std::process::id())), "{error}");
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    StateDirectory::open(folder.path()).unwrap();
}

#[test]
fn s11_a_state_of_another_format_is_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("FORMAT"), "offtake-state 2\n").unwrap();
    let error = StateDirectory::open(folder.path()).unwrap_err();
    assert_eq!(error.code(), "OFT-S002");
    assert_eq!(std::fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "offtake-state 2\n");
}

#[tokio::test]
async fn a_state_belongs_to_the_place_that_it_was_made_for() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    store.bind("sandbox/contacts").await.unwrap();
    let seed = store.known().await.unwrap().seed();
    drop(store);
    let store = state.sync(&name()).unwrap();
    store.bind("sandbox/contacts").await.unwrap();
    assert_eq!(store.known().await.unwrap().seed(), seed, "the seed is durable before the first row");
    let refused = store.bind("production/contacts").await.unwrap_err();
    assert_eq!(refused.code, "OFT-S007");
    assert!(refused.message.contains("sandbox/contacts"), "{refused}");
}
