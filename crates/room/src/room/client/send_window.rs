//! Flow control of one client: which ticks are sent, and which snapshots are full. Time is measured in beats.
//!
//! A client that is too far behind receives no snapshots until it has acknowledged all that were sent to it. Then it
//! receives a full one.

use tickcast_protocol::Tick;

use crate::replication::{Beat, Beats};

/// Maximum lag of acknowledgements in seconds. If the lag exceeds this maximum, snapshots are held back.
const WINDOW_S: i32 = 3;
/// Seconds for which a client may leave the newest snapshot unacknowledged. Then the room closes the session.
const STALL_TIMEOUT_S: i32 = 10;
/// Seconds for which the beats of ticks must be known. Longer than `STALL_TIMEOUT_S` by more than the time between two ticks.
pub(crate) const BEATS_KEPT_S: i32 = STALL_TIMEOUT_S + 2;

/// Flow control of one client.
#[derive(Debug)]
pub(super) struct SendWindow {
    /// Number of beats per second.
    tick_rate: i32,
    /// Newest tick that the client has acknowledged. All ticks before a full snapshot and all ticks up to a resync request
    /// count as acknowledged.
    acknowledged: Tick,
    has_acknowledged: bool,
    /// Tick of the newest snapshot that was sent. Snapshots that were dropped or shed do not count.
    sent: Tick,
    /// Tick of the last full snapshot.
    full_sent: Tick,
    /// Whether the next snapshot must be a full one.
    needs_full: bool,
    /// Whether snapshots are held back until everything sent is acknowledged and the beat `held_until` is reached.
    is_held: bool,
    /// Earliest beat at which snapshots that are held back may resume; `None` if only acknowledgements matter.
    held_until: Option<Beat>,
}

/// Kind of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SnapshotKind {
    /// The whole state in view.
    Full,
    /// The changes since the last tick.
    Delta,
}

/// Whether an acknowledgement is the client's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledgement {
    /// The client's first acknowledgement. It proves that the client received its Welcome.
    First,
    /// A later acknowledgement.
    Repeated,
}

impl SendWindow {
    /// The window of a client that joins at tick `now`.
    pub(super) fn new(now: Tick, tick_rate: u16) -> Self {
        Self {
            tick_rate: tick_rate.into(),
            acknowledged: now,
            has_acknowledged: false,
            sent: now,
            full_sent: now,
            needs_full: true,
            is_held: false,
            held_until: None,
        }
    }

    /// Handles an acknowledgement of all snapshots up to `tick`. If that tick was not sent yet, the newest sent tick counts
    /// as acknowledged.
    pub(super) fn handle_acknowledgement(&mut self, tick: Tick) -> Acknowledgement {
        let tick = if tick.is_newer_than(self.sent) { self.sent } else { tick };
        if tick.is_newer_than(self.acknowledged) {
            self.acknowledged = tick;
        }
        let has_acknowledged = std::mem::replace(&mut self.has_acknowledged, true);
        if has_acknowledged { Acknowledgement::Repeated } else { Acknowledgement::First }
    }

    /// Handles a resync request. The client cannot use the snapshots sent so far, so the server does not wait for their
    /// acknowledgements. A full snapshot is expensive, so a client receives at most one per second on request.
    pub(super) fn handle_resync(&mut self, now: Tick, beats: &Beats) {
        (self.sent, self.acknowledged) = (now, now);
        let held_until = beats.of(self.full_sent).plus(self.tick_rate);
        self.is_held = held_until.is_newer_than(beats.of(now));
        self.held_until = Some(held_until);
        self.needs_full = true;
    }

    /// Handles an outbox overflow: the connection has dropped the snapshot of `tick`, and drops every later delta until a
    /// full snapshot is queued. The call has no effect if a full snapshot was sent after `tick`. Otherwise, the next
    /// snapshot is a full one. Because full snapshots are expensive, it is sent one second after `tick` at the earliest.
    pub(super) fn handle_overflow(&mut self, tick: Tick, beats: &Beats) {
        if self.full_sent.is_newer_than(tick) {
            return;
        }
        // If the full snapshot itself was dropped, it is unknown which earlier snapshots arrived. The window therefore does
        // not wait for their acknowledgements.
        self.sent = if self.full_sent == tick { self.acknowledged } else { tick.plus(-1) };
        self.held_until = Some(beats.of(tick).plus(self.tick_rate));
        self.is_held = true;
        self.needs_full = true;
    }

    /// Handles load shedding: the snapshot of `tick` was not sent. Has the same consequences as an overflow.
    pub(super) fn handle_shed(&mut self, tick: Tick, beats: &Beats) {
        self.handle_overflow(tick, beats);
    }

    /// Discards everything that was sent: the next snapshot, of tick `now`, is a full one.
    pub(super) fn restart(&mut self, now: Tick) {
        let tick_rate = self.tick_rate;
        *self = Self { tick_rate, has_acknowledged: self.has_acknowledged, ..Self::new(now, 0) };
    }

