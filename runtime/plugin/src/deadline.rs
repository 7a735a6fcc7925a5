//! When the host ends a call: after the wall clock's limit, not counting the time in which its requests waited for their
//! turn at the way out. A connector cannot hurry a vendor's quota.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use offtake_core::ports::Waiting;
use tokio::time::{Instant, sleep_until};

use crate::host::unix_ms;
use crate::limits::WAIT_MAX;

/// The time limit of one call.
#[derive(Debug)]
pub(crate) struct Deadline {
    started: Instant,
    started_unix_ms: u64,
    wall: Duration,
    waits: Mutex<Waits>,
}

/// Times in which at least one request of the call waited.
#[derive(Debug, Default)]
struct Waits {
    requests: usize,
    since: Option<Instant>,
    total: Duration,
}

impl Deadline {
    pub(crate) fn new(wall: Duration) -> Self {
        Self { started: Instant::now(), started_unix_ms: unix_ms(), wall, waits: Mutex::default() }
    }

    /// For the guest, to which the host's time is one of the wall clock. It asks while none of its requests waits.
    pub(crate) fn unix_ms(&self) -> u64 {
        let lasts = self.wall + self.waits().total.min(WAIT_MAX);
        self.started_unix_ms.saturating_add(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX))
    }

    /// What the call came to, or none where its time was up first.
    pub(crate) async fn keep<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let mut call = pin!(call);
        let mut alarm = pin!(sleep_until(self.at()));
        poll_fn(|context| {
            if let Poll::Ready(value) = call.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            // The call's requests are part of the call, so this is the only place where the deadline can have moved.
            let at = self.at();
            if alarm.deadline() != at {
                alarm.as_mut().reset(at);
            }
            alarm.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Why a call was ended, for a person.
    pub(crate) fn missed(&self) -> String {
        let (wall, waited) = (self.wall.as_secs(), self.waits().total.as_secs());
        match waited {
            0 => format!("the call took longer than {wall} s"),
            _ => format!(
                "the call took longer than {wall} s, beside {waited} s in which its requests waited for their turn"
            ),
        }
    }

    /// While a request waits, the deadline moves with the time: it is reached only where all waits together are too long.
    fn at(&self) -> Instant {
        let waits = self.waits();
        let waited = if waits.since.is_some() { WAIT_MAX } else { waits.total.min(WAIT_MAX) };
        self.started + self.wall + waited
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting for Deadline {
    fn begins(&self) {
        let mut waits = self.waits();
        waits.requests += 1;
        waits.since.get_or_insert_with(Instant::now);
    }

    fn ends(&self) {
        let mut waits = self.waits();
        waits.requests = waits.requests.saturating_sub(1);
        if waits.requests == 0
            && let Some(since) = waits.since.take()
        {
            waits.total += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Duration = Duration::from_secs(10);

    async fn wait(deadline: &Deadline, seconds: u64) {
        deadline.begins();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        deadline.ends();
    }

    async fn work(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Seconds after which the call ended, and whether it came to its own end.
    async fn ended(call: impl AsyncFnOnce(&Deadline)) -> (u64, bool) {
        let deadline = Deadline::new(WALL);
        let started = Instant::now();
        let value = deadline.keep(call(&deadline)).await;
        (started.elapsed().as_secs(), value.is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn work_counts_and_waits_do_not() {
        assert_eq!(ended(async |_| work(9).await).await, (9, true));
        assert_eq!(ended(async |_| work(11).await).await, (10, false));
        let waits_first = async |deadline: &Deadline| {
            wait(deadline, 100).await;
            work(9).await;
        };
        assert_eq!(ended(waits_first).await, (109, true));
        let works_too_long = async |deadline: &Deadline| {
            work(6).await;
            wait(deadline, 100).await;
            work(6).await;
        };
        assert_eq!(ended(works_too_long).await, (110, false));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_wait_together_are_counted_once() {
        let together = async |deadline: &Deadline| {
            let late = async {
                work(1).await;
                wait(deadline, 5).await;
            };
            tokio::join!(wait(deadline, 4), wait(deadline, 4), late);
            work(100).await;
        };
        assert_eq!(ended(together).await, (16, false));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_have_an_end_too() {
        let max = WAIT_MAX.as_secs();
        let for_ever = async |deadline: &Deadline| wait(deadline, 10 * max).await;
        assert_eq!(ended(for_ever).await, (max + 10, false));
        let again_and_again = async |deadline: &Deadline| {
            loop {
                wait(deadline, max / 4).await;
                work(1).await;
            }
        };
        assert_eq!(ended(again_and_again).await, (max + 10, false));
    }

    #[tokio::test(start_paused = true)]
    async fn the_guest_is_told_the_moved_deadline() {
        let deadline = Deadline::new(WALL);
        let before = deadline.unix_ms();
        wait(&deadline, 7).await;
        assert_eq!(deadline.unix_ms() - before, 7_000);
        wait(&deadline, 2 * WAIT_MAX.as_secs()).await;
        assert_eq!(Duration::from_millis(deadline.unix_ms() - before), WAIT_MAX);
    }
}
