//! What a run tells while it goes on.

use std::time::Duration;

use offtake_core::counts::Counts;
use offtake_core::run::Recovered;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An earlier run left rows whose outcome it did not learn; they go first.
    Recovering(Recovered),
    /// The source is being read.
    Reading,
    /// The source was read and compared.
    Compared {
        /// What was found; nothing is delivered yet.
        counts: Counts,
    },
    /// Rows were settled and that is on disk.
    Settled {
        /// Rows acknowledged so far.
        delivered: u64,
        /// Rows refused so far.
        rejected: u64,
        /// Rows to settle in all.
        of: u64,
    },
    /// A batch waits before it is sent again.
    Waiting {
        /// How long.
        delay: Duration,
        /// Stable code of the failure.
        code: &'static str,
        /// The destination's words.
        message: String,
    },
    /// The run was told to stop and waits for the calls that are under way.
    Stopping,
}

/// Is told what happens. It must return at once.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn on(&self, event: Event);
}
