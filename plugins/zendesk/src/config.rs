//! The connection's configuration, and what the plan allows.

use offtake_sdk::Limits;
use serde::Deserialize;

/// "You can pass up to 100 records" of every bulk call: Zendesk API reference, Users, "Create Many Users".
pub(crate) const RECORDS_MAX: u32 = 100;

/// Zendesk lets thirty jobs of an account be open at once (API reference, "Job limit"), those of other integrations among
/// them, so that a sync takes a third.
const OPEN_JOBS_MAX: u16 = 10;

/// Rows of a call that makes a request for each.
const SINGLES_MAX: u32 = 20;

/// Requests of one call that are under way at once.
pub(crate) const IN_FLIGHT_MAX: u16 = 4;

/// Zendesk states no size of a body; this keeps a hundred wide rows whole.
const BODY_BYTES_MAX: u32 = 2 * 1024 * 1024;

/// The connection's configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub(crate) plan: Plan,
}

/// The account's plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Plan {
    #[default]
    Team,
    Growth,
    Professional,
    Enterprise,
    EnterprisePlus,
}

impl Plan {
    /// Requests a minute: Zendesk API reference, "Rate limits".
    fn minutely(self) -> u32 {
        match self {
            Self::Team => 200,
            Self::Growth | Self::Professional => 400,
            Self::Enterprise => 700,
            Self::EnterprisePlus => 2_500,
        }
    }

    pub(crate) fn limits(self, one_by_one: bool) -> Limits {
        let (rows, concurrency) = if one_by_one { (SINGLES_MAX, 2) } else { (RECORDS_MAX, OPEN_JOBS_MAX) };
        Limits::rows(rows).bytes(BODY_BYTES_MAX).concurrency(concurrency).rate(self.minutely(), 60_000)
    }
}
