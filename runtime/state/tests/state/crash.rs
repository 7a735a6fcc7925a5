//! Is everything that was acknowledged there after a kill, and nothing that was not?

use std::fs;

use offtake_core::known::Probe;
use offtake_core::ports::StateStore;
use offtake_core::run::{RunId, Status};

use crate::tools::{RUN, copy, delivered, gone, intent, key, open, record, rejected, rows_of};

#[tokio::test]
async fn s1_a_kill_after_any_commit_loses_nothing() {
    let folder = crate::tools::folder();
    let (_state, store) = open(&folder.path().join("live"));
    store.bind("x").await.unwrap();
    let mut expected = crate::tools::Rows::new();
    for round in 0..12_u64 {
        let settled = (round * 40..round * 40 + 60).map(|number| delivered(number, round)).collect();
        store.commit(RUN, settled, vec![intent(9_000 + round, round)]).await.unwrap();
        expected.extend((round * 40..round * 40 + 60).map(|number| (number, round)));
        if round % 3 == 1 {
            store.commit(RUN, vec![gone(round * 40), rejected(9_000 + round, "r")], vec![]).await.unwrap();
            expected.remove(&(round * 40));
        }
        if round == 5 {
            store.reserve(40_000, false).await.unwrap();
        }
        if round == 8 {
            store.finish(&record("r", Status::Incomplete)).await.unwrap();
        }
        let killed = folder.path().join(format!("killed-{round}"));
        copy(&folder.path().join("live"), &killed);
        let (_state, after) = open(&killed);
        assert_eq!(rows_of(&after, 9_000).await, expected, "round {round}");
        let doubts: Vec<_> = after.in_doubt().await.unwrap();
        let sent = (0..=round).filter(|round| round % 3 != 1).count();
        assert_eq!(doubts.len(), sent);
        assert!(doubts.iter().all(|intent| intent.run == RUN), "the run that tried first makes the idempotency key");
        assert_eq!(after.rejects().await.unwrap().len(), (0..=round).filter(|round| round % 3 == 1).count());
        assert_eq!(after.known().await.unwrap().seed(), store.known().await.unwrap().seed());
    }
}

#[tokio::test]
async fn s1_a_record_cut_at_any_byte_was_never_acknowledged() {
    let folder = crate::tools::folder();
    let live = folder.path().join("live");
    let (state, store) = open(&live);
    store.commit(RUN, (0..50).map(|number| delivered(number, 1)).collect(), vec![intent(77, 1)]).await.unwrap();
    let before = folder.path().join("before");
    copy(&live, &before);
    let journal = "syncs/crm/journal/000000.log";
    let whole = fs::read(before.join(journal)).unwrap().len();
    store.commit(RunId(RUN.0 + 1), vec![delivered(77, 2)], vec![intent(78, 2)]).await.unwrap();
    let bytes = fs::read(live.join(journal)).unwrap();
    drop((store, state));
    assert!(bytes.len() > whole + 20);
    for end in whole..=bytes.len() {
        let killed = folder.path().join("killed");
        let _gone = fs::remove_dir_all(&killed);
        copy(&before, &killed);
        fs::write(killed.join(journal), &bytes[..end]).unwrap();
        let (state, store) = open(&killed);
        let known = store.known().await.unwrap();
        let doubts = store.in_doubt().await.unwrap();
        if end == bytes.len() {
            assert_eq!(known.acknowledged(), 51);
            assert_eq!((doubts.len(), doubts[0].key, doubts[0].run), (1, key(78), RUN));
        } else {
            assert_eq!(known.acknowledged(), 50, "cut at {end}");
            assert_eq!((doubts.len(), doubts[0].key, doubts[0].run), (1, key(77), RUN));
            assert_eq!(known.probe(key(77)), Probe::InDoubt(None));
        }
        store.commit(RUN, vec![delivered(99, 9)], vec![]).await.unwrap();
        drop((store, state));
        let (_state, store) = open(&killed);
        assert_eq!(rows_of(&store, 100).await.get(&99), Some(&9), "the journal goes on where it was cut");
    }
}

#[tokio::test]
async fn s9_what_a_dead_owner_left_does_not_keep_anybody_out() {
    let folder = crate::tools::folder();
    fs::write(folder.path().join("LOCK"), "pid 812 on web-1, since 1999-12-31 10:02\nboot 0\n").unwrap();
    let (_state, store) = open(folder.path());
    store.commit(RUN, vec![delivered(1, 1)], vec![]).await.unwrap();
    let words = fs::read_to_string(folder.path().join("LOCK")).unwrap();
    assert!(words.contains(&format!("pid {}", std::process::id())) && words.contains("boot "), "{words}");
}

#[test]
fn s9_whoever_waits_gets_the_folder_when_its_owner_ends() {
    let folder = crate::tools::folder();
    let held = open(folder.path());
    let path = folder.path().to_owned();
    let waiting = std::thread::spawn(move || open(&path));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!waiting.is_finished());
    drop(held);
    waiting.join().unwrap();
}

#[tokio::test]
async fn a_new_state_that_was_not_finished_is_made_again() {
    let folder = crate::tools::folder();
    fs::create_dir_all(folder.path().join("syncs/.crm.new/checkpoint")).unwrap();
    fs::write(folder.path().join("syncs/.crm.new/checkpoint/000000.ckpt"), "half").unwrap();
    fs::create_dir_all(folder.path().join("syncs/crm")).unwrap();
    let (_state, store) = open(folder.path());
    assert!(store.known().await.unwrap().is_empty());
}
