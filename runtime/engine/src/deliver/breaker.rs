//! When a destination, or its connector, is taken to be broken altogether.

use offtake_core::destination::{CallFailure, Failure};

use super::work::Answer;

/// Calls in a row on which the connector broke. One row can break it about ten times while its batch is halved.
const BREAKS_MAX: u32 = 20;
/// The same before any call has succeeded: unless several rows break it, one of the first halves goes through.
const BREAKS_UNPROBED_MAX: u32 = 8;
/// Batches in a row that were given up after all their attempts.
const GIVEN_UP_MAX: u32 = 5;

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    breaks: u32,
    given_up: u32,
    /// Until something has succeeded, one call at a time asks whether the destination is there.
    probed: bool,
}

impl Breaker {
    /// Calls at once.
    pub(super) fn in_flight(&self, most: usize) -> usize {
        if self.probed { most } else { 1 }
    }

    /// Takes note of an answer; true when the connector is broken.
    pub(super) fn answered(&mut self, answer: &Answer) -> bool {
        match answer {
            Ok(_) => *self = Self { probed: true, ..Self::default() },
            Err(CallFailure { failure: Failure::Fatal(_), .. }) => self.breaks += 1,
            Err(_) => {}
        }
        self.breaks >= if self.probed { BREAKS_MAX } else { BREAKS_UNPROBED_MAX }
    }

    /// Takes note of a batch that used up its attempts; true when the destination is down.
    pub(super) fn gave_up(&mut self) -> bool {
        self.given_up += 1;
        self.given_up >= GIVEN_UP_MAX
    }
}
