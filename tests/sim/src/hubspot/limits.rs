//! The portal's request limits: per second, per rolling ten seconds, per day; searches are counted apart.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::error::Refusal;
use crate::window::Window;

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many requests a portal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in any one second.
    pub secondly: u32,
    /// Requests in any ten seconds.
    pub ten_secondly: u32,
    /// Requests in a day.
    pub daily: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self { secondly: 1_000_000, ten_secondly: 10_000_000, daily: 1_000_000_000 };
}

impl Default for Limits {
    /// Those of the recorded portal.
    fn default() -> Self {
        Self { secondly: 10, ten_secondly: 100, daily: 250_000 }
    }
}

/// Which of the two counts a request falls under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// All that is no search.
    General,
    /// Searches.
    Search,
}

/// Counts requests against the limits.
pub(super) struct Meter {
    limits: Limits,
    search_secondly: u32,
    secondly: Window,
    ten_secondly: Window,
    searches: Window,
    day: Instant,
    today: u32,
}

impl Meter {
    pub(super) fn new(limits: Limits, search_secondly: u32) -> Self {
        Self {
            limits,
            search_secondly,
            secondly: Window::new(SECOND),
            ten_secondly: Window::new(TEN_SECONDS),
            searches: Window::new(SECOND),
            day: Instant::now(),
            today: 0,
        }
    }

    /// Takes one request, or says which limit it would break.
    pub(super) fn admit(&mut self, class: Class, now: Instant) -> Result<(), Refusal> {
        if now.duration_since(self.day) >= DAY {
            self.day = now;
            self.today = 0;
        }
        if self.today >= self.limits.daily {
            return Err(refusal("daily", "DAILY"));
        }
        match class {
            Class::General => {
                if self.secondly.count(now) >= self.limits.secondly {
                    return Err(refusal("secondly", "SECONDLY"));
                }
                if self.ten_secondly.count(now) >= self.limits.ten_secondly {
                    return Err(refusal("ten_secondly_rolling", "TEN_SECONDLY_ROLLING"));
                }
                self.secondly.hit(now);
                self.ten_secondly.hit(now);
            }
            Class::Search => {
                if self.searches.count(now) >= self.search_secondly {
                    // The recorded reply to a search names no policy.
                    return Err(plain("secondly"));
                }
                self.searches.hit(now);
            }
        }
        self.today += 1;
        Ok(())
    }

    /// Writes the recorded headers; replies to a search say nothing about intervals.
    pub(super) fn describe(&mut self, class: Class, now: Instant, headers: &mut HeaderMap) {
        let (second, ten) = (self.secondly.count(now), self.ten_secondly.count(now));
        let mut set = |name: &'static str, value: u32| {
            headers.insert(HeaderName::from_static(name), value.into());
        };
        set("x-hubspot-ratelimit-daily", self.limits.daily);
        set("x-hubspot-ratelimit-daily-remaining", self.limits.daily.saturating_sub(self.today));
        if class == Class::Search {
            return;
        }
        set("x-hubspot-ratelimit-interval-milliseconds", 10_000);
        set("x-hubspot-ratelimit-max", self.limits.ten_secondly);
        set("x-hubspot-ratelimit-remaining", self.limits.ten_secondly.saturating_sub(ten));
        set("x-hubspot-ratelimit-secondly", self.limits.secondly);
        set("x-hubspot-ratelimit-secondly-remaining", self.limits.secondly.saturating_sub(second));
    }
}

fn plain(window: &str) -> Refusal {
    let message = format!("You have reached your {window} limit.");
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITS", message)
}

fn refusal(window: &str, policy: &str) -> Refusal {
    plain(window).with("errorType", json!("RATE_LIMIT")).with("policyName", json!(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Meter {
        Meter::new(Limits { secondly: 2, ten_secondly: 3, daily: 5 }, 1)
    }

    #[tokio::test]
    async fn each_window_refuses_by_itself() {
        let (mut meter, start) = (meter(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(meter.admit(Class::General, at(0)).is_ok());
        assert!(meter.admit(Class::General, at(10)).is_ok());
        assert!(meter.admit(Class::General, at(20)).is_err(), "two a second");
        assert!(meter.admit(Class::General, at(1_100)).is_ok());
        assert!(meter.admit(Class::General, at(2_200)).is_err(), "three in ten seconds");
        assert!(meter.admit(Class::General, at(10_050)).is_ok());
        assert!(meter.admit(Class::General, at(11_500)).is_ok());
        assert!(meter.admit(Class::General, at(30_000)).is_err(), "five a day");
    }

    #[tokio::test]
    async fn searches_are_counted_apart() {
        let (mut meter, start) = (meter(), Instant::now());
        assert!(meter.admit(Class::Search, start).is_ok());
        assert!(meter.admit(Class::Search, start).is_err());
        assert!(meter.admit(Class::General, start).is_ok());
    }
}
