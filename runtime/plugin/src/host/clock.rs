//! `clock`: the host's time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::CallState;
use crate::bindings::clock;

pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl clock::Host for CallState {
    async fn now_unix_ms(&mut self) -> u64 {
        unix_ms()
    }

    async fn deadline_unix_ms(&mut self) -> u64 {
        self.deadline.unix_ms()
    }
}
