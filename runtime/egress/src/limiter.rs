//! Keeps to a vendor's rates, for all syncs and connectors that use the same credential.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use offtake_core::backoff::RETRY_AFTER_MAX;
use offtake_core::destination::Rate;
use tokio::time::Instant;

/// No pause is longer, whatever the destination asks for: the engine leaves rows for a later run rather than wait longer
/// than this, and a mistaken answer must not shut out every sync of the credential for a day.
const PAUSE_MAX: Duration = RETRY_AFTER_MAX;

/// The buckets of a process, one for each credential.
#[derive(Debug, Default)]
pub struct Limiters {
    buckets: Mutex<HashMap<String, Arc<Bucket>>>,
}

/// The rates of one credential.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    limits: Mutex<Vec<(Rate, Arc<Limiter>)>>,
    /// Requests leave one at a time, in the order in which they came: after a pause, too.
    gate: tokio::sync::Mutex<()>,
    paused_until: Mutex<Option<Instant>>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// The time that timers keep, so that rates and pauses never disagree.
#[derive(Debug, Clone)]
struct TokioClock(Instant);

// === impl Limiters ===

impl Limiters {
    /// The bucket of a credential; `identity` names it without revealing it.
    pub(crate) fn bucket(&self, identity: &str) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(identity.to_owned()).or_default().clone()
    }
}

// === impl Bucket ===

impl Bucket {
    /// Keeps to these rates as well from now on. A rate that is already kept keeps its history.
    pub(crate) fn keep_to(&self, rates: &[Rate]) {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        for rate in rates {
            if limits.iter().all(|(known, _)| known != rate)
                && let Some(quota) = quota(*rate)
            {
                let clock = TokioClock(Instant::now());
                limits.push((*rate, Arc::new(RateLimiter::direct_with_clock(quota, clock))));
            }
        }
    }

    /// Lets nothing leave for so long. A pause that ends later stays as it is.
    pub(crate) fn pause(&self, wanted: Duration) {
        let until = Instant::now() + wanted.min(PAUSE_MAX);
        let mut paused_until = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused_until = (*paused_until).max(Some(until));
    }

    /// Returns when a request may be sent.
    pub(crate) async fn ready(&self) {
        let _turn = self.gate.lock().await;
        loop {
            while let Some(until) = self.paused_until() {
                tokio::time::sleep_until(until).await;
            }
            self.in_rate().await;
            // A pause may have begun meanwhile. The rates are asked again after it: the next request's distance is that
            // from when this one leaves.
            if self.paused_until().is_none() {
                return;
            }
        }
    }

    async fn in_rate(&self) {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, limiter) in limits {
            while let Err(early) = limiter.check() {
                tokio::time::sleep(early.wait_time_from(limiter.clock().now())).await;
            }
        }
    }

    fn paused_until(&self) -> Option<Instant> {
        let paused_until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        paused_until.filter(|until| *until > Instant::now())
    }
}

// === impl TokioClock ===

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Requests at even distances. A burst of `n` followed by the steady rate would put nearly `2n` into one of the
/// vendor's windows; with distances of window/(n-1) no window ever holds more than `n`.
fn quota(rate: Rate) -> Option<Quota> {
    let gaps = rate.requests.saturating_sub(1).max(1);
    let distance = rate.window.checked_div(gaps)?.max(Duration::from_micros(1));
    Some(Quota::with_period(distance)?.allow_burst(NonZeroU32::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of the paused clock after which the next request may leave.
    async fn waited(bucket: &Bucket) -> u128 {
        let started = Instant::now();
        bucket.ready().await;
        started.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn d1_a_pause_lasts_as_long_as_asked_and_never_longer_than_the_cap() {
        let cap = PAUSE_MAX.as_millis();
        for (asked, expected) in [(0, 0), (1, 1_000), (120, 120_000), (901, cap), (u64::MAX, cap)] {
            let bucket = Bucket::default();
            bucket.pause(Duration::from_secs(asked));
            assert_eq!(waited(&bucket).await, expected, "{asked}");
            assert_eq!(waited(&bucket).await, 0, "the pause after {asked} is over");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_whoever_has_the_credential_and_for_those_that_wait_already() {
        let limiters = Limiters::default();
        let (one, other) = (limiters.bucket("a"), limiters.bucket("a"));
        one.keep_to(&[Rate { requests: 2, window: Duration::from_secs(10) }]);
        assert_eq!(waited(&one).await, 0);
        let began = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            other.pause(Duration::from_secs(60));
            other.pause(Duration::from_secs(2));
        };
        let (waited, ()) = tokio::join!(waited(&one), began);
        assert_eq!(waited, 65_000, "a shorter pause does not end a longer one");
        assert!(limiters.bucket("b").paused_until().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_requests_keep_their_distance() {
        let bucket = Bucket::default();
        bucket.keep_to(&[Rate { requests: 11, window: Duration::from_secs(1) }]);
        bucket.pause(Duration::from_secs(5));
        let started = Instant::now();
        let left = futures::future::join_all((0..4).map(|_| async {
            bucket.ready().await;
            started.elapsed().as_millis()
        }));
        let left = left.await;
        assert!(left.iter().all(|at| *at >= 5_000), "{left:?}");
        assert!(left.windows(2).all(|pair| pair[1] - pair[0] >= 100), "{left:?}");
    }
}
