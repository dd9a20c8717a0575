//! Overload detection for one thread.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Length of an observation window.
const WINDOW: Duration = Duration::from_secs(1);
/// A thread that has reported nothing for this long counts as idle, and therefore not as overloaded.
const STALE_AFTER: Duration = Duration::from_secs(3);

/// The load of one thread. Only this thread may call [`Load::report`]; any thread may call [`Load::is_overloaded`].
#[derive(Debug)]
pub struct Load {
    state: Mutex<State>,
    thread_cpu_time: fn() -> Duration,
}

#[derive(Debug, Default)]
struct State {
    window: Option<Window>,
    detector: Detector,
}

/// Sums of the reports since the start of the window.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: Instant,
    /// The thread's CPU time at the start.
    cpu_time: Duration,
    lateness: Duration,
    done: u32,
    skipped: u32,
}

impl Load {
    pub(super) fn new(thread_cpu_time: fn() -> Duration) -> Self {
        Self { state: Mutex::default(), thread_cpu_time }
    }

    /// Records that a tick, or the sending of a tick to clients, began `lateness` after it was due, and that `skipped`
    /// ticks were skipped. Must be called on the thread that this value describes.
    pub fn report(&self, lateness: Duration, skipped: u64, now: Instant) {
        let mut state = self.state();
        let window = state.window.get_or_insert_with(|| self.window(now));
        window.lateness += lateness;
        window.done += 1;
        window.skipped = window.skipped.saturating_add(skipped.try_into().unwrap_or(u32::MAX));
        let elapsed = now.saturating_duration_since(window.start);
        if elapsed < WINDOW {
            return;
        }
        let sample = window.finish((self.thread_cpu_time)(), elapsed);
        state.window = Some(self.window(now));
        if elapsed < STALE_AFTER {
            state.detector.observe(&sample);
        } else {
            state.detector = Detector::default();
        }
    }

    /// Whether the thread is overloaded.
    #[must_use]
    pub fn is_overloaded(&self, now: Instant) -> bool {
        let state = self.state();
        let is_current = state.window.is_some_and(|window| now.saturating_duration_since(window.start) < STALE_AFTER);
        is_current && state.detector.is_overloaded
    }

    fn window(&self, start: Instant) -> Window {
        Window { start, cpu_time: (self.thread_cpu_time)(), lateness: Duration::ZERO, done: 0, skipped: 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn finish(&self, cpu_time: Duration, elapsed: Duration) -> Sample {
        let busy = cpu_time.saturating_sub(self.cpu_time);
        Sample {
            busy: busy.as_secs_f64() / elapsed.as_secs_f64(),
            lateness: self.lateness / self.done.max(1),
            skipped: f64::from(self.skipped) / (f64::from(self.skipped) + f64::from(self.done)).max(1.0),
        }
    }
}

/// Measurements of one window.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Fraction of the window in which the thread used a CPU.
    busy: f64,
    /// Mean lateness.
    lateness: Duration,
    /// Fraction of the ticks that were skipped.
    skipped: f64,
}

/// Thresholds of overload. If any value reaches its threshold, more players would degrade the game for the present players.
const OVERLOADED: Sample = Sample { busy: 0.9, lateness: Duration::from_millis(50), skipped: 0.1 };
/// Thresholds of recovery. If all values are below these thresholds, the thread has capacity again. The thresholds are
/// lower than those of [`OVERLOADED`], so that the state does not change back and forth (hysteresis).
const RECOVERED: Sample = Sample { busy: 0.8, lateness: Duration::from_millis(20), skipped: 0.01 };
/// Number of consecutive samples that must contradict the current state before the state changes. A sample covers about a
/// second, so a single bad second does not count as overload.
const SAMPLES_TO_CHANGE: u32 = 2;

/// Detects overload with hysteresis and debouncing.
#[derive(Clone, Copy, Debug, Default)]
struct Detector {
    is_overloaded: bool,
    /// Consecutive samples that contradict the current state.
    contradicting: u32,
}

impl Detector {
    fn observe(&mut self, sample: &Sample) {
        let contradicts = if self.is_overloaded { !sample.reaches(&RECOVERED) } else { sample.reaches(&OVERLOADED) };
        self.contradicting = if contradicts { self.contradicting + 1 } else { 0 };
        if self.contradicting >= SAMPLES_TO_CHANGE {
            *self = Self { is_overloaded: !self.is_overloaded, contradicting: 0 };
        }
    }
}

impl Sample {
    /// Whether any value reaches its threshold.
    fn reaches(&self, threshold: &Self) -> bool {
        self.busy >= threshold.busy || self.lateness >= threshold.lateness || self.skipped >= threshold.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Sample = Sample { busy: 0.1, lateness: Duration::from_millis(1), skipped: 0.0 };

    /// Whether the detector reports overload after each of these samples.
    fn states(samples: &[Sample]) -> Vec<bool> {
        let mut detector = Detector::default();
        let observe = |sample: &Sample| {
            detector.observe(sample);
            detector.is_overloaded
        };
        samples.iter().map(observe).collect()
    }

    #[test]
    fn two_consecutive_bad_seconds_are_overload() {
        for bad in [
            Sample { busy: 0.9, ..IDLE },
            Sample { lateness: Duration::from_millis(50), ..IDLE },
            Sample { skipped: 0.1, ..IDLE },
        ] {
            assert_eq!(states(&[IDLE, bad, IDLE, bad, bad]), [false, false, false, false, true], "{bad:?}");
        }
    }

    #[test]
    fn two_consecutive_good_seconds_end_overload() {
        let bad = Sample { busy: 1.0, ..IDLE };
        let between = Sample { busy: 0.85, ..IDLE };
        assert_eq!(states(&[bad, bad, between, between, between]), [false, true, true, true, true]);
        assert_eq!(states(&[bad, bad, IDLE, between, IDLE, IDLE]), [false, true, true, true, true, false]);
        assert_eq!(states(&[between; 5]), [false; 5]);
    }

    fn idle_cpu() -> Duration {
        Duration::ZERO
    }

    /// Reports this lateness ten times per second.
    fn report(load: &Load, start: Instant, lateness_ms: u64, seconds: u32) -> Instant {
        let at = |tenth: u32| start + Duration::from_millis(100) * tenth;
        (0..=10 * seconds).for_each(|tenth| load.report(Duration::from_millis(lateness_ms), 0, at(tenth)));
        at(10 * seconds)
    }

    #[test]
    fn a_late_thread_is_overloaded_until_it_recovers() {
        let (load, start) = (Load::new(idle_cpu), Instant::now());
        let now = report(&load, start, 80, 3);
        assert!(load.is_overloaded(now));
        let now = report(&load, now, 1, 3);
        assert!(!load.is_overloaded(now));
    }

    #[test]
    fn a_thread_without_work_is_not_overloaded() {
        let (load, start) = (Load::new(idle_cpu), Instant::now());
        let now = report(&load, start, 80, 3);
        assert!(load.is_overloaded(now + Duration::from_secs(2)));
        assert!(!load.is_overloaded(now + Duration::from_secs(4)));
        let later = now + Duration::from_secs(60);
        load.report(Duration::ZERO, 0, later);
        assert!(!load.is_overloaded(later));
    }
}
