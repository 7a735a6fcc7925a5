//! Logs without end.

use guest_base::{Base, Guest, deliver};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report, log};

const LINES: u32 = 1_000_000;
const LONG_LINE_BYTES: usize = 1000 * 1000;
const HUGE_LINE_BYTES: usize = 100 * 1000 * 1000;

/// The guest.
#[derive(Debug)]
pub struct FloodsLog;

impl Guest for FloodsLog {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        match batch.object() {
            "long-line" => log::info(&"x".repeat(LONG_LINE_BYTES)),
            "huge-line" => log::info(&"x".repeat(HUGE_LINE_BYTES)),
            _ => (0..LINES).for_each(|line| log::info(&format!("line {line}"))),
        }
        deliver(cx, batch)
    }
}

offtake_sdk::export!(Base<FloodsLog>);
