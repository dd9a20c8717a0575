//! The schedule of a room's ticks.

mod on_demand;

use std::time::Duration;

use tickcast_protocol::{GameProtocol, Pace};
use tokio::time::Instant;

use on_demand::OnDemandClock;

/// Maximum number of overdue ticks that a late room runs back to back. Further ticks are skipped.
const CATCH_UP_MAX: u64 = 5;

/// The schedule of a room's ticks, depending on the pace of its game.
#[derive(Clone, Copy, Debug)]
pub(super) enum RoomClock {
    Steady(TickClock),
    OnDemand(OnDemandClock),
}

impl RoomClock {
    /// The schedule of a room that begins to tick.
    pub(super) fn new<G: GameProtocol>(epoch: Instant, start: Instant, tick_rate: u16) -> Self {
        match G::PACE {
            Pace::Steady => Self::Steady(TickClock::new(epoch, start, tick_rate)),
            Pace::OnDemand => Self::OnDemand(OnDemandClock::new(epoch, start, tick_rate)),
        }
    }

    /// Requests a tick. Returns whether the next tick is due earlier than before: never in a steady room.
    pub(super) fn request(&mut self, now: Instant) -> bool {
        match self {
            Self::Steady(_) => false,
            Self::OnDemand(clock) => clock.request(now),
        }
    }

    /// Records that a tick has run. Returns the number of ticks that are skipped because the room is too late.
    pub(super) fn advance(&mut self, now: Instant) -> u64 {
        match self {
            Self::Steady(clock) => clock.advance(now).1,
            Self::OnDemand(clock) => {
                clock.advance(now);
                0
            }
        }
    }

    /// The time until the next tick; zero if it is overdue.
    pub(super) fn until_next(&self, now: Instant) -> Duration {
        self.due().saturating_duration_since(now)
    }

    /// How long the next tick has been overdue; zero if it is not.
    pub(super) fn lateness(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.due())
    }

    /// The time at which the first tick after `now` is due if no tick is requested.
    pub(super) fn next_after(&self, now: Instant) -> Instant {
        match self {
            Self::Steady(clock) => clock.next_after(now),
            Self::OnDemand(clock) => clock.idle_after(now),
        }
    }

    fn due(&self) -> Instant {
        match self {
            Self::Steady(clock) => clock.due(),
            Self::OnDemand(clock) => clock.due(),
        }
    }
}

/// The schedule of the ticks of a steady room, or of a replay. Tick `n` is due at `epoch + n / rate`, so lateness does not
/// accumulate, and rooms with the same epoch and rate tick together.
#[derive(Clone, Copy, Debug)]
pub(in crate::actors) struct TickClock {
    epoch: Instant,
    tick_rate: u64,
    /// Number of past ticks since the epoch: the ticks that were due before the start, and the ticks that were run or
    /// skipped after the start.
    ticks: u64,
}

impl TickClock {
    /// Creates a schedule whose first tick is due within one period after `start`.
    #[must_use]
    pub(in crate::actors) fn new(epoch: Instant, start: Instant, tick_rate: u16) -> Self {
        let mut clock = Self { epoch, tick_rate: tick_rate.into(), ticks: 0 };
        clock.ticks = clock.ticks_at(start);
        clock
    }

    /// Records that a tick has run. Returns the time until the next tick, and the number of ticks that are skipped because
    /// the room is too late.
    pub(in crate::actors) fn advance(&mut self, now: Instant) -> (Duration, u64) {
        self.ticks += 1;
        let due = self.ticks_at(now);
        let skipped = due.saturating_sub(self.ticks + CATCH_UP_MAX);
        self.ticks += skipped;
        (self.until_next(now), skipped)
    }

    /// The time until the next tick; zero if it is overdue.
    #[must_use]
    fn until_next(&self, now: Instant) -> Duration {
        self.due().saturating_duration_since(now)
    }

    /// The time at which the first tick after `now` is due.
    #[must_use]
    pub(in crate::actors) fn next_after(&self, now: Instant) -> Instant {
        self.due_at(self.ticks_at(now) + 1)
    }

    fn due(&self) -> Instant {
        self.due_at(self.ticks + 1)
    }

    fn due_at(&self, tick: u64) -> Instant {
        let nanos = u128::from(tick) * 1_000_000_000 / u128::from(self.tick_rate);
        self.epoch + Duration::from_nanos(u64::try_from(nanos).expect("584 years fit"))
    }

    fn ticks_at(&self, now: Instant) -> u64 {
        let nanos = now.saturating_duration_since(self.epoch).as_nanos() * u128::from(self.tick_rate);
        u64::try_from(nanos / 1_000_000_000).expect("584 years fit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn lateness_does_not_accumulate() {
        let start = Instant::now();
        let mut clock = TickClock::new(start, start, 20);
        assert_eq!(clock.until_next(start), Duration::from_millis(50));
        let lateness = |ms| RoomClock::Steady(clock).lateness(at(start, ms));
        assert_eq!((lateness(0), lateness(57)), (Duration::ZERO, Duration::from_millis(7)));
        assert_eq!(clock.advance(at(start, 57)), (Duration::from_millis(43), 0));
        assert_eq!(clock.advance(at(start, 103)), (Duration::from_millis(47), 0));
    }

    #[test]
    fn a_short_stall_is_caught_up() {
        let start = Instant::now();
        let mut clock = TickClock::new(start, start, 20);
        for _ in 0..4 {
            assert_eq!(clock.advance(at(start, 250)), (Duration::ZERO, 0));
        }
        assert_eq!(clock.advance(at(start, 250)), (Duration::from_millis(50), 0));
    }

    #[test]
    fn the_ticks_of_a_long_stall_are_skipped() {
        let start = Instant::now();
        let mut clock = TickClock::new(start, start, 20);
        assert_eq!(clock.advance(at(start, 10_000)), (Duration::ZERO, 194));
        for _ in 0..4 {
            assert_eq!(clock.advance(at(start, 10_000)).1, 0);
        }
        assert_eq!(clock.advance(at(start, 10_000)), (Duration::from_millis(50), 0));
    }

    #[test]
    fn rooms_with_the_same_rate_tick_together() {
        let epoch = Instant::now();
        for start_ms in [0, 1, 49, 1_020] {
            let clock = TickClock::new(epoch, at(epoch, start_ms), 20);
            assert_eq!(clock.until_next(at(epoch, start_ms)), Duration::from_millis(50 - start_ms % 50));
        }
    }
}
