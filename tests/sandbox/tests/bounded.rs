//! What the process takes that runs a guest: each alone, so that nothing else is counted.

use std::process::Command;

use crate::guests::ALL;
use crate::support::{ALONE, MACHINE, guest};

/// Beside a guest's own memory, what crosses to the host may be there twice: as it came, and as the host's own value.
const BESIDE_MIB: u64 = 3 * 32;
/// A guest that holds nothing: its engine's first pages, and what loading it left.
const QUIET_MIB: u64 = 24;

/// Calls the guest in a process of its own: how it ends, and by how many MiB the process has grown.
fn called_alone(name: &str, object: &str) -> (String, u64) {
    let mut command = Command::new(ALONE);
    let output =
        command.arg("call").arg(guest::component("ok")).arg(guest::component(name)).arg(object).output().unwrap();
    assert!(output.status.success(), "{name} {object}: the host did not bear it: {output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{name} {object}: {said}");
    (said["code"].as_str().unwrap().to_owned(), said["grown_kib"].as_u64().unwrap() >> 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_guest_makes_the_host_grow_past_its_limits() {
    let _machine = MACHINE.read().await;
    // The guest, the object, how it ends, and the memory that its manifest has a right to.
    let cases = [
        ("floods-log", "lines", "answers", 256),
        ("floods-log", "huge-line", "OFT-P006", 256),
        ("grows", "things", "OFT-P004", 64),
        ("huge-result", "results", "OFT-P006", 256),
        ("huge-result", "detail", "OFT-P006", 256),
        ("loops", "log", "OFT-P002", 64),
        ("loops", "http", "OFT-P002", 64),
        ("many-headers", "hundred-thousand", "answers", 128),
        ("recurses", "things", "OFT-P005", 64),
        ("spins", "things", "OFT-P002", 64),
        ("traps", "things", "OFT-P001", 64),
    ];
    for (name, object, code, memory_mib) in cases {
        let (found, grown_mib) = called_alone(name, object);
        assert_eq!(found, code, "{name} {object}");
        assert!(grown_mib < memory_mib + BESIDE_MIB, "{name} {object}: {grown_mib} MiB");
    }
    // The others do what they do in a few rows.
    for (_, name) in ALL.iter().filter(|(_, name)| cases.iter().all(|(case, ..)| case != name)) {
        let (_, grown_mib) = called_alone(name, "things");
        assert!(grown_mib < QUIET_MIB, "{name}: {grown_mib} MiB");
    }
}
