//! Whether a thread has more to do than it can.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;

/// How long a thread is watched before it is judged.
const WINDOW: Duration = Duration::from_secs(1);
/// A thread that has reported nothing for so long has nothing to do.
const STALE: Duration = Duration::from_secs(3);

/// What one thread has to do. It reports; everybody may look.
#[derive(Debug, Default)]
pub struct Load(Mutex<Watch>);

#[derive(Debug, Default)]
struct Watch {
    window: Option<Window>,
    overload: Overload,
}

/// What has been reported since then.
#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    /// The thread's processor time at that moment.
    cpu: Duration,
    lateness: Duration,
    done: u32,
    skipped: u32,
}

impl Load {
    /// The calling thread, whose load this is, has begun something with that delay, and had to leave out so much before it.
    pub fn report(&self, lateness: Duration, skipped: u64, now: Instant) {
        let mut watch = self.watch();
        let window = watch.window.get_or_insert_with(|| Window::begin(now));
        window.lateness += lateness;
        window.done += 1;
        window.skipped = window.skipped.saturating_add(skipped.try_into().unwrap_or(u32::MAX));
        let elapsed = now.saturating_duration_since(window.began);
        if elapsed >= WINDOW {
            let stretch = window.end(elapsed);
            watch.window = Some(Window::begin(now));
            match elapsed < STALE {
                true => watch.overload.judge(&stretch),
                false => watch.overload = Overload::default(),
            }
        }
    }

    /// Whether the thread has more to do than it can.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        let watch = self.watch();
        let is_watched = watch.window.is_some_and(|window| now.saturating_duration_since(window.began) < STALE);
        is_watched && watch.overload.is_over
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn begin(now: Instant) -> Self {
        Self { began: now, cpu: limits::thread_cpu_time(), lateness: Duration::ZERO, done: 0, skipped: 0 }
    }

    fn end(&self, elapsed: Duration) -> Stretch {
        let busy = limits::thread_cpu_time().saturating_sub(self.cpu);
        Stretch {
            busy: busy.as_secs_f64() / elapsed.as_secs_f64(),
            lateness: self.lateness / self.done.max(1),
            skipped: f64::from(self.skipped) / (f64::from(self.skipped) + f64::from(self.done)).max(1.0),
        }
    }
}

/// How a thread fared for about a second.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// The part of the time that it ran.
    busy: f64,
    /// How late it was, on average.
    lateness: Duration,
    /// The part of what was due that it left out.
    skipped: f64,
}

/// From here on a thread is near its end, and whoever comes makes it worse for those who are there.
const BAD: Stretch = Stretch { busy: 0.9, lateness: Duration::from_millis(50), skipped: 0.1 };
/// Below all of this there is room for more. The gap keeps it from going to and fro.
const GOOD: Stretch = Stretch { busy: 0.8, lateness: Duration::from_millis(20), skipped: 0.01 };
/// How many stretches in a row it takes to change one's mind: a hiccup is no overload.
const PATIENCE: u32 = 2;

/// The judgement, which is slow to change.
#[derive(Clone, Copy, Debug, Default)]
struct Overload {
    is_over: bool,
    /// How many of the last stretches have spoken against it.
    against: u32,
}

impl Overload {
    fn judge(&mut self, stretch: &Stretch) {
        let is_against = if self.is_over { !stretch.reaches(&GOOD) } else { stretch.reaches(&BAD) };
        self.against = if is_against { self.against + 1 } else { 0 };
        if self.against >= PATIENCE {
            *self = Self { is_over: !self.is_over, against: 0 };
        }
    }
}

impl Stretch {
    /// Whether it is as bad as that in anything.
    fn reaches(&self, other: &Self) -> bool {
        self.busy >= other.busy || self.lateness >= other.lateness || self.skipped >= other.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Stretch = Stretch { busy: 0.1, lateness: Duration::from_millis(1), skipped: 0.0 };

    /// What is thought of a thread after each of these stretches.
    fn judged(stretches: &[Stretch]) -> Vec<bool> {
        let mut overload = Overload::default();
        let judge = |stretch: &Stretch| {
            overload.judge(stretch);
            overload.is_over
        };
        stretches.iter().map(judge).collect()
    }

    #[test]
    fn it_takes_two_bad_seconds_in_a_row_to_be_overloaded() {
        for bad in [
            Stretch { busy: 0.9, ..IDLE },
            Stretch { lateness: Duration::from_millis(50), ..IDLE },
            Stretch { skipped: 0.1, ..IDLE },
        ] {
            assert_eq!(judged(&[IDLE, bad, IDLE, bad, bad]), [false, false, false, false, true], "{bad:?}");
        }
    }

    #[test]
    fn it_takes_two_good_seconds_in_a_row_to_be_well_again() {
        let bad = Stretch { busy: 1.0, ..IDLE };
        let between = Stretch { busy: 0.85, ..IDLE };
        assert_eq!(judged(&[bad, bad, between, between, between]), [false, true, true, true, true]);
        assert_eq!(judged(&[bad, bad, IDLE, between, IDLE, IDLE]), [false, true, true, true, true, false]);
        assert_eq!(judged(&[between; 5]), [false; 5]);
    }

    /// Reports of so much lateness, ten a second for so many seconds.
    fn report(load: &Load, start: Instant, lateness_ms: u64, seconds: u32) -> Instant {
        let at = |tenth: u32| start + Duration::from_millis(100) * tenth;
        (0..=10 * seconds).for_each(|tenth| load.report(Duration::from_millis(lateness_ms), 0, at(tenth)));
        at(10 * seconds)
    }

    #[test]
    fn a_thread_that_is_late_for_seconds_is_overloaded_until_it_is_not() {
        let (load, start) = (Load::default(), Instant::now());
        let now = report(&load, start, 80, 3);
        assert!(load.is_over(now));
        let now = report(&load, now, 1, 3);
        assert!(!load.is_over(now));
    }

    #[test]
    fn a_thread_that_has_nothing_to_do_any_more_is_not_overloaded() {
        let (load, start) = (Load::default(), Instant::now());
        let now = report(&load, start, 80, 3);
        assert!(load.is_over(now + Duration::from_secs(2)));
        assert!(!load.is_over(now + Duration::from_secs(4)));
        let later = now + Duration::from_secs(60);
        load.report(Duration::ZERO, 0, later);
        assert!(!load.is_over(later));
    }
}
