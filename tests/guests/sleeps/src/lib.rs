//! Waits for a slow vendor.

use guest_base::{Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Sleeps;

impl Guest for Sleeps {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        cx.http().get("api", "/slow").auth("token").send()?;
        Ok(accept(batch))
    }
}

offtake_sdk::export!(Base<Sleeps>);
