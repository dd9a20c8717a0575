//! A client's inputs, each waiting for the tick it is meant for.

use std::collections::VecDeque;

use tickcast_protocol::{InputReport, Tick};

/// The most inputs that wait: a second of one every tick at the highest tick rate, and some.
const PENDING_MAX: usize = 128;

/// A client's inputs, each waiting for the tick it is meant for. In between, the last controls hold.
#[derive(Debug)]
pub(super) struct Timeline<C> {
    /// How many ticks ahead an input may be stamped.
    lead_max: i32,
    /// By the tick they are due, the earliest first.
    pending: VecDeque<Pending<C>>,
}

#[derive(Debug)]
struct Pending<C> {
    due: Tick,
    applied: Applied<C>,
}

/// Controls whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applied<C> {
    pub(super) controls: C,
    pub(super) report: InputReport,
}

impl<C: Copy> Timeline<C> {
    /// Inputs may be stamped up to a second ahead.
    pub(super) fn new(tick_rate: u16) -> Self {
        Self { lead_max: tick_rate.into(), pending: VecDeque::new() }
    }

    /// Takes in controls stamped for `stamp` while the room is at `now`. Late ones are due at once, those stamped too far
    /// ahead as far ahead as is allowed, and none before one that came earlier.
    pub(super) fn handle(&mut self, stamp: Tick, controls: C, now: Tick) {
        let next = now.next();
        let margin = stamp.since(next);
        let due = next.plus(margin.clamp(0, self.lead_max));
        let due = self.pending.back().map_or(due, |last| if last.due.is_newer_than(due) { last.due } else { due });
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_back();
        }
        let report = InputReport { stamp: stamp.0 as u8, margin: margin.clamp(-128, 127) as i8 };
        self.pending.push_back(Pending { due, applied: Applied { controls, report } });
    }

    /// What is due at `tick`: of several inputs, the last.
    pub(super) fn take(&mut self, tick: Tick) -> Option<Applied<C>> {
        let mut applied = None;
        while let Some(first) = self.pending.pop_front_if(|first| !first.due.is_newer_than(tick)) {
            applied = Some(first.applied);
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inputs (stamp, controls) that arrive while the room is at tick 100, and what each of the next ticks applies.
    fn check(inputs: &[(u32, char)], expected: &[(u32, char, i8)]) {
        let mut timeline = Timeline::new(30);
        for (stamp, controls) in inputs {
            timeline.handle(Tick(*stamp), *controls, Tick(100));
        }
        let applied: Vec<_> = (101..300)
            .filter_map(|tick| {
                let applied = timeline.take(Tick(tick))?;
                Some((tick, applied.controls, applied.report.margin))
            })
            .collect();
        assert_eq!(applied, expected);
    }

    #[test]
    fn an_input_waits_for_its_tick() {
        check(&[(103, 'a'), (105, 'b')], &[(103, 'a', 2), (105, 'b', 4)]);
    }

    #[test]
    fn a_late_input_is_applied_at_once() {
        check(&[(90, 'a')], &[(101, 'a', -11)]);
    }

    #[test]
    fn a_stamp_too_far_ahead_is_clamped() {
        check(&[(100_000, 'a')], &[(131, 'a', 127)]);
    }

    #[test]
    fn of_two_inputs_for_one_tick_the_later_counts() {
        check(&[(104, 'a'), (104, 'b')], &[(104, 'b', 3)]);
    }

    #[test]
    fn inputs_are_applied_in_the_order_they_came() {
        check(&[(110, 'a'), (104, 'b')], &[(110, 'b', 3)]);
    }

    #[test]
    fn a_flood_waits_in_bounded_space_and_the_newest_wins() {
        let mut timeline = Timeline::new(30);
        (0..10_000).for_each(|number| timeline.handle(Tick(110), number, Tick(100)));
        assert_eq!(timeline.pending.len(), PENDING_MAX);
        assert_eq!(timeline.take(Tick(110)).map(|applied| applied.controls), Some(9_999));
    }
}
