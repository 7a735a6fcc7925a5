//! Does the state remember what was committed, across restarts, sizes and unfinished business?

use offtake_core::counts::Counts;
use offtake_core::digest::RowDigest;
use offtake_core::known::Probe;
use offtake_core::ports::{Intent, Kept, Settled, StateStore};
use offtake_core::run::{Reject, RunId, RunRecord, Status};
use offtake_state::{Error, HistoryOutcome, StateDirectory, history, runs};
use tempfile::TempDir;

use crate::tools::{RUN, delivered, gone, intent, keeping, key, name, open, record, reject, rejected};

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
        store.commit(RUN, gone.map(crate::tools::gone).collect(), vec![]).await.unwrap();
        let all: Vec<Settled> = (first..first + rows).map(|number| delivered(number, number * 3)).collect();
        for group in all.chunks(777) {
            store.commit(RUN, group.to_vec(), vec![]).await.unwrap();
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
    store.commit(RUN, vec![delivered(1, 1), delivered(2, 1)], vec![]).await.unwrap();
    store.commit(RUN, vec![delivered(1, 2)], vec![]).await.unwrap();
    store.commit(RUN, vec![gone(2)], vec![]).await.unwrap();
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
    let row = |number| keeping(number, number, Some(kept(number)));
    store.commit(RUN, (0..2_000).map(row).collect(), vec![]).await.unwrap();
    let found = store.kept(&[key(7), key(9_999), key(1_000)]).await.unwrap();
    assert_eq!(found, [Some(kept(7)), None, Some(kept(1_000))]);
    assert_eq!(store.known().await.unwrap().len(), 2_000);
}

#[tokio::test]
async fn rejects_stay_until_their_row_is_delivered_or_no_run_meets_them() {
    let folder = TempDir::new().unwrap();
    let state = StateDirectory::open(folder.path()).unwrap();
    let store = state.sync(&name()).unwrap();
    store.commit(RUN, vec![rejected(1, "r1"), rejected(2, "r1"), rejected(3, "r1")], vec![]).await.unwrap();
    store.finish(&record("r1", Status::CompletedWithRejects)).await.unwrap();
    assert_eq!(store.rejects().await.unwrap().len(), 3);

    store.commit(RUN, vec![delivered(1, 1), rejected(2, "r2")], vec![]).await.unwrap();
    store.finish(&record("r2", Status::Incomplete)).await.unwrap();
    let left = store.rejects().await.unwrap();
    assert_eq!(left.len(), 2, "a run that did not try every row forgets none");
    assert_eq!(left.iter().map(|row| row.reject.runs).max(), Some(2));

    store.commit(RUN, vec![rejected(2, "r3")], vec![]).await.unwrap();
    store.finish(&record("r3", Status::CompletedWithRejects)).await.unwrap();
    let left = store.rejects().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].reject.runs, left[0].reject.first_seen_ms), (3, 5));

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
    store.commit(RUN, vec![Settled::Rejected { key: None, reject: long, in_doubt: false }], vec![]).await.unwrap();
    let listed = store.rejects().await.unwrap();
    assert!(serde_json::to_vec(&listed[0].reject).unwrap().len() <= 4_096);
    assert!(listed[0].reject.message.starts_with('é'));
}

#[test]
fn s3_an_unfinished_snapshot_does_not_keep_the_state_from_opening() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    let unfinished = folder.path().join("syncs/crm/gen-000001/snap.0000000000FF.generating");
    std::fs::write(&unfinished, b"half a snapshot").unwrap();
    drop(open(folder.path()));
    assert!(!unfinished.exists());
    assert!(folder.path().join("syncs/crm/gen-000001").exists(), "there was no need to build it again");
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

#[tokio::test]
async fn a_row_is_in_doubt_until_it_is_settled() {
    let folder = TempDir::new().unwrap();
    let (state, store) = open(folder.path());
    store.bind("sandbox/contacts").await.unwrap();
    store.commit(RUN, vec![delivered(1, 1)], vec![]).await.unwrap();
    let kept = Kept { match_values: "{}".to_owned(), remote_id: Some("7".to_owned()) };
    let sent: Vec<Intent> = (1..=6).map(|number| Intent { kept: Some(kept.clone()), ..intent(number, 9) }).collect();
    store.commit(RUN, vec![], sent.clone()).await.unwrap();
    let later = RunId(RUN.0 + 1);
    let settled = vec![
        keeping(2, 9, Some(Kept { remote_id: None, ..kept.clone() })),
        gone(3),
        Settled::Unsent { key: key(4) },
        rejected(5, "r1"),
        Settled::Rejected { key: Some(key(6)), reject: reject("r1"), in_doubt: true },
    ];
    store.commit(later, settled, vec![]).await.unwrap();
    drop((store, state));

    let (_state, store) = open(folder.path());
    let doubts = store.in_doubt().await.unwrap();
    let mut expected: Vec<Intent> = sent.into_iter().filter(|sent| [key(1), key(6)].contains(&sent.key)).collect();
    expected.sort_by_key(|intent| intent.key);
    assert_eq!(doubts, expected, "with the run that tried them first");
    let known = store.known().await.unwrap();
    assert_eq!((known.len(), known.acknowledged()), (3, 2));
    assert_eq!(known.probe(key(1)), Probe::InDoubt(Some(RowDigest(1))));
    assert_eq!(known.probe(key(2)), Probe::First(RowDigest(9)));
    assert_eq!(known.probe(key(6)), Probe::InDoubt(None));
    let found = store.kept(&[key(2), key(6), key(4)]).await.unwrap();
    assert_eq!(found, [Some(kept.clone()), Some(kept), None], "an id stays known until another takes its place");
}

