//! Calls the host without end.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report, clock, entropy, log};

/// The guest.
#[derive(Debug)]
pub struct Loops;

impl Guest for Loops {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        loop {
            match batch.object() {
                "log" => log::info("again"),
                "entropy" => drop(entropy::bytes(u8::MAX)),
                // Each is refused; the guest does not take no for an answer.
                "http" => drop(cx.http().get("nowhere", "/v1/things").send()),
                "requests" => drop(cx.http().get("api", "/v1/things").send()),
                _ => assert_ne!(clock::now_unix_ms(), 0),
            }
        }
    }
}

offtake_sdk::export!(Base<Loops>);
