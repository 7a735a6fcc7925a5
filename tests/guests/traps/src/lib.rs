//! Panics when it is given rows.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Traps;

impl Guest for Traps {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        assert!(batch.is_empty(), "the guest was told to panic");
        Ok(Report::new(batch))
    }
}

offtake_sdk::export!(Base<Traps>);
