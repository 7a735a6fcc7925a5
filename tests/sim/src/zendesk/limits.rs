//! The account's limits: requests a minute, changes of one user, and jobs that are open at once.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::window::Window;

const MINUTE: Duration = Duration::from_secs(60);

/// How much an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute: 200 (Team), 400 (Growth, Professional), 700 (Enterprise), 2500 (Enterprise Plus).
    pub minutely: u32,
    /// Changes of one user a minute, by the calls for a single user.
    pub user_updates_minutely: u32,
    /// Jobs that are queued or running.
    pub open_jobs: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self { minutely: 1_000_000, user_updates_minutely: 1_000_000, open_jobs: 1_000_000 };
}

impl Default for Limits {
    /// Those of the recorded account, of the plan Enterprise.
    fn default() -> Self {
        Self { minutely: 700, user_updates_minutely: 5, open_jobs: 30 }
    }
}

/// Counts requests against the limits.
pub(super) struct Meter {
    limits: Limits,
    /// Zendesk counts from minute to minute, as the falling `ratelimit-reset` of recorded replies shows.
    minute: Instant,
    requests: u32,
    updates: BTreeMap<u64, Window>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, minute: Instant::now(), requests: 0, updates: BTreeMap::new() }
    }

    /// Takes one request, or says when the next one is welcome.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Refusal> {
        if now.duration_since(self.minute) >= MINUTE {
            self.minute = now;
            self.requests = 0;
        }
        if self.requests >= self.limits.minutely {
            return Err(Refusal::too_many_requests(self.resets_in(now)));
        }
        self.requests += 1;
        Ok(())
    }

    /// Takes a change of one user.
    pub(super) fn update_user(&mut self, id: u64, now: Instant) -> Result<(), Refusal> {
        let window = self.updates.entry(id).or_insert_with(|| Window::new(MINUTE));
        if window.count(now) >= self.limits.user_updates_minutely {
            return Err(Refusal::too_many_updates(window.frees_in(now).as_secs() + 1));
        }
        window.hit(now);
        Ok(())
    }

    /// The recorded headers, and those that today's documentation has beside them.
    pub(super) fn describe(&self, now: Instant, headers: &mut HeaderMap) {
        let (limit, left) = (self.limits.minutely, self.limits.minutely.saturating_sub(self.requests));
        headers.insert("x-rate-limit", limit.into());
        headers.insert("x-rate-limit-remaining", left.into());
        headers.insert("ratelimit-limit", limit.into());
        headers.insert("ratelimit-remaining", left.into());
        headers.insert("ratelimit-reset", self.resets_in(now).into());
    }

    fn resets_in(&self, now: Instant) -> u64 {
        (self.minute + MINUTE).saturating_duration_since(now).as_secs() + 1
    }
}
