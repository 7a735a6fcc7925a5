//! Chance, time and death.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use offtake_core::ports::Clock;
use offtake_engine::Stop;
use tokio::sync::Notify;

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing fails.
    Clear,
    /// Anything may.
    Storm,
}

/// Everything that is left to chance.
pub struct World {
    random: Mutex<fastrand::Rng>,
    storm: AtomicBool,
    /// Awaits until the process dies; 0 when it does not.
    awaits_left: AtomicU64,
    death: Notify,
    /// Of the run that is going on: a person may lose patience with it.
    stop: Mutex<Stop>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            storm: AtomicBool::new(false),
            awaits_left: AtomicU64::new(0),
            death: Notify::new(),
            stop: Mutex::default(),
        }
    }

    /// What the next run is given to be stopped by.
    pub fn patience(&self) -> Stop {
        let stop = Stop::default();
        *self.stop.lock().unwrap() = stop.clone();
        stop
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&self, end: usize) -> usize {
        self.random.lock().unwrap().usize(0..end)
    }

    /// Sets what may happen to the next run, its death included.
    pub fn set(&self, weather: Weather) {
        self.storm.store(weather == Weather::Storm, Ordering::Relaxed);
        let dies = weather == Weather::Storm && self.below(3) > 0;
        self.awaits_left.store(if dies { 1 + self.below(120) as u64 } else { 0 }, Ordering::Relaxed);
    }

    /// Whether something with these odds goes wrong now.
    pub fn mishap(&self, one_in: usize) -> bool {
        self.storm.load(Ordering::Relaxed) && self.below(one_in) == 0
    }

    /// A moment at which the process may die: then nothing after it happens.
    pub async fn moment(&self) {
        tokio::task::yield_now().await;
        if self.mishap(300) {
            self.stop.lock().unwrap().ask();
        }
        let left = self.awaits_left.load(Ordering::Relaxed);
        if left > 0 {
            self.awaits_left.store(left - 1, Ordering::Relaxed);
            if left == 1 {
                self.death.notify_one();
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns when the process dies.
    pub async fn death(&self) {
        self.death.notified().await;
    }
}

/// Time that passes when everybody waits.
pub struct Timer;

#[async_trait]
impl Clock for Timer {
    fn now_ms(&self) -> u64 {
        // The paused clock starts where the real one was; differences are all that counts.
        u64::try_from(tokio::time::Instant::now().duration_since(origin()).as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

fn origin() -> tokio::time::Instant {
    static ORIGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    tokio::time::Instant::from_std(*ORIGIN.get_or_init(std::time::Instant::now))
}