#[tokio::test]
async fn what_a_person_ignores_stays_ignored_while_its_values_stay() {
    let folder = TempDir::new().unwrap();
    let (state, store) = open(folder.path());
    store.commit(RUN, vec![rejected(1, "r1"), rejected(2, "r1"), rejected(3, "r1")], vec![]).await.unwrap();
    let some = |number| Some([key(number)].into_iter().collect());
    assert_eq!(store.ignore(some(1), true).await.unwrap(), 1);
    assert_eq!(store.ignore(some(9), true).await.unwrap(), 0);
    assert_eq!(store.ignore(None, true).await.unwrap(), 2);
    assert_eq!(store.ignore(some(3), false).await.unwrap(), 1);
    drop((store, state));

    let (_state, store) = open(folder.path());
    let changed = Reject { digest: Some(8), ..reject("r2") };
    let changed = Settled::Rejected { key: Some(key(2)), reject: changed, in_doubt: false };
    store.commit(RUN, vec![rejected(1, "r2"), changed], vec![]).await.unwrap();
    let ignored = |number| {
        let listed = store.rejects();
        async move { listed.await.unwrap().iter().find(|row| row.key == Some(key(number))).map(|row| row.reject.ignored) }
    };
    assert_eq!((ignored(1).await, ignored(2).await, ignored(3).await), (Some(true), Some(false), Some(false)));
    let part =
        RunRecord { counts: Counts { held: 1, ..Counts::default() }, ..record("r2", Status::CompletedWithRejects) };
    store.finish(&part).await.unwrap();
    assert_eq!(ignored(3).await, Some(false), "a run that was asked for some rows says nothing about the others");
    store.finish(&record("r2", Status::CompletedWithRejects)).await.unwrap();
    assert_eq!((ignored(1).await, ignored(2).await, ignored(3).await), (Some(true), Some(false), None));
    store.commit(RUN, vec![delivered(1, 7), delivered(2, 8)], vec![]).await.unwrap();
    assert_eq!(store.rejects().await.unwrap(), []);
}

#[tokio::test]
async fn the_history_of_a_row_can_be_read_while_the_state_is_open() {
    let folder = TempDir::new().unwrap();
    let (_state, store) = open(folder.path());
    store.commit(RUN, vec![], vec![intent(1, 5), intent(2, 6)]).await.unwrap();
    store.commit(RUN, vec![delivered(1, 5), rejected(2, "r1"), Settled::Unsent { key: key(3) }], vec![]).await.unwrap();
    store.commit(RunId(RUN.0 + 1), vec![Settled::Gone { key: key(1), outcome: None }], vec![]).await.unwrap();
    let rows = folder.path().join(format!("runs/crm/{RUN}.rows"));
    let mut torn = std::fs::read(&rows).unwrap();
    torn.extend([1; 20]);
    std::fs::write(&rows, torn).unwrap();

    let found = history(folder.path(), &name(), &[key(1), key(2)].into_iter().collect()).unwrap();
    let short: Vec<_> = found.iter().map(|entry| (entry.run.0 - RUN.0, entry.key, entry.outcome)).collect();
    let created = HistoryOutcome::Done(offtake_core::destination::OutcomeKind::Created);
    let expected = [(0, key(1), created), (0, key(2), HistoryOutcome::Rejected), (1, key(1), HistoryOutcome::Released)];
    assert_eq!(short, expected);
    assert_eq!((found[0].digest, found[1].digest), (Some(RowDigest(5)), Some(RowDigest(7))));
    assert_eq!(found[0].operation, Some(offtake_core::object::Operation::Upsert));
    assert_eq!((found[1].code.as_deref(), found[0].code.as_deref()), (Some("OFT-R001"), None));
}

#[tokio::test]
async fn a_sync_is_open_once() {
    let folder = TempDir::new().unwrap();
    let (state, store) = open(folder.path());
    assert_eq!(state.sync(&name()).unwrap_err().code(), "OFT-S001");
    drop(store);
    state.sync(&name()).unwrap();
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_the_state() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    drop(open(&state));
    let mode = |path: &str| std::fs::metadata(state.join(path)).unwrap().permissions().mode() & 0o777;
    for path in [".", "syncs", "syncs/crm", "syncs/crm/journal"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    for path in ["FORMAT", "LOCK", "syncs/crm/MANIFEST.json", "syncs/crm/journal/000000.log"] {
        assert_eq!(mode(path), 0o600, "{path}");
    }
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::set_permissions(&foreign, std::fs::Permissions::from_mode(0o755)).unwrap();
    drop(StateDirectory::open(&foreign).unwrap());
    assert_eq!(std::fs::metadata(&foreign).unwrap().permissions().mode() & 0o777, 0o755);
}
