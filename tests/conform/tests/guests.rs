//! Guests that misbehave in other ways than by the contract's words: the kit says so, and goes on.

use std::path::PathBuf;

use crate::support::{failed, guest, report, script, script_of, stage, told};

/// Guests have one object, take any path and know no vendor.
fn changed(text: String) -> String {
    let text = text.replace("does = \"nothing-wrong\"", "").replace("integer = \"size\"\n", "");
    let text = text.replace("operations = [\"upsert\", \"insert\"]", "operations = [\"upsert\"]");
    text.replace("size = 7", "").replace("size = -1", "a = -1")
}

async fn run(name: &str) -> (Vec<&'static str>, String) {
    let path: PathBuf = script_of("careless");
    let report = report(&stage(&guest::component(name), script(&path, changed))).await;
    (failed(&report), told(&report))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_forges_answers_fails_wherever_it_writes() {
    let (failed, told) = run("forges").await;
    for id in ["K10", "K11", "K12", "K15", "K17", "K18", "K28", "K29"] {
        assert!(failed.contains(&id), "{id}: {told}");
    }
    assert!(told.contains("it answered for row 1 of a batch of 1"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_traps_is_told_so() {
    let (failed, told) = run("traps").await;
    assert!(failed.contains(&"K10") && failed.contains(&"K23"), "{told}");
    assert!(told.contains("K10 fail: upsert of 1 rows: the call broke"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_is_silent_is_told_so() {
    let (failed, told) = run("silent").await;
    assert!(failed.contains(&"K10") && failed.contains(&"K11"), "{told}");
    assert!(told.contains("nothing was said of 1 of 1 rows"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_accepts_without_sending_is_told_so() {
    let (failed, told) = run("ok").await;
    assert!(failed.contains(&"K17") && failed.contains(&"K28"), "{told}");
    assert!(told.contains("its match value stood in no request"), "{told}");
}
