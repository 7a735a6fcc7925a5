//! Does a run keep its promises, whatever destination, state and people do to it?

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests stand outside of test functions"
)]

#[path = "engine/run.rs"]
mod run;
#[path = "engine/simulation.rs"]
mod simulation;
#[path = "engine/support.rs"]
mod support;