    /// Changes the number of beats per second.
    pub(super) const fn set_tick_rate(&mut self, tick_rate: u16) {
        self.tick_rate = tick_rate as i32;
    }

    /// Whether the last snapshot sent has been unacknowledged for more than ten seconds. Other messages of the client do not
    /// matter.
    pub(super) fn is_stalled(&self, now: Tick, beats: &Beats) -> bool {
        let limit = STALL_TIMEOUT_S * self.tick_rate;
        self.sent.is_newer_than(self.acknowledged) && beats.of(now).since(beats.of(self.sent)) > limit
    }

    /// Tick of the last full snapshot.
    pub(super) const fn full_sent(&self) -> Tick {
        self.full_sent
    }

    /// The kind of snapshot to send at `tick`, or `None` while snapshots are held back.
    pub(super) fn poll(&mut self, tick: Tick, beats: &Beats) -> Option<SnapshotKind> {
        if self.is_held_at(tick, beats) {
            return None;
        }
        self.sent = tick;
        if !self.needs_full {
            return Some(SnapshotKind::Delta);
        }
        // A full snapshot replaces the client's state, so older snapshots need no acknowledgement.
        (self.full_sent, self.acknowledged, self.needs_full) = (tick, tick.plus(-1), false);
        Some(SnapshotKind::Full)
    }

