//! Allocates without end.

use std::hint::black_box;

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Grows;

impl Guest for Grows {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let mut hoard: Vec<Vec<u8>> = Vec::new();
        while !black_box(batch.is_empty()) {
            hoard.push(black_box(vec![1; 1024 * 1024]));
        }
        Ok(Report::new(batch))
    }
}

offtake_sdk::export!(Base<Grows>);
