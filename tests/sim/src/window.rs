//! Counts requests in a sliding window of time.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The requests of the last so long.
pub(crate) struct Window {
    span: Duration,
    hits: VecDeque<Instant>,
}

impl Window {
    pub(crate) fn new(span: Duration) -> Self {
        Self { span, hits: VecDeque::new() }
    }

    /// How many requests the window holds now.
    pub(crate) fn count(&mut self, now: Instant) -> u32 {
        while self.hits.front().is_some_and(|at| now.duration_since(*at) >= self.span) {
            self.hits.pop_front();
        }
        u32::try_from(self.hits.len()).unwrap_or(u32::MAX)
    }

    /// Counts one.
    pub(crate) fn hit(&mut self, now: Instant) {
        self.hits.push_back(now);
    }

    /// How long it takes until the oldest request has left the window; nothing when it is empty.
    pub(crate) fn frees_in(&self, now: Instant) -> Duration {
        let oldest = self.hits.front();
        oldest.map(|at| (*at + self.span).saturating_duration_since(now)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_leaves_the_window_after_its_span() {
        let (mut window, start) = (Window::new(Duration::from_secs(10)), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        window.hit(at(0));
        window.hit(at(4));
        assert_eq!((window.count(at(9)), window.frees_in(at(9))), (2, Duration::from_secs(1)));
        assert_eq!((window.count(at(10)), window.frees_in(at(10))), (1, Duration::from_secs(4)));
        assert_eq!((window.count(at(20)), window.frees_in(at(20))), (0, Duration::ZERO));
    }
}
