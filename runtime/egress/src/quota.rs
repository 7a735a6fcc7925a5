//! What a vendor says in its answers of a quota that many share, and when to leave the rest of it alone.
//!
//! A day's quota of an account belongs to all that its company has connected. Where it is used up, everybody stands still: so a
//! part of it is left to the others. A quota that says when it is full again is shorter, and simply waited for.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use offtake_core::manifest::Quota;

/// The quotas of one connection.
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    declared: BTreeMap<String, Quota>,
    /// Part of each quota that is left to others.
    reserve: f64,
}

/// What an answer says of a quota that is used up as far as it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It is full again after so long.
    For(Duration),
    /// The rest of it belongs to others; nobody says until when.
    UpToReserve {
        /// Name of the quota in the manifest.
        quota: String,
        /// The vendor's numbers in a sentence.
        message: String,
    },
}

impl Quotas {
    /// The quotas of a manifest, of which `reserve` (0 to 1) is left to others.
    pub fn new(declared: BTreeMap<String, Quota>, reserve: f64) -> Self {
        Self { declared, reserve: reserve.clamp(0.0, 1.0) }
    }

    /// Reads an answer's headers.
    pub(crate) fn read(&self, headers: &HeaderMap, now: SystemTime) -> Option<Spent> {
        self.declared.iter().find_map(|(name, quota)| self.spent(name, quota, headers, now))
    }

    fn spent(&self, name: &str, quota: &Quota, headers: &HeaderMap, now: SystemTime) -> Option<Spent> {
        let (used, limit) = usage(quota, headers)?;
        if let Some(reset) = &quota.reset {
            let until = UNIX_EPOCH + Duration::from_secs(number(headers, reset)?);
            // The vendor's clock shows whole seconds.
            let wait = until.duration_since(now).unwrap_or_default() + Duration::from_secs(1);
            return (used >= limit).then_some(Spent::For(wait));
        }
        let usable = limit as f64 * (1.0 - self.reserve);
        (used as f64 >= usable).then(|| Spent::UpToReserve {
            quota: name.to_owned(),
            message: format!(
                "{used} of the {limit} requests of the {name} quota are used, and {:.0} % are left to others",
                self.reserve * 100.0
            ),
        })
    }
}

/// Used, and all that may be used.
fn usage(quota: &Quota, headers: &HeaderMap) -> Option<(u64, u64)> {
    if let Some(header) = &quota.header {
        let value = headers.get(header)?.to_str().ok()?;
        let (_, numbers) = value.split_once(&quota.prefix)?;
        let (used, rest) = numbers.split_once('/')?;
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        return Some((used.trim().parse().ok()?, rest.get(..end)?.parse().ok()?));
    }
    let limit = number(headers, quota.limit.as_deref()?)?;
    let remaining = number(headers, quota.remaining.as_deref()?)?;
    Some((limit.saturating_sub(remaining), limit))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(quota: Quota) -> Quotas {
        Quotas::new(BTreeMap::from([("daily".to_owned(), quota)]), 0.1)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_quota_without_an_end_is_used_up_to_the_reserve() {
        let quota = Quota { header: Some("Sforce-Limit-Info".into()), prefix: "api-usage=".into(), ..Quota::default() };
        let cases = [
            ("api-usage=89999/100000", false),
            ("api-usage=90000/100000", true),
            ("api-bursts=1/750; api-usage=100001/100000; per-app-api-usage=1/2(appName=x)", true),
            ("api-usage=5/15000; api-bursts=750/750", false),
            ("api-usage=many/100000", false),
            ("per-app=1/2", false),
        ];
        for (value, is_spent) in cases {
            let spent = quotas(quota.clone()).read(&headers(&[("sforce-limit-info", value)]), SystemTime::now());
            assert_eq!(spent.is_some(), is_spent, "{value}: {spent:?}");
        }
        let two = Quota { limit: Some("X-Limit".into()), remaining: Some("X-Remaining".into()), ..Quota::default() };
        for (remaining, is_spent) in [("26000", false), ("25000", true), ("0", true)] {
            let spent = quotas(two.clone())
                .read(&headers(&[("x-limit", "250000"), ("x-remaining", remaining)]), SystemTime::now());
            assert_eq!(spent.is_some(), is_spent, "{remaining}");
        }
    }

    #[test]
    fn a_quota_with_an_end_is_used_up_and_waited_for() {
        let quota = Quota {
            limit: Some("X-RateLimit-Limit".into()),
            remaining: Some("X-RateLimit-Remaining".into()),
            reset: Some("X-RateLimit-Reset".into()),
            ..Quota::default()
        };
        let now = UNIX_EPOCH + Duration::from_secs(1_637_707_350);
        let read = |remaining| {
            let told = [
                ("x-ratelimit-limit", "50000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", "1637707380"),
            ];
            quotas(quota.clone()).read(&headers(&told), now)
        };
        assert_eq!(read("1"), None);
        assert_eq!(read("0"), Some(Spent::For(Duration::from_secs(31))));
    }
}
