//! Does the state remember what was committed, whatever happens to the process, the disk and the files?

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests stand outside of test functions and print the seed"
)]

#[path = "state/admin.rs"]
mod admin;
#[path = "state/crash.rs"]
mod crash;
#[path = "state/damage.rs"]
mod damage;
#[path = "state/model.rs"]
mod model;
#[path = "state/power.rs"]
mod power;
#[path = "state/store.rs"]
mod store;
#[path = "state/tools.rs"]
mod tools;
