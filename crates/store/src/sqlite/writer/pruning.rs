//! When and how the writer deletes what is not needed any more.

use std::time::{Duration, Instant};

use super::Writer;

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

impl Writer {
    /// Deletes a small part of the history and of the leaderboards that is not to be kept any more.
    pub(super) fn prune_history(&mut self) {
        let result = self.database.prune(self.retention, self.now_s());
        let result = result.and_then(|has_more| Ok(has_more | self.trim_profiles()?));
        let has_more = result.unwrap_or_else(|error| {
            self.database.roll_back();
            log::warn!("the history of rooms cannot be deleted: {error}");
            false
        });
        self.pruning.schedule(Instant::now(), has_more);
    }

    /// Deletes the rows of the journal that precede the first row that a room still needs.
    pub(super) fn prune_journal(&self) -> rusqlite::Result<()> {
        if !self.unclaimed.is_empty() {
            return Ok(());
        }
        let obsolete = self.rooms.values().map(|room| room.obsolete_up_to(self.last_part)).min();
        self.database.delete_journal_up_to(obsolete.unwrap_or(self.last_part))
    }
}
