//! When the next tick is due.

use std::time::{Duration, Instant};

/// How many ticks a room that fell behind makes up for, one right after the other; the rest is skipped.
const CATCH_UP_MAX: u64 = 5;

/// A deadline clock: tick `n` is due at `start + n / rate`, so that lateness never adds up.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineClock {
    start: Instant,
    tick_rate: u64,
    /// How many ticks have been due since the start, skipped ones included.
    ticks: u64,
}

impl DeadlineClock {
    /// The first tick is due one period after `start`.
    #[must_use]
    pub fn new(start: Instant, tick_rate: u16) -> Self {
        Self { start, tick_rate: tick_rate.into(), ticks: 0 }
    }

    /// Counts a tick, and says how long it is until the next, and how many had to be skipped because the clock was too far
    /// behind.
    pub fn advance(&mut self, now: Instant) -> (Duration, u64) {
        self.ticks += 1;
        let due = self.ticks_at(now);
        let skipped = due.saturating_sub(self.ticks + CATCH_UP_MAX);
        self.ticks += skipped;
        (self.until_next(now), skipped)
    }

    /// How long it is until the next tick: nothing if it is overdue.
    #[must_use]
    pub fn until_next(&self, now: Instant) -> Duration {
        self.due().saturating_duration_since(now)
    }

    /// How long ago the next tick was due: nothing if it is not.
    #[must_use]
    pub fn lateness(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.due())
    }

    fn due(&self) -> Instant {
        let nanos = u128::from(self.ticks + 1) * 1_000_000_000 / u128::from(self.tick_rate);
        self.start + Duration::from_nanos(u64::try_from(nanos).expect("fits for 584 years"))
    }

    fn ticks_at(&self, now: Instant) -> u64 {
        let nanos = now.saturating_duration_since(self.start).as_nanos() * u128::from(self.tick_rate);
        u64::try_from(nanos / 1_000_000_000).expect("fits for 584 years")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn lateness_does_not_add_up() {
        let start = Instant::now();
        let mut clock = DeadlineClock::new(start, 20);
        assert_eq!(clock.until_next(start), Duration::from_millis(50));
        assert_eq!((clock.lateness(start), clock.lateness(at(start, 57))), (Duration::ZERO, Duration::from_millis(7)));
        assert_eq!(clock.advance(at(start, 57)), (Duration::from_millis(43), 0));
        assert_eq!(clock.advance(at(start, 103)), (Duration::from_millis(47), 0));
    }

    #[test]
    fn a_short_stall_is_made_up_for() {
        let start = Instant::now();
        let mut clock = DeadlineClock::new(start, 20);
        for _ in 0..4 {
            assert_eq!(clock.advance(at(start, 250)), (Duration::ZERO, 0));
        }
        assert_eq!(clock.advance(at(start, 250)), (Duration::from_millis(50), 0));
    }

    #[test]
    fn a_long_stall_is_skipped() {
        let start = Instant::now();
        let mut clock = DeadlineClock::new(start, 20);
        assert_eq!(clock.advance(at(start, 10_000)), (Duration::ZERO, 194));
        for _ in 0..4 {
            assert_eq!(clock.advance(at(start, 10_000)).1, 0);
        }
        assert_eq!(clock.advance(at(start, 10_000)), (Duration::from_millis(50), 0));
    }
}
