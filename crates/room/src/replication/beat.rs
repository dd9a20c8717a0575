//! Time of a room, measured in beats.
//!
//! A *beat* is a period of the room's tick rate. A steady room ticks once per beat, so a beat has the same number as its tick,
//! even if the room is late. A room with [`Pace::OnDemand`] ticks at most about once per beat, and the time of a tick determines
//! its beat. Durations that do not come from a clock are measured in beats, for example the interval of checksums.

use std::collections::VecDeque;

use tickcast_protocol::{Pace, Tick};

/// Number of a beat, wrapping at 2³².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat(pub u32);

impl Beat {
    /// The beat that is `beats` later.
    #[must_use]
    pub const fn plus(self, beats: i32) -> Self {
        Self(self.0.wrapping_add_signed(beats))
    }

    /// Number of beats from `other` to `self`; negative if `self` is older.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether this beat is after `other`.
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

/// A tick, its beat, and the beat of the tick before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TickTime {
    /// The tick.
    pub tick: Tick,
    /// The beat of the tick.
    pub beat: Beat,
    previous: Beat,
}

impl From<Tick> for TickTime {
    /// The time of a tick in a steady room.
    fn from(tick: Tick) -> Self {
        Self { tick, beat: Beat(tick.0), previous: Beat(tick.0).plus(-1) }
    }
}

impl TickTime {
    /// The time of a tick after which the time is measured.
    pub(crate) const fn start(tick: Tick, beat: Beat) -> Self {
        Self { tick, beat, previous: beat }
    }

    /// The time of the next tick, which is in this beat.
    pub(crate) const fn next(self, beat: Beat) -> Self {
        Self { tick: self.tick.next(), beat, previous: self.beat }
    }

    /// Number of beats since the tick before this one: always 1 in a steady room.
    #[must_use]
    pub const fn elapsed(self) -> u32 {
        self.beat.0.wrapping_sub(self.previous.0)
    }

    /// Whether at least one of the beats since the last tick has a number that is a multiple of `interval`. Used for what
    /// happens every `interval` beats.
    #[must_use]
    pub const fn reaches_multiple_of(self, interval: u32) -> bool {
        self.beat.0 % interval < self.elapsed()
    }

    /// This time, shifted by a number of beats.
    pub(crate) const fn shifted(self, beats: u32) -> Self {
        let (beat, previous) = (self.beat.0.wrapping_add(beats), self.previous.0.wrapping_add(beats));
        Self { beat: Beat(beat), previous: Beat(previous), ..self }
    }
}

/// The beats of recent ticks.
#[derive(Debug)]
pub(crate) enum Beats {
    /// Each tick has the beat of the same number.
    Steady,
    /// The beats of the ticks up to `newest`, the oldest first.
    OnDemand {
        /// Beats older than the newest one by more than this number are removed.
        span: i32,
        newest: Tick,
        recent: VecDeque<Beat>,
    },
}

impl Beats {
    /// Keeps the beats of ticks that are up to `span` beats old, at most one tick per beat.
    pub(crate) const fn new(pace: Pace, span: i32) -> Self {
        match pace {
            Pace::Steady => Self::Steady,
            Pace::OnDemand => Self::OnDemand { span, newest: Tick(0), recent: VecDeque::new() },
        }
    }

    /// Adds the next tick.
    pub(crate) fn push(&mut self, time: TickTime) {
        let Self::OnDemand { span, newest, recent } = self else { return };
        if time.tick != newest.next() {
            recent.clear();
        }
        *newest = time.tick;
        recent.push_back(time.beat);
        while recent.pop_front_if(|beat| time.beat.since(*beat) > *span).is_some() {}
    }

    /// The beat of a tick. For a tick that is too old or too new, the beat of the oldest or newest tick known.
    pub(crate) fn of(&self, tick: Tick) -> Beat {
        match self {
            Self::Steady => Beat(tick.0),
            Self::OnDemand { newest, recent, .. } => {
                let age = usize::try_from(newest.since(tick)).unwrap_or(0);
                let index = recent.len().saturating_sub(age + 1);
                recent.get(index).copied().unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ticks at these beats.
    fn ticks(beats: &[u32]) -> Vec<TickTime> {
        let first = TickTime::start(Tick(0), Beat(0));
        let next = |time: &mut TickTime, beat: &u32| {
            *time = time.next(Beat(*beat));
            Some(*time)
        };
        beats.iter().scan(first, next).collect()
    }

    #[test]
    fn in_a_steady_room_something_happens_in_each_tick_that_is_a_multiple_of_the_interval() {
        for tick in 0..100 {
            assert_eq!(TickTime::from(Tick(tick)).reaches_multiple_of(8), tick % 8 == 0, "{tick}");
        }
    }

    #[test]
    fn something_happens_once_per_interval_however_the_ticks_are_distributed() {
        let times = ticks(&[7, 8, 8, 9, 15, 39, 40, 41]);
        let happens: Vec<_> = times.iter().map(|time| time.reaches_multiple_of(8)).collect();
        assert_eq!(happens, [false, true, false, false, false, true, true, false]);
    }

    #[test]
    fn the_beats_of_recent_ticks_are_known() {
        let mut beats = Beats::new(Pace::OnDemand, 100);
        ticks(&[10, 40, 41, 71, 130]).into_iter().for_each(|time| beats.push(time));
        let known = [0, 1, 2, 3, 4, 5, 6].map(|tick| beats.of(Tick(tick)).0);
        assert_eq!(known, [40, 40, 40, 41, 71, 130, 130]);
    }

    #[test]
    fn the_beats_before_a_jump_to_another_tick_are_removed() {
        let mut beats = Beats::new(Pace::OnDemand, 100);
        beats.push(TickTime::start(Tick(7), Beat(70)));
        beats.push(TickTime::start(Tick(3), Beat(30)));
        assert_eq!([Tick(2), Tick(3), Tick(7)].map(|tick| beats.of(tick)), [Beat(30); 3]);
    }
}
