//! What a run counted, and the sums that must hold when it ends.

use serde::{Deserialize, Serialize};

/// Rows of one run by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows that the model returned.
    pub source_rows: u64,
    /// Acknowledged before with the same digest.
    pub unchanged: u64,
    /// Never acknowledged.
    pub added: u64,
    /// Acknowledged with another digest.
    pub changed: u64,
    /// Acknowledged, and no longer in the source.
    pub removed: u64,
    /// Set apart before sending: no key, or not the only row with its key.
    pub invalid: u64,
    /// The destination said so, and that is on disk.
    pub delivered: u64,
    /// Refused for good with the current value.
    pub rejected: u64,
    /// Not decided when the run ended; they go again in the next run.
    pub pending: u64,
    /// Left as they are at the destination: removed rows under `on_delete: ignore`, changes that the mode does not send,
    /// rejects that a person ignores.
    pub kept: u64,
    /// Not tried: the run was asked for other rows, or waits for a person's approval.
    pub held: u64,
}

/// The counts of a run contradict each other: a row was lost or counted twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the run's counts do not add up: {equation}, but {left} is not {right}")]
pub struct Breach {
    equation: &'static str,
    left: u64,
    right: u64,
}

impl Breach {
    /// Stable code.
    pub const CODE: &'static str = "OFT-R090";
}

impl Counts {
    /// Rows that this run has to act on.
    pub fn to_send(&self) -> u64 {
        self.added + self.changed + self.removed - self.kept - self.held
    }

    /// Checks that every row is accounted for exactly once.
    ///
    /// # Errors
    /// [`Breach`] (OFT-R090) with the equation that does not hold.
    pub fn check(&self) -> Result<(), Breach> {
        let sums = [
            (
                "source_rows = unchanged + added + changed + invalid",
                self.source_rows,
                self.unchanged + self.added + self.changed + self.invalid,
            ),
            (
                "added + changed + removed = delivered + rejected + pending + kept + held",
                self.added + self.changed + self.removed,
                self.delivered + self.rejected + self.pending + self.kept + self.held,
            ),
        ];
        for (equation, left, right) in sums {
            if left != right {
                return Err(Breach { equation, left, right });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_not_accounted_for_is_a_breach() {
        let good = Counts {
            source_rows: 10,
            unchanged: 5,
            added: 2,
            changed: 2,
            removed: 4,
            invalid: 1,
            delivered: 3,
            rejected: 1,
            pending: 1,
            kept: 2,
            held: 1,
        };
        assert_eq!(good.check(), Ok(()));
        let lost = Counts { delivered: 2, ..good };
        assert!(lost.check().unwrap_err().to_string().contains("pending"));
        let unread = Counts { source_rows: 11, ..good };
        assert!(unread.check().is_err());
    }
}
