//! How a run is told to stop, and why one stopped.

use std::sync::Arc;
use std::time::Duration;

use offtake_core::destination::Failure;
use offtake_core::run::{RunError, RunRecord, Status};
use tokio::sync::watch;

/// Tells runs to stop. They finish the calls that are under way, commit, and leave the rest to the next run.
#[derive(Debug, Clone)]
pub struct Stop {
    asked: Arc<watch::Sender<bool>>,
}

/// Why a run ended before every row was settled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stopped {
    /// The destination's answer says that nothing more will succeed.
    Refused(Failure),
    /// Its quota is used up for longer than a run waits.
    Throttled(Failure),
    /// It failed batch after batch.
    CircuitOpen(Failure),
    /// A person or the system asked for it.
    Asked,
}

// === impl Stop ===

impl Default for Stop {
    fn default() -> Self {
        Self { asked: Arc::new(watch::Sender::new(false)) }
    }
}

impl Stop {
    /// Asks all runs that have this handle to stop.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns when it is asked for.
    pub async fn asked(&self) {
        let mut asked = self.asked.subscribe();
        // The sender is in `self`, so the channel cannot close before.
        let _closed = asked.wait_for(|asked| *asked).await;
    }
}

// === impl Stopped ===

impl Stopped {
    /// Writes it into the run's record.
    pub(crate) fn write_down(self, record: &mut RunRecord, now_ms: u64) {
        record.status = match &self {
            Self::Refused(Failure::Auth(_) | Failure::Forbidden(_)) => Status::Paused,
            Self::Refused(_) | Self::CircuitOpen(_) => Status::Failed,
            Self::Throttled(_) => Status::Incomplete,
            Self::Asked => Status::Interrupted,
        };
        if let Self::Throttled(Failure::RateLimited { retry_after: Some(wait), .. }) = &self {
            record.resume_at_ms = Some(now_ms.saturating_add(millis(*wait)));
        }
        record.error = match self {
            Self::Refused(failure) | Self::Throttled(failure) => Some(error(&failure)),
            Self::CircuitOpen(failure) => {
                let RunError { code, message, help } = error(&failure);
                let message = format!("the destination failed batch after batch, the last time with {code}: {message}");
                Some(RunError { code: "OFT-E106".to_owned(), message, help })
            }
            Self::Asked => None,
        };
    }
}

/// A failure as a run's record tells it.
pub(crate) fn error(failure: &Failure) -> RunError {
    let message = failure.detail().message.clone();
    RunError { code: failure.code().to_owned(), message, help: Some(failure.help().to_owned()) }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
