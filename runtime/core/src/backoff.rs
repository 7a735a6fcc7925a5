//! How long to wait before sending the same rows again.

use std::time::Duration;

use crate::destination::Failure;

/// Attempts at a batch before its rows stay pending until the next run.
pub const ATTEMPTS_MAX: u32 = 6;
/// The first wait's upper bound; it doubles with each attempt.
const BASE: Duration = Duration::from_millis(500);
/// No wait between attempts is longer.
const CAP: Duration = Duration::from_secs(60);
/// What a rate limit without `Retry-After` costs: the vendors' windows are one or ten seconds.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(1);
/// A vendor that asks for more than this, at once or in all, gets the rows in a later run.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send again after this long; `counts` says whether it used up an attempt.
    Wait {
        /// How long.
        delay: Duration,
        /// Whether this attempt counts against [`ATTEMPTS_MAX`].
        counts: bool,
    },
    /// Leave the rows pending.
    GiveUp,
}

/// Decides after attempt number `attempt` (from 1) failed, when the batch has waited for rate limits for `waited` already.
/// `jitter` is uniform in `0.0..1.0`; full jitter keeps the batches of many syncs from coming back at the same moment.
pub fn next(failure: &Failure, attempt: u32, waited: Duration, jitter: f64) -> Next {
    if let Failure::RateLimited { retry_after, .. } = failure {
        let delay = retry_after.unwrap_or(RATE_LIMIT_WAIT).max(RATE_LIMIT_WAIT);
        if delay.saturating_add(waited) > RETRY_AFTER_MAX {
            return Next::GiveUp;
        }
        return Next::Wait { delay, counts: false };
    }
    if attempt >= ATTEMPTS_MAX {
        return Next::GiveUp;
    }
    let doubled = BASE.saturating_mul(1_u32 << (attempt - 1).min(16));
    Next::Wait { delay: doubled.min(CAP).mul_f64(jitter.clamp(0.0, 1.0)), counts: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Detail;

    fn limited(seconds: Option<u64>) -> Failure {
        Failure::RateLimited { retry_after: seconds.map(Duration::from_secs), scope: None, detail: Detail::default() }
    }

    #[test]
    fn waits_grow_to_the_cap_and_end() {
        let transient = Failure::Transient(Detail::default());
        let waits: Vec<Next> = (1..=6).map(|attempt| next(&transient, attempt, Duration::ZERO, 1.0)).collect();
        let millis = |delay| Next::Wait { delay: Duration::from_millis(delay), counts: true };
        assert_eq!(waits, [millis(500), millis(1_000), millis(2_000), millis(4_000), millis(8_000), Next::GiveUp]);
    }

    #[test]
    fn a_rate_limit_costs_no_attempt_and_is_waited_out() {
        for (asked, waited) in [(None, 1), (Some(0), 1), (Some(5), 5), (Some(900), 900)] {
            let expected = Next::Wait { delay: Duration::from_secs(waited), counts: false };
            assert_eq!(next(&limited(asked), 99, Duration::ZERO, 0.3), expected);
        }
        for (asked, waited) in [(901, 0), (5, 896), (u64::MAX, 0)] {
            assert_eq!(next(&limited(Some(asked)), 1, Duration::from_secs(waited), 0.3), Next::GiveUp);
        }
    }
}