    fn is_held_at(&mut self, tick: Tick, beats: &Beats) -> bool {
        let now = beats.of(tick);
        if self.is_held {
            let is_early = self.held_until.is_some_and(|held_until| held_until.is_newer_than(now));
            self.is_held = self.sent.is_newer_than(self.acknowledged) || is_early;
        } else if now.since(beats.of(self.acknowledged.next())) >= WINDOW_S * self.tick_rate {
            (self.is_held, self.held_until, self.needs_full) = (true, None, true);
        }
        self.is_held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SnapshotKind::{Delta, Full};
    use tickcast_protocol::Pace;

    use crate::replication::TickTime;

    const STEADY: Beats = Beats::Steady;

    fn window() -> SendWindow {
        SendWindow::new(Tick(100), 30)
    }

    fn poll(window: &mut SendWindow, tick: u32) -> Option<SnapshotKind> {
        window.poll(Tick(tick), &STEADY)
    }

    /// Number of snapshots sent in these ticks.
    fn count(window: &mut SendWindow, ticks: std::ops::Range<u32>) -> usize {
        ticks.filter(|tick| poll(window, *tick).is_some()).count()
    }

    /// The first snapshot sent in these ticks.
    fn first(window: &mut SendWindow, mut ticks: std::ops::Range<u32>) -> Option<(u32, SnapshotKind)> {
        ticks.find_map(|tick| Some((tick, poll(window, tick)?)))
    }

    #[test]
    fn the_first_snapshot_is_full_and_the_next_ones_are_deltas() {
        let mut window = window();
        assert_eq!([101, 102, 103].map(|tick| poll(&mut window, tick)), [Some(Full), Some(Delta), Some(Delta)]);
    }

    #[test]
    fn snapshots_are_held_back_until_all_sent_ones_are_acknowledged() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..300), 90, "three seconds of ticks");
        window.handle_acknowledgement(Tick(150));
        assert_eq!(poll(&mut window, 301), None, "later snapshots are not acknowledged yet");
        window.handle_acknowledgement(Tick(190));
        assert_eq!(poll(&mut window, 302), Some(Full));
    }

    #[test]
    fn a_client_catches_up_at_any_tick() {
        for first in [0, 1 << 30, 3 << 30] {
            let mut window = SendWindow::new(Tick(first), 30);
            assert_eq!(count(&mut window, first + 1..first + 200), 90);
            window.handle_acknowledgement(Tick(first + 90));
            assert_eq!(poll(&mut window, first + 201), Some(Full), "{first}");
        }
    }

    #[test]
    fn a_client_that_caught_up_has_the_whole_window_again() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..270), 90);
        window.handle_acknowledgement(Tick(190));
        assert_eq!(count(&mut window, 271..400), 90, "not only the remainder of the last window");
    }

    #[test]
    fn a_resync_request_while_held_back_is_answered_at_once() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..300), 90);
        window.handle_resync(Tick(300), &STEADY);
        assert_eq!(poll(&mut window, 301), Some(Full));
        assert!(poll(&mut window, 302).is_some());
    }

    #[test]
    fn a_tick_that_was_not_sent_cannot_be_acknowledged() {
        let mut window = window();
        poll(&mut window, 101);
        window.handle_acknowledgement(Tick(5000));
        assert_eq!(window.acknowledged, Tick(101));
    }

    #[test]
    fn after_an_overflow_earlier_snapshots_must_be_acknowledged_first() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..111), 10);
        window.handle_overflow(Tick(108), &STEADY);
        assert_eq!(count(&mut window, 111..140), 0);
        window.handle_acknowledgement(Tick(107));
        assert_eq!(poll(&mut window, 140), Some(Full));
    }

    #[test]
    fn continuous_overflows_cause_one_full_snapshot_a_second() {
        let mut window = window();
        let mut sent = Vec::new();
        for tick in 101..200 {
            match poll(&mut window, tick) {
                Some(Full) => sent.push(tick),
                Some(Delta) => window.handle_overflow(Tick(tick), &STEADY),
                None => {}
            }
            window.handle_acknowledgement(Tick(tick));
        }
        assert_eq!(sent, [101, 132, 163, 194]);
    }

    #[test]
    fn an_overflow_older_than_the_last_full_snapshot_is_ignored() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..151), 50);
        window.handle_resync(Tick(150), &STEADY);
        assert_eq!(poll(&mut window, 151), Some(Full));
        window.handle_overflow(Tick(148), &STEADY);
        assert_eq!(poll(&mut window, 152), Some(Delta));
    }

    #[test]
    fn continuous_resync_requests_are_answered_once_a_second() {
        let mut window = window();
        let mut resync_and_poll = |tick: u32| {
            window.handle_resync(Tick(tick - 1), &STEADY);
            poll(&mut window, tick)
        };
        let sent: Vec<_> = (101..200).filter(|tick| resync_and_poll(*tick).is_some()).collect();
        assert_eq!(sent, [130, 160, 190]);
    }

    #[test]
    fn a_lost_full_snapshot_is_repeated_after_a_second() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..151), 50);
        window.handle_overflow(Tick(150), &STEADY);
        window.handle_resync(Tick(150), &STEADY);
        assert_eq!(poll(&mut window, 151), Some(Full));
        window.handle_overflow(Tick(151), &STEADY);
        assert_eq!(first(&mut window, 152..191), Some((181, Full)));
    }

    #[test]
    fn a_shed_client_receives_a_full_snapshot_after_a_second() {
        let mut window = window();
        assert_eq!(count(&mut window, 101..111), 10);
        window.handle_shed(Tick(110), &STEADY);
        window.handle_acknowledgement(Tick(109));
        assert_eq!(first(&mut window, 111..146), Some((140, Full)));
    }

    #[test]
    fn a_client_that_does_not_acknowledge_the_newest_snapshot_is_stalled() {
        let mut window = window();
        let last = (101..300).filter(|tick| poll(&mut window, *tick).is_some()).last();
        assert_eq!(last, Some(190));
        window.handle_acknowledgement(Tick(189));
        assert!(!window.is_stalled(Tick(490), &STEADY));
        assert!(window.is_stalled(Tick(491), &STEADY));
        window.handle_acknowledgement(Tick(190));
        assert!(!window.is_stalled(Tick(5000), &STEADY), "nothing is unacknowledged");
    }

    /// A client of a room with pace on demand, and the beats of the room, after one tick per second up to tick `newest`.
    fn idle_room(newest: u32, mut handle: impl FnMut(&mut SendWindow, u32, Option<SnapshotKind>)) -> (SendWindow, Beats) {
        let (mut window, mut beats) = (window(), Beats::new(Pace::OnDemand, BEATS_KEPT_S * 30));
        let mut time = TickTime::start(Tick(100), Beat(0));
        while time.tick != Tick(newest) {
            time = time.next(time.beat.plus(30));
            beats.push(time);
            let sent = window.poll(time.tick, &beats);
            handle(&mut window, time.tick.0, sent);
        }
        (window, beats)
    }

    #[test]
    fn with_pace_on_demand_a_client_may_lag_by_three_seconds_not_ticks() {
        let mut sent = Vec::new();
        let (mut window, beats) = idle_room(110, |_, tick, kind| sent.extend(kind.map(|kind| (tick, kind))));
        assert_eq!(sent, [(101, Full), (102, Delta), (103, Delta)]);
        assert!(!window.is_stalled(Tick(110), &beats));
        window.handle_acknowledgement(Tick(103));
        assert_eq!(window.poll(Tick(110), &beats), Some(Full));
    }

    #[test]
    fn with_pace_on_demand_a_client_that_is_two_idle_ticks_behind_misses_nothing() {
        idle_room(200, |window, tick, kind| {
            assert_eq!(kind, Some(if tick == 101 { Full } else { Delta }));
            window.handle_acknowledgement(Tick(tick - 2));
        });
    }

    #[test]
    fn with_pace_on_demand_a_client_is_stalled_after_ten_seconds() {
        let (window, beats) = idle_room(114, |_, _, _| {});
        assert_eq!([Tick(113), Tick(114)].map(|now| window.is_stalled(now, &beats)), [false, true]);
    }
}
