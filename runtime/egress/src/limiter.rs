//! Keeps to a vendor's rates, for all syncs and connectors that use the same credential.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use offtake_core::destination::Rate;
use offtake_core::ports::{Refusal, SendError};
use tokio::time::Instant;

use crate::pace::Pace;
use crate::policy::refused;

/// Then one request finds out whether there is more of a quota that was used up.
const SPENT_FOR: Duration = Duration::from_secs(15 * 60);

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
    pace: Mutex<Pace>,
    /// Why nothing leaves until then: a quota is used up as far as it may be.
    spent: Mutex<Option<(String, Instant)>>,
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

    /// The code of a request that is not sent because of a quota.
    pub(crate) const SPENT: &'static str = "OFT-E312";

    /// Lets nothing leave for a while: the rest of a quota belongs to others, and nobody says when there is more.
    pub(crate) fn spend(&self, why: String) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = Some((why, Instant::now() + SPENT_FOR));
    }

    /// Refuses where a quota is used up.
    pub(crate) fn check(&self) -> Result<(), SendError> {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        match spent.as_ref().filter(|(_, until)| Instant::now() < *until) {
            Some((why, _)) => Err(refused(Refusal::QuotaSpent, Self::SPENT, why.clone())),
            None => Ok(()),
        }
    }

    /// Lets nothing leave for so long.
    pub(crate) fn pause(&self, wanted: Duration) {
        self.pace().pause(Instant::now(), wanted);
    }

    /// Slows down because a request that left then was one too many.
    pub(crate) fn slow_down(&self, left: Instant) {
        self.pace().slow_down(Instant::now(), left);
    }

    /// Returns when a request may be sent: it leaves at that moment.
    pub(crate) async fn ready(&self) -> Instant {
        let _turn = self.gate.lock().await;
        loop {
            while let Some(until) = self.wait_until(Instant::now()) {
                tokio::time::sleep_until(until).await;
            }
            self.in_rate().await;
            // A pause may have begun meanwhile. The rates are asked again after it: the next request's distance is that
            // from when this one leaves.
            let now = Instant::now();
            if self.wait_until(now).is_none() {
                self.pace().leave(now);
                return now;
            }
        }
    }

    fn wait_until(&self, now: Instant) -> Option<Instant> {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let declared = limits.iter().filter_map(|(rate, _)| distance(*rate)).max();
        drop(limits);
        self.pace().wait_until(now, declared)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn in_rate(&self) {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, limiter) in limits {
            while let Err(early) = limiter.check() {
                tokio::time::sleep(early.wait_time_from(limiter.clock().now())).await;
            }
        }
    }
}

// === impl TokioClock ===

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Two requests that left a window apart arrive a little more or less than that apart: the way to the vendor varies by some
/// milliseconds, and its clock is not ours.
const JITTER: Duration = Duration::from_millis(25);
/// In short windows the allowance for it is no more than this part of the window.
const JITTER_PART: u32 = 20;
/// Timers wake up to a millisecond late, on a busy machine some more. Requests closer together than this may leave together, or they
/// would never catch up.
const BURST: Duration = Duration::from_millis(25);

fn quota(rate: Rate) -> Option<Quota> {
    let burst = NonZeroU32::new(burst(rate)).unwrap_or(NonZeroU32::MIN);
    Some(Quota::with_period(distance(rate)?)?.allow_burst(burst))
}

/// Requests that may leave together.
fn burst(rate: Rate) -> u32 {
    let together = u128::from(rate.requests) * BURST.as_nanos() / rate.window.as_nanos().max(1);
    u32::try_from(together).unwrap_or(u32::MAX).clamp(1, (rate.requests / 10).max(1))
}

/// Requests leave at even distances. With a burst of `b` the number `n` of a window is reached by `n - b + 1` distances, so
/// that no window, even one that arrives squeezed, ever holds more than `n`.
fn distance(rate: Rate) -> Option<Duration> {
    let jitter = JITTER.min(rate.window / JITTER_PART);
    let gaps = (rate.requests + 1).saturating_sub(burst(rate)).max(1);
    Some((rate.window + jitter).checked_div(gaps)?.max(Duration::from_micros(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::PAUSE_MAX;

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
        assert!(limiters.bucket("b").wait_until(Instant::now()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_than_it_may_and_little_of_it_is_wasted() {
        for (requests, seconds) in [(19, 1), (190, 10), (100, 20), (400, 60), (3_000, 3), (100, 60)] {
            let (rate, bucket) = (Rate { requests, window: Duration::from_secs(seconds) }, Bucket::default());
            bucket.keep_to(&[rate]);
            let started = Instant::now();
            let mut left = Vec::new();
            for _ in 0..requests * 3 {
                left.push(bucket.ready().await);
            }
            let taken = started.elapsed().as_secs_f64() / rate.window.as_secs_f64();
            let apart = left.windows(requests as usize + 1).map(|window| *window.last().unwrap() - window[0]).min();
            // The vendor may see them closer together by what the way there varies.
            assert!(apart.unwrap() >= rate.window + Duration::from_millis(5), "{rate:?}: {apart:?}");
            assert!(taken * 0.95 < 3.0, "{rate:?}: {taken} windows for three times as many requests");
        }
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
        assert!(left.windows(2).all(|pair| pair[1] - pair[0] >= 93), "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_requests_that_were_on_the_wire_together_halve_the_speed_once() {
        let bucket = Bucket::default();
        // The widest of the declared distances counts: (1,000 + 25) / 11 = 93 ms.
        let rates = [(11, 1), (1_001, 10), (3_000, 60)];
        bucket.keep_to(&rates.map(|(requests, seconds)| Rate { requests, window: Duration::from_secs(seconds) }));
        let mut left = Vec::new();
        for _ in 0..5 {
            left.push(bucket.ready().await);
        }
        left.iter().rev().for_each(|left| bucket.slow_down(*left));
        for refusal in ["first", "second"] {
            let distances = [waited(&bucket).await, waited(&bucket).await, waited(&bucket).await];
            let expected = if refusal == "first" { 187 } else { 373 };
            assert!(distances.iter().all(|ms| (expected - 5..=expected).contains(ms)), "{refusal}: {distances:?}");
            bucket.slow_down(bucket.ready().await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_wait_together_are_slowed_down_together() {
        let bucket = Bucket::default();
        bucket.slow_down(bucket.ready().await);
        let started = Instant::now();
        let left = futures::future::join_all((0..8).map(|_| bucket.ready())).await;
        assert!(left.last().unwrap().duration_since(started) >= Duration::from_millis(1_500), "{left:?}");
        assert!(left.is_sorted());
    }
}
