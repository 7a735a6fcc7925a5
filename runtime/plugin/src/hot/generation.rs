//! One connector in the succession of those that a connection has had.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use offtake_core::ports::Destination;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::Bound;

/// A connector, and how it has done so far.
pub(super) struct Generation {
    bound: Arc<Bound>,
    number: u64,
    /// The last one that is known to be good, while this one is on probation.
    before: Mutex<Option<Arc<Generation>>>,
    done: AtomicU32,
    broken: AtomicU32,
    /// When the calls that still run have to end; none while it is current.
    ends: watch::Sender<Option<Instant>>,
}

impl Generation {
    pub(super) fn new(bound: Arc<Bound>, number: u64, before: Option<Arc<Self>>) -> Self {
        Self {
            bound,
            number,
            before: Mutex::new(before),
            done: AtomicU32::new(0),
            broken: AtomicU32::new(0),
            ends: watch::Sender::new(None),
        }
    }

    pub(super) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// The same connector for another generation.
    pub(super) fn bound_again(&self) -> Arc<Bound> {
        self.bound.clone()
    }

    pub(super) fn digest(&self) -> String {
        self.bound.connector_digest()
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// What takes over when this one breaks; none once it has proved itself.
    pub(super) fn before(&self) -> Option<Arc<Self>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call went well; after so many of them the one before is let go.
    pub(super) fn did(&self, probation: u32) {
        if self.done.fetch_add(1, Ordering::Relaxed) + 1 == probation {
            *self.before.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// A call broke. Returns how many have.
    pub(super) fn broke(&self) -> u32 {
        self.broken.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Gives the calls that still run so much time.
    pub(super) fn retire(&self, drain: Duration) {
        self.ends.send_replace(Some(Instant::now() + drain));
    }

    /// Returns when the time of this generation is over.
    pub(super) async fn drained(&self) {
        let mut ends = self.ends.subscribe();
        let at = match ends.wait_for(Option::is_some).await {
            Ok(at) => *at,
            Err(_) => None,
        };
        match at {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
