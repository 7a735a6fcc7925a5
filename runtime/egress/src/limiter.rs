//! Keeps to a vendor's rates, for all syncs and connectors that use the same credential.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use offtake_core::destination::Rate;

/// The buckets of a process, one for each credential.
#[derive(Debug, Default)]
pub struct Limiters {
    buckets: Mutex<HashMap<String, Arc<Bucket>>>,
}

/// The rates of one credential.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    limits: Mutex<Vec<(Rate, Arc<DefaultDirectRateLimiter>)>>,
}

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
                limits.push((*rate, Arc::new(RateLimiter::direct(quota))));
            }
        }
    }

    /// Returns when a request may be sent.
    pub(crate) async fn ready(&self) {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, limiter) in limits {
            limiter.until_ready().await;
        }
    }
}

/// Requests at even distances. A burst of `n` followed by the steady rate would put nearly `2n` into one of the
/// vendor's windows; with distances of window/(n-1) no window ever holds more than `n`.
fn quota(rate: Rate) -> Option<Quota> {
    let gaps = rate.requests.saturating_sub(1).max(1);
    let distance = rate.window.checked_div(gaps)?.max(Duration::from_micros(1));
    Some(Quota::with_period(distance)?.allow_burst(NonZeroU32::MIN))
}
