//! How fast requests may follow each other after the destination said that they came too fast: half as fast at once,
//! and slowly faster again. Rates that a vendor declares are not always the ones that it keeps.

use std::collections::VecDeque;
use std::time::Duration;

use offtake_core::backoff::RETRY_AFTER_MAX;
use tokio::time::Instant;

/// No pause is longer, whatever the destination asks for: the engine leaves rows for a later run rather than wait longer
/// than this, and a mistaken answer must not shut out every sync of the credential for a day.
pub(crate) const PAUSE_MAX: Duration = RETRY_AFTER_MAX;
/// Part of the full speed below which nothing is slowed down: a sync that stands still does not find out that it may go on.
const SPEED_MIN: f64 = 1.0 / 64.0;
/// Part of the full speed that is regained in a minute.
const RECOVERY: f64 = 0.1;
/// Distances from which the full speed is taken where no rate is declared.
const DISTANCES_MAX: usize = 50;
/// A longer distance counts as this: the hour between two runs says nothing about the pace within them.
const DISTANCE_MAX: Duration = Duration::from_secs(1);
/// A shorter one counts as this, which is what timers can tell apart.
const DISTANCE_MIN: Duration = Duration::from_millis(1);
/// Where the very first request was one too many: few vendors take less than ten a second.
const DISTANCE_UNKNOWN: Duration = Duration::from_millis(100);
/// A wait is reckoned anew after this time, because the speed grows meanwhile.
const RECKONED_EVERY: Duration = Duration::from_secs(1);

/// When the next request of one credential may leave.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    paused_until: Option<Instant>,
    last: Option<Instant>,
    /// Between requests that left at full speed.
    distances: VecDeque<Duration>,
    slowed: Option<Slowed>,
}

#[derive(Debug, Clone, Copy)]
struct Slowed {
    /// When the destination said so: requests that left before may still be refused for the same excess.
    at: Instant,
    speed: f64,
    /// The speed grows from here on.
    since: Instant,
    /// At full speed, as it was measured before.
    distance: Duration,
}

impl Pace {
    /// Lets nothing leave for so long. A pause that ends later stays as it is.
    pub(crate) fn pause(&mut self, now: Instant, wanted: Duration) {
        let until = now + wanted.min(PAUSE_MAX);
        self.paused_until = self.paused_until.max(Some(until));
        let speed = self.speed(now);
        if let Some(slowed) = &mut self.slowed {
            (slowed.speed, slowed.since) = (speed, slowed.since.max(now).max(until));
        }
    }

    /// Halves the speed because a request that left then was one too many. Those that were on the wire together are
    /// refused together, and that says no more than the first refusal did.
    pub(crate) fn slow_down(&mut self, now: Instant, left: Instant) {
        if self.slowed.is_some_and(|slowed| left <= slowed.at) {
            return;
        }
        let distance = self.slowed.map_or_else(|| self.mean_distance(), |slowed| slowed.distance);
        let speed = (self.speed(now) / 2.0).max(SPEED_MIN);
        // While nothing leaves, nothing shows that more is possible.
        let since = self.paused_until.map_or(now, |until| until.max(now));
        self.slowed = Some(Slowed { at: now, speed, since, distance });
    }

    /// When to ask again, or none where a request may leave now. `declared` is the distance that the vendor's rates ask
    /// for.
    pub(crate) fn wait_until(&self, now: Instant, declared: Option<Duration>) -> Option<Instant> {
        let paused = self.paused_until.filter(|until| *until > now);
        paused.or_else(|| {
            let distance = declared.unwrap_or(self.slowed?.distance).div_f64(self.speed(now));
            let left = distance.checked_sub(now.saturating_duration_since(self.last?))?;
            (!left.is_zero()).then(|| now + left.min(RECKONED_EVERY))
        })
    }

    /// A request leaves.
    pub(crate) fn leave(&mut self, now: Instant) {
        let before = self.last.replace(now);
        if self.slowed.is_some() && self.speed(now) < 1.0 {
            return;
        }
        self.slowed = None;
        if let Some(before) = before {
            self.distances.truncate(DISTANCES_MAX - 1);
            self.distances.push_front(now.saturating_duration_since(before).min(DISTANCE_MAX));
        }
    }

