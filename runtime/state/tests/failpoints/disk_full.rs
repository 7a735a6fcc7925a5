//! S6: a disk that fills up at twenty levels, with and without the reserve. S10: a folder that cannot be written.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use fail::FailScenario;
use offtake_core::ports::StateStore;
use offtake_state::StateDirectory;
use tempfile::TempDir;

use crate::tools::{RUN, Rows, delivered, folder, name, open, rows_of};

const DISK_BYTES: u64 = 24 << 20;
const ROWS: u64 = 60_000;

/// A small disk of its own; none where mounting is not permitted.
struct Disk {
    path: TempDir,
}

impl Disk {
    fn mount() -> Option<Self> {
        let path = TempDir::new().unwrap();
        let size = format!("size={DISK_BYTES},mode=700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "offtake-test"]).arg(path.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self { path })
    }

    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        assert!(Command::new("mount").args(["-o", &options]).arg(self.path.path()).status().unwrap().success());
    }

    fn state(&self) -> PathBuf {
        self.path.path().join("state")
    }

    /// Takes all but so many bytes.
    fn fill(&self, left: u64) {
        let mut file = File::create(self.path.path().join("filler")).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left)).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.path.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.path.path()).status();
    }
}

/// Commits until it fails. Returns what was acknowledged before, and with the commit that failed.
async fn commit_until_full(state: &Path, mut rows: Rows) -> (Rows, Rows) {
    let state = match StateDirectory::open(state) {
        Ok(state) => state,
        Err(error) => {
            assert_eq!(error.code(), "OFT-S008", "{error}");
            return (rows.clone(), rows);
        }
    };
    let store = match state.sync(&name()) {
        Ok(store) => store,
        Err(error) => {
            assert_eq!(error.code(), "OFT-S008", "{error}");
            return (rows.clone(), rows);
        }
    };
    for round in 0.. {
        let numbers = round * 500..(round + 1) * 500;
        let mut after = rows.clone();
        after.extend(numbers.clone().map(|number| (number % ROWS, round + 2)));
        let settled = numbers.map(|number| delivered(number % ROWS, round + 2)).collect();
        match store.commit(RUN, settled, vec![]).await {
            Ok(()) => rows = after,
            Err(fault) => {
                assert_eq!(fault.code, "OFT-S008", "{fault}");
                assert_eq!(store.known().await.unwrap_err().code, "OFT-S008");
                return (rows, after);
            }
        }
    }
    (rows.clone(), rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn s6_a_full_disk_loses_nothing_and_needs_no_command() {
    let scenario = FailScenario::setup();
    if Disk::mount().is_none() {
        println!("mounting is not permitted: a full disk is injected instead");
        injected().await;
        scenario.teardown();
        return;
    }
    println!("on a tmpfs of {DISK_BYTES} bytes");
    for reserved in [true, false] {
        for level in 0..20_u64 {
            let disk = Disk::mount().unwrap();
            let base: Rows = (0..5_000).map(|number| (number, 1)).collect();
            let (state, store) = open(&disk.state());
            store.reserve(ROWS, false).await.unwrap();
            store.commit(RUN, base.keys().map(|number| delivered(*number, 1)).collect(), vec![]).await.unwrap();
            drop((store, state));
            assert!(disk.state().join("reserve.bin").metadata().unwrap().len() >= DISK_BYTES / 32);
            if !reserved {
                fs::remove_file(disk.state().join("reserve.bin")).unwrap();
            }
            disk.fill(level * level * 5_000);
            let (acknowledged, attempted) = commit_until_full(&disk.state(), base).await;
            // A restart by somebody who has not seen it yet.
            let (acknowledged, attempted) =
                match StateDirectory::open(&disk.state()).and_then(|state| state.sync(&name())) {
                    Ok(store) => {
                        let found = rows_of(&store, ROWS).await;
                        assert!(found == acknowledged || found == attempted, "level {level}");
                        (found.clone(), found)
                    }
                    Err(error) => {
                        assert_eq!(error.code(), "OFT-S008", "level {level}: {error}");
                        (acknowledged, attempted)
                    }
                };
            disk.free();
            let (state, store) = open(&disk.state());
            let found = rows_of(&store, ROWS).await;
            assert!(
                found == acknowledged || found == attempted,
                "level {level}, reserve {reserved}: no part of a commit"
            );
            store.commit(RUN, vec![delivered(7, 99)], vec![]).await.unwrap();
            drop((store, state));
            let (_state, store) = open(&disk.state());
            assert_eq!(rows_of(&store, ROWS).await.get(&7), Some(&99));
            assert!(disk.state().join("reserve.bin").exists(), "it is set aside again");
        }
    }
    scenario.teardown();
}

/// The same without a disk: one commit that meets no space, with a reserve to give and without.
async fn injected() {
    for reserved in [true, false] {
        let home = folder();
        let (state, store) = open(home.path());
        store.commit(RUN, vec![delivered(1, 1)], vec![]).await.unwrap();
        if !reserved {
            fs::remove_file(home.path().join("reserve.bin")).unwrap();
        }
        fail::cfg("state-journal-append", "1*return(full)").unwrap();
        let committed = store.commit(RUN, vec![delivered(2, 1)], vec![]).await;
        assert_eq!(committed.is_ok(), reserved);
        if let Err(fault) = committed {
            assert_eq!(fault.code, "OFT-S008");
        }
        fail::cfg("state-journal-append", "off").unwrap();
        drop((store, state));
        let (_state, store) = open(home.path());
        assert_eq!(rows_of(&store, 9).await.len(), if reserved { 2 } else { 1 });
    }
}

#[tokio::test]
async fn s6_the_reserve_carries_one_commit_over() {
    let scenario = FailScenario::setup();
    injected().await;
    scenario.teardown();
}

#[cfg(unix)]
#[test]
fn s10_a_folder_that_cannot_be_written_is_said_so() {
    use std::os::unix::fs::PermissionsExt;
    let scenario = FailScenario::setup();
    match Disk::mount() {
        Some(disk) => {
            drop(open(&disk.state()));
            disk.remount("ro");
            assert_eq!(StateDirectory::open(&disk.state()).unwrap_err().code(), "OFT-S003");
            disk.remount("rw");
            drop(open(&disk.state()));
        }
        None => {
            let home = folder();
            let state = home.path().join("state");
            drop(open(&state));
            fs::remove_file(state.join("LOCK")).unwrap();
            fs::set_permissions(&state, fs::Permissions::from_mode(0o500)).unwrap();
            assert_eq!(StateDirectory::open(&state).unwrap_err().code(), "OFT-S003");
            fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }
    scenario.teardown();
}
