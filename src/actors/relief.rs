//! What a room does when those who have to send its ticks do not keep up.
//!
//! A worker that is behind helps itself first: ticks that it finds waiting leave with one write per session. If it stays
//! behind for a second, some of its sessions rest in turn: a *shed* snapshot. A delta stream has no holes, so that a session
//! that rests starts anew afterwards, and a reset costs more than a change; so it rests for a second, and has its turn but once
//! in four. If even that is not enough, time slips: ticks are left out, for everybody, and what waits stays bounded.

use tickcast_protocol::Tick;

use crate::room::SessionId;

/// A worker that has less than this many ticks of a room before it is not behind.
const BEHIND_TICKS: usize = 2;
/// Of so many sessions one rests at a time.
const TURNS: u64 = 4;

/// How far one worker is behind with one room's ticks, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    tick_rate: u32,
    /// For how many ticks in a row it has been behind.
    behind_for: u32,
}

impl Backlog {
    /// Nothing waits.
    #[must_use]
    pub fn new(tick_rate: u16) -> Self {
        Self { tick_rate: tick_rate.into(), behind_for: 0 }
    }

    /// Takes in how many ticks wait for the worker, once a tick.
    pub fn note(&mut self, waiting: usize) {
        self.behind_for = if waiting < BEHIND_TICKS { 0 } else { self.behind_for.saturating_add(1) };
    }

    /// Whether that session is to rest from this tick on.
    #[must_use]
    pub fn sheds(&self, session: SessionId, tick: Tick) -> bool {
        let turn = u64::from(tick.0 / self.tick_rate);
        self.behind_for >= self.tick_rate && (session.0 + turn).is_multiple_of(TURNS)
    }

    /// Whether so much waits that time must slip: a quarter of a second of ticks.
    #[must_use]
    pub fn must_slip(&self, waiting: usize) -> bool {
        waiting >= (self.tick_rate as usize / 4).max(2 * BEHIND_TICKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u16 = 20;

    /// A worker for which so many ticks have waited for so long.
    fn backlog(waiting: usize, ticks: usize) -> Backlog {
        let mut backlog = Backlog::new(RATE);
        (0..ticks).for_each(|_| backlog.note(waiting));
        backlog
    }

    /// Which of eight sessions rest from that tick on.
    fn resting(backlog: &Backlog, tick: u32) -> Vec<u64> {
        (0..8).filter(|session| backlog.sheds(SessionId(*session), Tick(tick))).collect()
    }

    #[test]
    fn nobody_rests_for_a_hiccup() {
        assert!(resting(&backlog(4, 19), 100).is_empty());
        assert!(resting(&backlog(1, 1000), 100).is_empty());
        let mut recovered = backlog(4, 100);
        recovered.note(1);
        assert!(resting(&recovered, 100).is_empty());
    }

    #[test]
    fn a_quarter_rests_in_turn() {
        let behind = backlog(2, 20);
        let turns: Vec<_> = (0..5).map(|second| resting(&behind, second * 20 + 3)).collect();
        assert_eq!(turns, [[0, 4], [3, 7], [2, 6], [1, 5], [0, 4]]);
    }

    #[test]
    fn time_slips_when_a_quarter_of_a_second_waits() {
        assert_eq!([4, 5].map(|waiting| Backlog::new(20).must_slip(waiting)), [false, true]);
        assert_eq!([3, 4].map(|waiting| Backlog::new(10).must_slip(waiting)), [false, true]);
        assert_eq!([29, 30].map(|waiting| Backlog::new(120).must_slip(waiting)), [false, true]);
    }
}
