//! Keeps in memory what it was told before.

use std::sync::atomic::{AtomicU32, Ordering};

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Report, clock, entropy};

static CALLS: AtomicU32 = AtomicU32::new(0);

/// The guest.
#[derive(Debug)]
pub struct Remembers;

impl Guest for Remembers {
    fn write(_cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let seen = format!("{calls} {} {}", entropy::hex(16), clock::now_unix_ms());
        let mut report = Report::new(batch);
        report.reject_rest(batch, &Detail::new("seen", seen));
        Ok(report)
    }
}

offtake_sdk::export!(Base<Remembers>);
