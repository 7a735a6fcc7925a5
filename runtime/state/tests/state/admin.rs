//! What a person does to a state: does it show, check, move and mend what is there?

use std::fs;
use std::path::Path;

use offtake_core::ports::StateStore;
use offtake_core::run::Status;
use offtake_state::{StateDirectory, Verdict};

use crate::tools::{RUN, Rows, copy, delivered, folder, gone, intent, name, open, record, rejected, rows_of};

/// A state with rows, a reject and a row in doubt.
async fn sample(path: &Path, rows: u64) -> Rows {
    let (_state, store) = open(path);
    store.bind("sandbox/contacts").await.unwrap();
    store.commit(RUN, (0..rows).map(|number| delivered(number, number)).collect(), vec![]).await.unwrap();
    store.commit(RUN, vec![rejected(rows, "r")], vec![intent(rows + 1, 1)]).await.unwrap();
    (0..rows).map(|number| (number, number)).collect()
}

#[tokio::test]
async fn info_says_what_is_there_and_changes_nothing() {
    let home = folder();
    sample(home.path(), 500).await;
    let state = StateDirectory::open(home.path()).unwrap();
    let info = state.info(&name()).unwrap();
    assert!(info.clean);
    assert_eq!((info.rows, info.rejects, info.in_doubt), (Some(500), Some(1), Some(1)));
    assert_eq!((info.generation, info.checkpoint), (Some(1), Some(0)));
    assert_eq!((info.target.as_deref(), info.journal_records), (Some("sandbox/contacts"), 3));
    let shown: Vec<String> = info.files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
    assert_eq!(shown, ["MANIFEST.json", "checkpoint/000000.ckpt", "gen-000001", "journal/000000.log"]);
    assert_eq!(info.bytes, info.files.iter().map(|file| file.bytes).sum::<u64>());
    assert_eq!(state.syncs().unwrap(), [name()]);

    fs::write(home.path().join("syncs/crm/MANIFEST.json"), "{").unwrap();
    let info = state.info(&name()).unwrap();
    assert_eq!((info.rows, info.in_doubt, info.clean), (None, Some(1), false), "it works on what is damaged");
    assert_eq!(fs::read(home.path().join("syncs/crm/MANIFEST.json")).unwrap(), b"{");
    assert_eq!(state.info(&"other".parse().unwrap()).unwrap_err().code(), "OFT-S009");
}

#[tokio::test]
async fn check_finds_what_is_damaged_and_changes_nothing() {
    let home = folder();
    let rows = sample(home.path(), 500).await;
    let state = StateDirectory::open(home.path()).unwrap();
    state.compact(&name()).unwrap();
    let sound = state.check(&name()).unwrap();
    assert_eq!((sound.findings.len(), sound.verdict), (0, Verdict::Sound));
    for file in ["checkpoint/000001.ckpt", "gen-000002/db"] {
        let path = home.path().join("syncs/crm").join(file);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 200].fill(0x55);
        fs::write(&path, &bytes).unwrap();
    }
    let found = state.check(&name()).unwrap();
    let files: Vec<String> = found.findings.iter().map(|one| one.file.to_string_lossy().into_owned()).collect();
    assert_eq!(files[0], "checkpoint/000001.ckpt");
    assert!(matches!(found.verdict, Verdict::Mends(_)), "{found:?}");
    assert_eq!(state.check(&name()).unwrap(), found);
    let store = state.sync(&name()).unwrap();
    assert_eq!(rows_of(&store, 600).await, rows);
    assert_eq!(store.in_doubt().await.unwrap().len(), 1);
    drop(store);
    assert_eq!(state.check(&name()).unwrap().verdict, Verdict::Sound);
}

