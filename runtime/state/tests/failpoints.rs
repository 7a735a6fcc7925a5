//! What is there after a kill at each named place, and after the disk fills up? Needs the feature `failpoints`.
#![cfg(feature = "failpoints")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests stand outside of test functions and print the seed"
)]

#[path = "failpoints/disk_full.rs"]
mod disk_full;
#[path = "failpoints/kill.rs"]
mod kill;
#[path = "state/tools.rs"]
#[expect(dead_code, reason = "these tests need a part of the tools")]
mod tools;