    /// Of the full speed.
    fn speed(&self, now: Instant) -> f64 {
        let grown = |slowed: Slowed| {
            let minutes = now.saturating_duration_since(slowed.since).as_secs_f64() / 60.0;
            RECOVERY.mul_add(minutes, slowed.speed).min(1.0)
        };
        self.slowed.map_or(1.0, grown)
    }

    fn mean_distance(&self) -> Duration {
        let count = u32::try_from(self.distances.len()).unwrap_or(u32::MAX);
        let mean = self.distances.iter().sum::<Duration>().checked_div(count);
        mean.map_or(DISTANCE_UNKNOWN, |mean| mean.max(DISTANCE_MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Lets a request leave as soon as it may, and says how long that took.
    fn leave(pace: &mut Pace, from: Instant, declared: Option<Duration>) -> Duration {
        let mut now = from;
        while let Some(until) = pace.wait_until(now, declared) {
            now = until;
        }
        pace.leave(now);
        now.duration_since(from)
    }

    #[test]
    fn each_refusal_halves_the_speed_down_to_a_floor() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        for part in [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 64.0, 64.0] {
            pace.leave(now);
            pace.slow_down(now + MS, now);
            now += 2 * MS;
            assert!((pace.speed(now) * part - 1.0).abs() < 0.01, "1/{part}: {}", pace.speed(now));
        }
    }

    #[test]
    fn a_tenth_of_the_speed_comes_back_in_a_minute_but_not_in_a_pause() {
        let (mut pace, started) = (Pace::default(), Instant::now());
        pace.leave(started);
        pace.pause(started, Duration::from_secs(300));
        pace.slow_down(started, started);
        pace.pause(started, Duration::from_secs(60));
        assert!((pace.speed(started + Duration::from_secs(300)) - 0.5).abs() < 1e-9);
        pace.pause(started, Duration::from_secs(600));
        let minute = Duration::from_secs(60);
        let cases = [(0, 0.5), (10, 0.5), (11, 0.6), (12, 0.7), (14, 0.9), (15, 1.0), (99, 1.0)];
        for (minutes, expected) in cases {
            let speed = pace.speed(started + minute * minutes);
            assert!((speed - expected).abs() < 1e-9, "{minutes} minutes: {speed}");
        }
        let later = started + minute * 12;
        pace.pause(later, minute);
        assert!((pace.speed(later + minute) - 0.7).abs() < 1e-9, "a later pause keeps what was regained");
        pace.leave(started + minute * 20);
        assert!(pace.slowed.is_none());
    }

    #[test]
    fn the_distance_is_the_declared_one_or_that_of_the_last_requests() {
        let ms = |ms: u64| Duration::from_millis(ms);
        // How many requests at which distance, the declared one, and that after a refusal.
        let cases = [
            (vec![(100, ms(7)), (50, ms(30))], None, ms(60)),
            (vec![(3, ms(30))], None, ms(60)),
            (vec![(50, ms(30))], Some(ms(200)), ms(400)),
            (vec![(50, Duration::ZERO)], None, ms(2)),
            (vec![(50, Duration::from_secs(3_600))], None, ms(2_000)),
            (vec![], None, ms(200)),
        ];
        for (history, declared, expected) in cases {
            let (mut pace, mut now) = (Pace::default(), Instant::now());
            for (count, distance) in &history {
                for _ in 0..*count {
                    pace.leave(now);
                    now += *distance;
                }
            }
            pace.leave(now);
            assert_eq!(pace.wait_until(now, declared), None, "nothing is slowed down without a refusal");
            pace.slow_down(now, now);
            for _ in 0..60 {
                let waited = leave(&mut pace, now, declared);
                assert!(waited <= expected && waited > expected * 2 / 3, "{history:?} {declared:?}: {waited:?}");
                now += waited;
            }
        }
    }
}
