//! Computes for ever.

use std::hint::black_box;

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Spins;

impl Guest for Spins {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let mut turns = 0_u64;
        // The compiler must not see that this never ends.
        while black_box(turns) != u64::MAX {
            turns = black_box(turns).wrapping_add(2);
        }
        Ok(Report::new(batch))
    }
}

offtake_sdk::export!(Base<Spins>);
