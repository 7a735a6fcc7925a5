//! Calls itself without end.

use std::hint::black_box;

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Recurses;

impl Guest for Recurses {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        black_box(deeper(black_box(u64::MAX)));
        Ok(Report::new(batch))
    }
}

/// Needs its frame after the call, so that no compiler makes a loop of it.
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == 0 {
        0
    } else {
        deeper(depth - 1) + frame.iter().sum::<u64>() % 2
    }
}

offtake_sdk::export!(Base<Recurses>);
