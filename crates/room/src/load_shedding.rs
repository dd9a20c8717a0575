//! Load shedding for workers that are behind with sending a room's ticks. This module reads no clock: it counts beats.
//!
//! Three measures, in this order:
//!
//! 1. The worker batches: it sends all queued ticks with one write per session.
//! 2. If the worker stays behind for a second, its sessions are *shed* in turn, a quarter of them at a time. A stream of deltas
//!    must not have gaps, so a shed session receives no snapshots for a second, then a full one. Full snapshots are
//!    expensive. To limit their number, each session is shed for at most one second in four.
//! 3. If a quarter of a second of ticks is queued nevertheless, the room skips ticks for all clients, which bounds the queue.

use crate::SessionId;
use crate::replication::Beat;

/// A worker is behind if at least this many ticks of a room are queued for it. A single queued tick is normal.
const BEHIND_TICKS: usize = 2;
/// Sessions are shed in this many groups, one group at a time.
const GROUPS: u64 = 4;

/// Tracks how long one worker has been behind with sending the ticks of one room.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    tick_rate: u32,
    /// The beat since which the worker has been behind.
    behind_since: Option<Beat>,
}

impl Backlog {
    /// Backlog of a worker that is not behind.
    #[must_use]
    pub fn new(tick_rate: u16) -> Self {
        Self { tick_rate: tick_rate.into(), behind_since: None }
    }

    /// Records the number of ticks queued for the worker. Call it once per tick.
    pub fn record(&mut self, queued: usize, now: Beat) {
        self.behind_since = if queued < BEHIND_TICKS { None } else { self.behind_since.or(Some(now)) };
    }

    /// Whether to shed this session at this beat.
    #[must_use]
    pub fn sheds(&self, session: SessionId, now: Beat) -> bool {
        let second = u64::from(now.0 / self.tick_rate);
        // Includes the beat in which the worker was behind for the first time.
        let is_long = |since: Beat| now.plus(1).since(since) >= self.tick_rate.cast_signed();
        self.behind_since.is_some_and(is_long) && (session.0 + second).is_multiple_of(GROUPS)
    }

    /// Whether the room must skip its next tick. True if at least four ticks, and at least a quarter of a second of ticks,
    /// are queued.
    #[must_use]
    pub fn must_skip(&self, queued: usize) -> bool {
        queued >= (self.tick_rate as usize / 4).max(2 * BEHIND_TICKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u16 = 20;

    /// Backlog of a worker for which this number of ticks was queued from beat `from` to beat 99.
    fn backlog(queued: usize, from: u32) -> Backlog {
        let mut backlog = Backlog::new(RATE);
        (from..100).for_each(|beat| backlog.record(queued, Beat(beat)));
        backlog
    }

    /// Which of the sessions 0 to 7 are shed at this beat.
    fn shed(backlog: &Backlog, beat: u32) -> Vec<u64> {
        (0..8).filter(|session| backlog.sheds(SessionId(*session), Beat(beat))).collect()
    }

    #[test]
    fn a_short_backlog_sheds_no_session() {
        assert!(shed(&backlog(4, 81), 99).is_empty());
        assert!(!shed(&backlog(4, 80), 99).is_empty());
        assert!(shed(&backlog(1, 0), 99).is_empty());
        let mut recovered = backlog(4, 0);
        recovered.record(1, Beat(100));
        assert!(shed(&recovered, 100).is_empty());
    }

    #[test]
    fn a_quarter_of_the_sessions_is_shed_in_turn() {
        let behind = backlog(2, 80);
        let groups: Vec<_> = (5..10).map(|second| shed(&behind, second * 20 + 3)).collect();
        assert_eq!(groups, [[3, 7], [2, 6], [1, 5], [0, 4], [3, 7]]);
    }

    #[test]
    fn a_room_with_few_ticks_sheds_sessions_after_a_second_too() {
        let mut backlog = Backlog::new(RATE);
        [0, 20].into_iter().for_each(|beat| backlog.record(2, Beat(beat)));
        assert_eq!(shed(&backlog, 20), [3, 7]);
    }

    #[test]
    fn ticks_are_skipped_when_a_quarter_of_a_second_is_queued() {
        assert_eq!([4, 5].map(|queued| Backlog::new(20).must_skip(queued)), [false, true]);
        assert_eq!([3, 4].map(|queued| Backlog::new(10).must_skip(queued)), [false, true]);
        assert_eq!([29, 30].map(|queued| Backlog::new(120).must_skip(queued)), [false, true]);
    }
}
