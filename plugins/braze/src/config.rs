//! The connection's configuration, and what the contract allows.

use offtake_sdk::{Limits, Operation};
use serde::Deserialize;

use crate::object::Kind;

/// Ids of a delete or an export, and items of a bulk call: Braze API, each endpoint's page.
pub(crate) const FIFTY: u32 = 50;

/// A body may have 4 MB (`/users/track`, "Payload size"); the rest is for what rows do not say.
const BODY_BYTES_MAX: u32 = 3 * 1024 * 1024;

/// Calls at once. Braze counts requests and not those under way.
const CALLS_AT_ONCE_MAX: u16 = 4;

/// The connection's configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub(crate) track_cap: TrackCap,
    #[serde(default)]
    pub(crate) alias_label: Option<String>,
    #[serde(default)]
    pub(crate) number_attributes: Vec<String>,
}

/// How many objects a track request takes. A request of this connector has one array, so that it makes no difference whether
/// the contract counts arrays together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum TrackCap {
    #[default]
    #[serde(rename = "50_combined")]
    FiftyCombined,
    #[serde(rename = "75_combined")]
    SeventyFiveCombined,
    #[serde(rename = "75_each")]
    SeventyFiveEach,
}

impl Config {
    /// The most rows of a call.
    pub(crate) fn rows_max(&self, kind: &Kind, operation: Operation) -> u32 {
        match (kind, operation, self.track_cap) {
            (Kind::Items(_), ..) | (_, Operation::Delete, _) | (.., TrackCap::FiftyCombined) => FIFTY,
            (.., TrackCap::SeventyFiveCombined | TrackCap::SeventyFiveEach) => 75,
        }
    }

    /// Requests in a time: Braze API, "Rate limits", for customers since August 2024.
    pub(crate) fn limits(&self, kind: &Kind, operation: Operation) -> Limits {
        let limits = Limits::rows(self.rows_max(kind, operation)).bytes(BODY_BYTES_MAX).concurrency(CALLS_AT_ONCE_MAX);
        match (kind, operation) {
            (Kind::Items(_), _) => limits.rate(16_000, 60_000),
            (_, Operation::Delete) => limits.rate(20_000, 60_000),
            _ => limits.rate(3_000, 3_000),
        }
    }
}
