//! How many requests are taken.

use std::time::Duration;

use tokio::time::Instant;

use crate::window::Window;

/// Limits of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in any minute.
    pub minutely: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self { minutely: 1_000_000 };
}

impl Default for Limits {
    /// Those of the connector's example.
    fn default() -> Self {
        Self { minutely: 600 }
    }
}

/// Counts requests against the limits.
pub(super) struct Meter {
    limits: Limits,
    window: Window,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, window: Window::new(Duration::from_secs(60)) }
    }

    /// Takes one request, or says in how many seconds to come back.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), u64> {
        if self.window.count(now) >= self.limits.minutely {
            return Err(self.window.frees_in(now).as_secs() + 1);
        }
        self.window.hit(now);
        Ok(())
    }
}
