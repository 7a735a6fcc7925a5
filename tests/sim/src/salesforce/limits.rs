//! The allocation of API requests in 24 hours.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::window::Window;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much an org takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in any 24 hours: 15,000 of a Developer Edition, as recorded; 100,000 and more of the others.
    pub daily: u32,
    /// Ingest jobs until the simulator ends, in place of the 15,000 batches that an org has in 24 hours.
    pub jobs: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self { daily: 100_000_000, jobs: 100_000_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self { daily: 15_000, jobs: 15_000 }
    }
}

/// Counts requests of the last 24 hours.
pub(super) struct Meter {
    limits: Limits,
    requests: Window,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, requests: Window::new(DAY) }
    }

    /// Takes one request, unless the allocation is used up.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        let fits = self.requests.count(now) < self.limits.daily;
        if fits {
            self.requests.hit(now);
        }
        fits
    }

    pub(super) fn used(&mut self, now: Instant) -> (u32, u32) {
        (self.requests.count(now), self.limits.daily)
    }

    /// Recorded as `api-usage=4141/15000`.
    pub(super) fn describe(&mut self, now: Instant, headers: &mut HeaderMap) {
        let (used, daily) = self.used(now);
        if let Ok(value) = HeaderValue::from_str(&format!("api-usage={used}/{daily}")) {
            headers.insert("sforce-limit-info", value);
        }
    }
}
