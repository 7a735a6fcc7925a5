//! The connection's configuration, and what the subscription allows.

use offtake_sdk::Limits;
use serde::Deserialize;

/// HubSpot states no size of a body; this keeps a call of a hundred wide rows whole and a runaway one small.
const BODY_BYTES_MAX: u32 = 2 * 1024 * 1024;

/// Calls at once, of writes and of reads.
pub(crate) const CALLS_AT_ONCE_MAX: u16 = 4;

/// The connection's configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub(crate) tier: Tier,
}

/// The account's highest subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tier {
    #[default]
    Free,
    Starter,
    Professional,
    Enterprise,
}

impl Tier {
    /// Requests in ten seconds: HubSpot's usage guidelines, "Private apps". The tenth of it in each second is what the
    /// `X-HubSpot-RateLimit-Secondly` header of recorded answers says (10 beside an interval limit of 100).
    pub(crate) fn limits(self, rows: u32) -> Limits {
        let in_ten_seconds = match self {
            Self::Free | Self::Starter => 100,
            Self::Professional | Self::Enterprise => 190,
        };
        Limits::rows(rows)
            .bytes(BODY_BYTES_MAX)
            .concurrency(CALLS_AT_ONCE_MAX)
            .rate(in_ten_seconds, 10_000)
            .rate(in_ten_seconds / 10, 1000)
    }
}
