//! Event coalescing: under load, a worker's thread parks briefly before it waits for events, and then handles together
//! everything that has arrived. This saves CPU time, because waking a thread costs more than handling an input. It does not
//! delay the game, because an input takes effect only at a tick. Network drivers moderate interrupts for the same reason.

use std::time::Duration;

use tokio::time::Instant;

/// Maximum time for which the thread parks, and thus the maximum delay of an input. A longer time would save little more
/// CPU time.
const PARK_TIME_MAX: Duration = Duration::from_millis(2);
/// Parking ends this long before a room's next tick, so that the tick includes the inputs that have arrived while the
/// thread was parked.
const BEFORE_TICK: Duration = Duration::from_micros(500);
/// The thread parks only if, on average, at least this many events arrive per `PARK_TIME_MAX`. 50 clients that send 20
/// inputs per second reach this rate. At lower rates, parking would save few wake-ups, and the thread is nearly idle
/// anyway.
const EVENTS_MIN: u32 = 2;
/// Time over which the rate of events is measured. Clients send messages in response to snapshots, so the rate varies
/// between two ticks. The window therefore contains several ticks.
const WINDOW: Duration = Duration::from_millis(200);

/// Decides when a worker's thread parks.
#[derive(Debug)]
pub(super) struct Pacing {
    window_start: Instant,
    /// Number of events since the start of the window.
    events: u32,
    /// Whether the rate of events was high in the previous window.
    is_busy: bool,
    /// The time at which the next tick is expected.
    next_tick_at: Option<Instant>,
}

impl Pacing {
    pub(super) const fn new(now: Instant) -> Self {
        Self { window_start: now, events: 0, is_busy: false, next_tick_at: None }
    }

    /// Counts an event. Returns whether the thread should park once it has handled everything that is ready.
    pub(super) fn handle_event(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.window_start);
        if elapsed >= WINDOW {
            self.is_busy = PARK_TIME_MAX * self.events >= elapsed * EVENTS_MIN;
            (self.window_start, self.events) = (now, 0);
        }
        self.events += 1;
        self.is_busy
    }

    /// Records the time at which the next tick of a room is due.
    pub(super) const fn handle_tick(&mut self, next_tick_at: Instant) {
        self.next_tick_at = Some(next_tick_at);
    }

    /// Time for which the thread may park now; `None` shortly before a tick.
    pub(super) fn park_time(&self, now: Instant) -> Option<Duration> {
        let until_tick = self.next_tick_at.and_then(|tick| tick.checked_duration_since(now));
        let time = until_tick.map_or(PARK_TIME_MAX, |until| until.saturating_sub(BEFORE_TICK).min(PARK_TIME_MAX));
        (!time.is_zero()).then_some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, us: u64) -> Instant {
        start + Duration::from_micros(us)
    }

    /// Passes events at regular intervals to `pacing`, and returns whether the thread parks after the last one.
    fn is_busy_after(pacing: &mut Pacing, start: Instant, interval_us: u64, events: u64) -> bool {
        (0..events).map(|event| pacing.handle_event(at(start, event * interval_us))).last().unwrap_or(false)
    }

    #[test]
    fn a_nearly_idle_thread_does_not_park() {
        let start = Instant::now();
        // One player at 60 inputs per second, and 45 players at 20.
        for interval_us in [16_667, 1_111] {
            assert!(!is_busy_after(&mut Pacing::new(start), start, interval_us, 1_000), "{interval_us}");
        }
    }

    #[test]
    fn a_loaded_thread_parks() {
        let start = Instant::now();
        // 100 and 5,000 players at 20 inputs per second.
        for interval_us in [500, 10] {
            assert!(is_busy_after(&mut Pacing::new(start), start, interval_us, 100_000), "{interval_us}");
        }
    }

    #[test]
    fn a_short_burst_has_no_effect() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        assert!(!is_busy_after(&mut pacing, start, 10, 100));
        assert!(!is_busy_after(&mut pacing, at(start, 1_000_000), 10, 100), "the thread was idle in between");
    }

    #[test]
    fn parking_ends_soon_after_the_load() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        assert!(is_busy_after(&mut pacing, start, 100, 10_000));
        assert!(!is_busy_after(&mut pacing, at(start, 1_000_000), 16_667, 30));
    }

    #[test]
    fn parking_ends_shortly_before_a_tick() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        assert_eq!(pacing.park_time(start), Some(PARK_TIME_MAX));
        let tick = at(start, 10_000);
        pacing.handle_tick(tick);
        assert_eq!(pacing.park_time(start), Some(PARK_TIME_MAX));
        assert_eq!(pacing.park_time(tick - Duration::from_millis(1)), Some(Duration::from_millis(1) - BEFORE_TICK));
        assert_eq!(pacing.park_time(tick - BEFORE_TICK), None);
        assert_eq!(
            pacing.park_time(tick + Duration::from_millis(1)),
            Some(PARK_TIME_MAX),
            "the next tick is not known yet"
        );
    }
}
