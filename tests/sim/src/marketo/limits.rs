//! The instance's limits: calls in 20 seconds, calls a day, calls at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Refusal;
use crate::window::Window;

const RATE_SPAN: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much an instance takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls in 20 seconds.
    pub in_20_seconds: u32,
    /// Calls a day: 50,000 of most subscriptions. Marketo counts from midnight US Central, the simulator from 24 hours ago.
    pub daily: u32,
    /// Calls at once.
    pub at_once: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self { in_20_seconds: 1_000_000, daily: 100_000_000, at_once: 1_000_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_20_seconds: 100, daily: 50_000, at_once: 10 }
    }
}

/// Counts calls against the limits. A refused one counts against none.
pub(super) struct Meter {
    limits: Limits,
    recent: Window,
    day: Window,
    at_once: Arc<AtomicU32>,
}

/// A call's place among those that are under way.
pub struct Place(Arc<AtomicU32>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, recent: Window::new(RATE_SPAN), day: Window::new(DAY), at_once: Arc::default() }
    }

    pub(super) fn admit(&mut self, now: Instant) -> Result<Place, Refusal> {
        let Limits { in_20_seconds, daily, at_once } = self.limits;
        if self.day.count(now) >= daily {
            return Err(Refusal::limit("607", format!("Daily quota '{daily}' reached")));
        }
        if self.recent.count(now) >= in_20_seconds {
            return Err(Refusal::limit("606", format!("Max rate limit '{in_20_seconds}' exceeded with in '20' secs")));
        }
        if self.at_once.load(Ordering::Relaxed) >= at_once {
            return Err(Refusal::limit("615", "Concurrent access limit reached"));
        }
        self.day.hit(now);
        self.recent.hit(now);
        self.at_once.fetch_add(1, Ordering::Relaxed);
        Ok(Place(Arc::clone(&self.at_once)))
    }

    pub(super) fn today(&mut self, now: Instant) -> u32 {
        self.day.count(now)
    }
}
