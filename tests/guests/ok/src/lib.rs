//! Sends one request and accepts every row.

use guest_base::{Base, Guest, deliver};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Behaves;

impl Guest for Behaves {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        deliver(cx, batch)
    }
}

offtake_sdk::export!(Base<Behaves>);
