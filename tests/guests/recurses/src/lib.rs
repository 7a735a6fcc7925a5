//! Calls itself without end.

use std::hint::black_box;

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Recurses;

impl Guest for Recurses {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let depth = black_box(u64::MAX);
        black_box(if batch.object() == "frames" { deeper_with_frame(depth) } else { deeper(depth) });
        Ok(Report::new(batch))
    }
}

/// Needs its caller's depth after the call, so that no compiler makes a loop of it. All of it is in the host's stack.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == 0 { 0 } else { deeper(depth - 1).wrapping_mul(3) ^ depth }
}

/// Keeps an array, which the compiler puts into the guest's memory.
#[inline(never)]
fn deeper_with_frame(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == 0 { 0 } else { deeper_with_frame(depth - 1) + frame.iter().sum::<u64>() % 2 }
}

offtake_sdk::export!(Base<Recurses>);
