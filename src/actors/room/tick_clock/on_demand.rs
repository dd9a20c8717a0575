//! The schedule of the ticks of a room with pace on demand.

use std::time::Duration;

use tickcast_protocol::Pace;
use tokio::time::Instant;

/// Ticks of idle rooms are aligned to multiples of this time since the epoch. Rooms thus share the wake-ups of their threads
/// and of the workers, which cost more than a tick of an idle room.
const IDLE_GRID: Duration = Duration::from_millis(250);
const _: () = assert!(IDLE_GRID.as_millis() < Pace::IDLE_INTERVAL.as_millis(), "idle rooms tick on this grid");

/// The schedule of the ticks of a room with pace on demand. The room ticks when a tick is requested, but at most once per
/// period of its tick rate. If no tick is requested, the room ticks at a point of a grid: the last point that is at most
/// [`Pace::IDLE_INTERVAL`] after its last tick.
#[derive(Clone, Copy, Debug)]
pub(in crate::actors) struct OnDemandClock {
    epoch: Instant,
    period: Duration,
    /// The next tick is not due before this time.
    earliest: Instant,
    /// The next tick is due at this time if no tick is requested.
    idle_due: Instant,
    /// Time of the first request for a tick since the last tick.
    requested: Option<Instant>,
}

impl OnDemandClock {
    /// Creates a schedule whose first tick may be requested at once.
    pub(super) fn new(epoch: Instant, start: Instant, tick_rate: u16) -> Self {
        let period = Duration::from_secs(1) / u32::from(tick_rate);
        let mut clock = Self { epoch, period, earliest: start, idle_due: start, requested: None };
        clock.idle_due = clock.idle_after(start);
        clock
    }

    /// Requests a tick. Returns whether the next tick is due earlier than before.
    pub(super) fn request(&mut self, now: Instant) -> bool {
        let is_first = self.requested.is_none();
        self.requested.get_or_insert(now);
        is_first
    }

    /// Records that a tick has run.
    pub(super) fn advance(&mut self, now: Instant) {
        self.earliest = now + self.period;
        self.idle_due = self.idle_after(now);
        self.requested = None;
    }

    /// The time at which the next tick is due.
    pub(super) fn due(&self) -> Instant {
        self.requested.map_or(self.idle_due, |requested| requested.max(self.earliest).min(self.idle_due))
    }

    /// The time at which the tick after one at `last` is due if no tick is requested.
    pub(super) fn idle_after(&self, last: Instant) -> Instant {
        let since_epoch = (last + Pace::IDLE_INTERVAL).saturating_duration_since(self.epoch);
        let points = since_epoch.as_nanos() / IDLE_GRID.as_nanos();
        self.epoch + IDLE_GRID * u32::try_from(points).expect("a server runs for less than 34 years")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The clock of a room that has ticked this long after the epoch, at 20 ticks per second.
    fn clock(epoch: Instant, last_ms: u64) -> OnDemandClock {
        let mut clock = OnDemandClock::new(epoch, epoch, 20);
        clock.advance(epoch + ms(last_ms));
        clock
    }

    #[test]
    fn an_idle_room_ticks_once_per_second_with_other_rooms() {
        let epoch = Instant::now();
        for (last_ms, due_ms) in [(0, 1_000), (249, 1_000), (250, 1_250), (1_999, 2_750), (2_000, 3_000), (3_002, 4_000)] {
            assert_eq!(clock(epoch, last_ms).due(), epoch + ms(due_ms), "{last_ms}");
        }
    }

    #[test]
    fn a_requested_tick_is_due_at_once_unless_the_last_one_was_less_than_a_period_ago() {
        let epoch = Instant::now();
        for (requested_ms, due_ms) in [(101, 150), (150, 150), (700, 700)] {
            let mut clock = clock(epoch, 100);
            assert!(clock.request(epoch + ms(requested_ms)));
            assert!(!clock.request(epoch + ms(requested_ms + 10)), "the tick is requested already");
            assert_eq!(clock.due(), epoch + ms(due_ms), "{requested_ms}");
        }
    }

    #[test]
    fn the_first_tick_of_a_room_may_be_requested_at_once() {
        let epoch = Instant::now();
        let mut clock = OnDemandClock::new(epoch, epoch + ms(333), 20);
        assert!(clock.request(epoch + ms(333)));
        assert_eq!(clock.due(), epoch + ms(333));
    }
}
