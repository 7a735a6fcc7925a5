//! The host's time, in milliseconds: of `clock`, and of WASI's clocks, which are no finer. A fine clock is what a guest would
//! measure the host's caches with.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

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

const RESOLUTION: Duration = Duration::from_millis(1);
const RESOLUTION_NS: u64 = 1_000_000;

/// WASI's wall clock.
#[derive(Debug)]
pub(super) struct Wall;

/// WASI's monotonic clock; it begins with the call.
#[derive(Debug)]
pub(super) struct Monotonic(pub(super) Instant);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        Duration::from_millis(unix_ms())
    }
}

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        RESOLUTION_NS
    }

    fn now(&self) -> u64 {
        let ms = u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX);
        ms.saturating_mul(RESOLUTION_NS)
    }
}
