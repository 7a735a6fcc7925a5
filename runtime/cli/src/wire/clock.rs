//! The wall clock as the engine's port.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use offtake_core::ports::Clock;

/// The machine's time.
#[derive(Debug)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(0)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
