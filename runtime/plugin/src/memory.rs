//! Memory of all guests that run at once: a call waits until what it may use is free.
//!
//! A guest is charged with what it may use rather than with what it uses, so that no call waits while it holds something. One
//! connector gets half of it at most: where its calls all wait for a slow vendor, the calls of others go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Semaphore, SemaphorePermit};

/// A budget, a permit for each MiB.
#[derive(Debug)]
pub(crate) struct Memory {
    all: Semaphore,
    mib: u32,
    by_connector: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// What one connector may take of it.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    memory: Arc<Memory>,
    own: Arc<Semaphore>,
}

/// Memory of one call, which goes back when this goes.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    _own: SemaphorePermit<'a>,
    _all: SemaphorePermit<'a>,
}

impl Memory {
    pub(crate) fn new(mib: u32) -> Arc<Self> {
        let mib = mib.max(1);
        Arc::new(Self { all: Semaphore::new(mib as usize), mib, by_connector: Mutex::default() })
    }

    /// The share of the connector with this digest; the same for all of its connections.
    pub(crate) fn share(self: &Arc<Self>, digest: &str) -> Share {
        let mut known = self.by_connector.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, share| share.strong_count() > 0);
        let own = known.get(digest).and_then(Weak::upgrade);
        let own = own.unwrap_or_else(|| Arc::new(Semaphore::new(self.half() as usize)));
        known.insert(digest.to_owned(), Arc::downgrade(&own));
        Share { memory: self.clone(), own }
    }

    fn half(&self) -> u32 {
        (self.mib / 2).max(1)
    }
}

impl Share {
    /// Waits for so much, or for all that there is; none where the host ends.
    pub(crate) async fn take(&self, mib: u32) -> Option<Taken<'_>> {
        // Always in this order, so that nobody waits for a permit that waits for him.
        let own = self.own.acquire_many(mib.min(self.memory.half())).await.ok()?;
        let all = self.memory.all.acquire_many(mib.min(self.memory.mib)).await.ok()?;
        Some(Taken { _own: own, _all: all })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_connector_gets_half_and_its_connections_share_it() {
        let memory = Memory::new(100);
        let [one, same, other] = ["a", "a", "b"].map(|digest| memory.share(digest));
        let first = one.take(30).await;
        assert!(same.take(30).now_or_never().is_none(), "30 of 50 are taken");
        let second = other.take(50).await;
        assert!(first.is_some() && second.is_some());
        assert!(one.take(20).now_or_never().is_some(), "20 of 50 are left, and 20 of 100");
        drop(first);
        assert!(same.take(50).now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_wants_more_than_there_is_runs_alone() {
        let memory = Memory::new(10);
        let [one, other] = ["a", "b"].map(|digest| memory.share(digest));
        let taken = one.take(256).await;
        assert!(taken.is_some());
        assert!(other.take(1).now_or_never().is_none());
        drop(taken);
        assert!(other.take(1).now_or_never().is_some());
        assert!(Memory::new(0).share("a").take(7).now_or_never().is_some());
    }
}
