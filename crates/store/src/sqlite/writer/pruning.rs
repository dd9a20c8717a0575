//! When the writer deletes history.

use std::time::{Duration, Instant};

/// Interval between searches for history that is to be deleted.
const INTERVAL: Duration = Duration::from_secs(10);
/// The writer is idle if no request has arrived for this time. Rooms tick together, so their writes come in bursts.
const IDLE_TIME: Duration = Duration::from_millis(5);
/// Maximum time for which a deletion that is due waits until the writer is idle.
const DELAY_MAX: Duration = Duration::from_secs(1);

/// Times at which the writer deletes history: while it is idle, or at most one small part per second if it is always busy.
pub(super) struct Pruning {
    due: Instant,
}

impl Pruning {
    pub(super) const fn new(now: Instant) -> Self {
        Self { due: now }
    }

    /// How long the writer waits for a request before it deletes a part of the history.
    pub(super) fn idle_timeout(&self, now: Instant) -> Duration {
        self.due.saturating_duration_since(now).max(IDLE_TIME)
    }

    /// Whether a deletion is due even though the writer is busy.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.due) >= DELAY_MAX
    }

    /// Schedules the next deletion: soon if there may be more to delete.
    pub(super) fn schedule(&mut self, now: Instant, has_more: bool) {
        self.due = if has_more { now } else { now + INTERVAL };
    }
}
