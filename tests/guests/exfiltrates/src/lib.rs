//! Sends more bytes than its rows explain.

use guest_base::{Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Exfiltrates;

impl Guest for Exfiltrates {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let bytes = if batch.object() == "modest" { 4 * 1024 } else { 256 * 1024 };
        for _ in 0..8 {
            cx.http().post("api", "/v1/things").auth("token").body("text/plain", "x".repeat(bytes)).send()?;
        }
        Ok(accept(batch))
    }
}

offtake_sdk::export!(Base<Exfiltrates>);
