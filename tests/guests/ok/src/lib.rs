//! Accepts every row and makes no request.

use guest_base::{Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Behaves;

impl Guest for Behaves {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        Ok(accept(batch))
    }
}

offtake_sdk::export!(Base<Behaves>);
