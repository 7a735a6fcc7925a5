//! S4: a power cut. What was fsynced is there; of what was only written, any 4 KiB page may be as it was before, and any file as
//! long as it was before. The journal, checkpoints and manifest are fsynced, sled's files during a run are not.

use std::fs;
use std::path::Path;

use offtake_core::ports::StateStore;
use offtake_core::run::Status;

use crate::tools::{Dice, RUN, Rows, copy, delivered, folder, gone, intent, open, record, rows_of, seed};

const CUTS: u64 = 60;
const PAGE: usize = 4_096;
const ROWS: u64 = 2_000;

/// A state that was quiet, and the same one some commits later, killed.
async fn before_and_after(home: &Path, dice: &mut Dice, compacted: bool) -> Rows {
    let live = home.join("live");
    let mut rows = Rows::new();
    for opening in 0..2 {
        let (state, store) = open(&live);
        if opening == 1 {
            copy(&live, &home.join("before"));
        }
        for _ in 0..4 {
            let (from, digest) = (dice.below(ROWS), dice.next());
            let numbers = from..(from + 300).min(ROWS);
            rows.extend(numbers.clone().map(|number| (number, digest)));
            let mut settled: Vec<_> = numbers.map(|number| delivered(number, digest)).collect();
            if let Some((&first, _)) = rows.first_key_value() {
                settled.push(gone(first));
                rows.remove(&first);
            }
            store.commit(RUN, settled, vec![]).await.unwrap();
        }
        store.commit(RUN, vec![], vec![intent(ROWS + 7, opening)]).await.unwrap();
        if opening == 0 {
            store.finish(&record("r", Status::Incomplete)).await.unwrap();
        } else {
            if compacted {
                store.reserve(200_000, false).await.unwrap();
            }
            // sled writes on its own every half second.
            std::thread::sleep(std::time::Duration::from_millis(if dice.below(2) == 0 { 0 } else { 600 }));
            copy(&live, &home.join("after"));
        }
        drop((store, state));
    }
    rows
}

/// Takes back what was not fsynced: some pages, or all that came after.
fn cut_power(home: &Path, dice: &mut Dice) {
    let (before, after) = (home.join("before/syncs/crm"), home.join("cut/syncs/crm"));
    for entry in fs::read_dir(&after).unwrap() {
        let generation = entry.unwrap().path();
        let name = generation.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("gen-") {
            continue;
        }
        for file in fs::read_dir(&generation).unwrap() {
            let file = file.unwrap().path();
            if file.is_file() {
                let old = fs::read(before.join(&name).join(file.file_name().unwrap())).unwrap_or_default();
                fs::write(&file, reverted(&old, &fs::read(&file).unwrap(), dice)).unwrap();
            }
        }
    }
}

fn reverted(old: &[u8], new: &[u8], dice: &mut Dice) -> Vec<u8> {
    let part = [10, 50, 100][dice.below(3) as usize];
    let mut bytes = new.to_vec();
    for (number, page) in bytes.chunks_mut(PAGE).enumerate() {
        if dice.below(100) < part {
            let start = number * PAGE;
            let was = old.get(start..).unwrap_or_default();
            // A page that was never written reads as zeros.
            page.iter_mut().enumerate().for_each(|(at, byte)| *byte = was.get(at).copied().unwrap_or(0));
        }
    }
    if dice.below(3) == 0 {
        bytes.truncate(old.len());
    }
    bytes
}

#[tokio::test]
async fn s4_a_power_cut_takes_nothing_back_that_was_acknowledged() {
    let mut dice = Dice::new(seed());
    for original in 0..6 {
        let home = folder();
        let rows = before_and_after(home.path(), &mut dice, original % 3 == 2).await;
        for cut in 0..CUTS / 6 {
            let _gone = fs::remove_dir_all(home.path().join("cut"));
            copy(&home.path().join("after"), &home.path().join("cut"));
            cut_power(home.path(), &mut dice);
            let (_state, store) = open(&home.path().join("cut"));
            assert_eq!(rows_of(&store, ROWS).await, rows, "cut {cut} of state {original}");
            assert_eq!(store.in_doubt().await.unwrap().len(), 1);
        }
    }
}