#[tokio::test]
async fn an_export_is_imported_with_everything_in_it() {
    let (home, other) = (folder(), folder());
    let rows = sample(home.path(), 3_000).await;
    let state = StateDirectory::open(home.path()).unwrap();
    let mut stream = Vec::new();
    assert_eq!(state.export(&name(), &mut stream).unwrap(), 3_000);

    let target = StateDirectory::open(other.path()).unwrap();
    assert_eq!(target.import(&name(), stream.as_slice(), false).unwrap(), 3_000);
    let store = target.sync(&name()).unwrap();
    assert_eq!(rows_of(&store, 4_000).await, rows);
    assert_eq!((store.in_doubt().await.unwrap().len(), store.rejects().await.unwrap().len()), (1, 1));
    assert_eq!(store.bind("elsewhere").await.unwrap_err().code, "OFT-S007");
    let source = state.sync(&name()).unwrap();
    assert_eq!(store.known().await.unwrap().seed(), source.known().await.unwrap().seed());
    store.commit(RUN, vec![gone(1)], vec![]).await.unwrap();
    drop(store);

    assert_eq!(target.import(&name(), stream.as_slice(), false).unwrap_err().code(), "OFT-S009");
    let middle = stream.len() / 2;
    for harm in [&stream[..middle], b"no export", b""] {
        assert_eq!(target.import(&name(), harm, true).unwrap_err().code(), "OFT-S005");
        assert_eq!(rows_of(&target.sync(&name()).unwrap(), 4_000).await.len(), 2_999, "what was there stays");
    }
    assert_eq!(target.import(&name(), stream.as_slice(), true).unwrap(), 3_000);
    assert_eq!(rows_of(&target.sync(&name()).unwrap(), 4_000).await, rows);
    assert_eq!(fs::read_dir(other.path().join("syncs")).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn a_replacement_that_was_killed_is_undone_or_done() {
    let home = folder();
    let rows = sample(home.path(), 50).await;
    fs::rename(home.path().join("syncs/crm"), home.path().join("syncs/.crm.old")).unwrap();
    let (state, store) = open(home.path());
    assert_eq!(rows_of(&store, 100).await, rows, "the old state goes back");
    drop((store, state));
    copy(&home.path().join("syncs/crm"), &home.path().join("syncs/.crm.old"));
    let (_state, store) = open(home.path());
    assert_eq!(rows_of(&store, 100).await, rows);
    assert!(!home.path().join("syncs/.crm.old").exists());
}

#[tokio::test]
async fn a_reset_sets_aside_what_it_forgets() {
    let home = folder();
    let rows = sample(home.path(), 50).await;
    let state = StateDirectory::open(home.path()).unwrap();
    let reset = state.reset(&name()).unwrap();
    assert_eq!(reset.rows, Some(50));
    assert_eq!(state.reset(&name()).unwrap_err().code(), "OFT-S009");
    assert!(state.sync(&name()).unwrap().known().await.unwrap().is_empty());
    let kept = fs::File::open(&reset.kept).unwrap();
    state.import(&name(), kept, true).unwrap();
    assert_eq!(rows_of(&state.sync(&name()).unwrap(), 100).await, rows);

    fs::remove_file(home.path().join("syncs/crm/journal/000000.log")).unwrap();
    fs::remove_dir_all(home.path().join("syncs/crm/gen-000001")).unwrap();
    assert_eq!(state.sync(&name()).unwrap_err().code(), "OFT-S005");
    let reset = state.reset(&name()).unwrap();
    assert_eq!(reset.rows, None);
    assert!(reset.kept.join("checkpoint/000000.ckpt").exists());
    assert!(state.sync(&name()).unwrap().known().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_restore_goes_back_to_what_is_known_to_be_true() {
    let home = folder();
    sample(home.path(), 500).await;
    let state = StateDirectory::open(home.path()).unwrap();
    state.compact(&name()).unwrap();
    let store = state.sync(&name()).unwrap();
    for round in 0..5_u64 {
        store.commit(RUN, vec![delivered(1_000 + round, 1)], vec![]).await.unwrap();
    }
    drop((store, state));
    // The third of five records is damaged, and so is the index.
    let journal = home.path().join("syncs/crm/journal/000001.log");
    let mut bytes = fs::read(&journal).unwrap();
    let third = bytes.len() - 3 * ((bytes.len() - 30) / 5) + 20;
    bytes[third] ^= 1;
    fs::write(&journal, bytes).unwrap();
    fs::remove_dir_all(home.path().join("syncs/crm/gen-000002")).unwrap();
    let state = StateDirectory::open(home.path()).unwrap();
    assert_eq!(state.sync(&name()).unwrap_err().code(), "OFT-S005");

    let restored = state.restore(&name()).unwrap();
    assert_eq!((restored.rows, restored.in_doubt, restored.missing), (502, 1, 3));
    assert!(restored.kept.unwrap().join("journal/000001.log").exists());
    let store = state.sync(&name()).unwrap();
    assert_eq!(rows_of(&store, 2_000).await.len(), 502);
    store.commit(RUN, vec![delivered(1_002, 2)], vec![]).await.unwrap();
    drop(store);
    assert_eq!(state.check(&name()).unwrap().verdict, Verdict::Sound);
    assert_eq!(rows_of(&state.sync(&name()).unwrap(), 2_000).await.len(), 503);
    assert_eq!(state.restore(&name()).unwrap().kept, None, "there is nothing to restore");
}

#[tokio::test]
async fn a_restore_takes_the_index_where_it_reaches_further() {
    let home = folder();
    let (state, store) = open(home.path());
    for round in 0..9_u64 {
        store.commit(RUN, vec![delivered(round, 1)], vec![intent(50, 1)]).await.unwrap();
    }
    drop((store, state));
    let journal = home.path().join("syncs/crm/journal/000000.log");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() / 2]).unwrap();
    let state = StateDirectory::open(home.path()).unwrap();
    assert_eq!(
        state.sync(&name()).unwrap_err().code(),
        "OFT-S005",
        "a row is in doubt, and which is in the journal alone"
    );
    let restored = state.restore(&name()).unwrap();
    assert_eq!((restored.rows, restored.in_doubt, restored.missing), (9, 1, 0));
    assert_eq!(rows_of(&state.sync(&name()).unwrap(), 40).await.len(), 9);
}

#[tokio::test]
async fn compacting_gives_back_what_changes_left() {
    let home = folder();
    let (state, store) = open(home.path());
    store.reserve(20_000, false).await.unwrap();
    for round in 0..6_u64 {
        for part in 0..8_u64 {
            let numbers = part * 2_500..(part + 1) * 2_500;
            store.commit(RUN, numbers.map(|number| delivered(number, round)).collect(), vec![]).await.unwrap();
        }
    }
    store.finish(&record("r", Status::Completed)).await.unwrap();
    drop(store);
    let compacted = state.compact(&name()).unwrap();
    assert!(compacted.after < compacted.before, "{compacted:?}");
    let info = state.info(&name()).unwrap();
    assert_eq!((info.rows, info.checkpoint, info.journal_records), (Some(20_000), Some(1), 0));
}

#[tokio::test]
async fn s11_a_sync_of_a_newer_version_is_left_alone() {
    let home = folder();
    sample(home.path(), 5).await;
    let manifest = home.path().join("syncs/crm/MANIFEST.json");
    let newer = fs::read_to_string(&manifest).unwrap().replace("\"format\": 1", "\"format\": 2");
    fs::write(&manifest, &newer).unwrap();
    let state = StateDirectory::open(home.path()).unwrap();
    let error = state.sync(&name()).unwrap_err();
    assert_eq!(error.code(), "OFT-S002");
    assert!(error.to_string().contains("manifest 2"), "{error}");
    assert_eq!(fs::read_to_string(&manifest).unwrap(), newer);
}
