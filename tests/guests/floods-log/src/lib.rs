//! Logs without end.

use guest_base::{Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report, log};

const LINES: u32 = 1_000_000;
const LINE_BYTES: usize = 100 * 1000 * 1000;

/// The guest.
#[derive(Debug)]
pub struct FloodsLog;

impl Guest for FloodsLog {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        if batch.object() == "line" {
            log::info(&"x".repeat(LINE_BYTES));
        } else {
            (0..LINES).for_each(|line| log::info(&format!("line {line}")));
        }
        Ok(accept(batch))
    }
}

offtake_sdk::export!(Base<FloodsLog>);
