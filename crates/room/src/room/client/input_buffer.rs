//! Input buffer of a client: holds each input until the tick it is stamped for. Time is measured in ticks.
//!
//! The input buffer serves as a jitter buffer: inputs that arrive early wait, so that small variations of latency have no
//! effect.

use std::collections::VecDeque;

use tickcast_protocol::{InputReport, Tick};

/// Maximum number of buffered inputs. Sufficient for one input per tick: stamps are accepted up to one second ahead, which
/// is 120 ticks at the highest tick rate.
const PENDING_MAX: usize = 128;

/// Inputs of one client that are not due yet. The last controls stay in effect until the next input.
#[derive(Debug)]
pub(super) struct InputBuffer<C> {
    /// Maximum number of ticks by which the stamp of an input may be ahead of the next tick.
    lead_max: i32,
    /// Sorted by due tick.
    pending: VecDeque<Pending<C>>,
}

#[derive(Debug)]
struct Pending<C> {
    due: Tick,
    input: DueInput<C>,
}

/// Controls that are due, and the report on their arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::room) struct DueInput<C> {
    pub(in crate::room) controls: C,
    pub(in crate::room) report: InputReport,
}

impl<C: Copy> InputBuffer<C> {
    /// An empty buffer that accepts stamps up to `lead_max` ticks ahead of the next tick.
    pub(super) fn new(lead_max: u16) -> Self {
        Self { lead_max: lead_max.into(), pending: VecDeque::new() }
    }

    /// Buffers controls stamped for tick `stamp` that arrived at tick `now`. A late input is due at the next tick. A stamp
    /// too far ahead is clamped. Inputs are applied in order of arrival, so an input is never due before one that arrived
    /// earlier. If the buffer is full, the new input replaces the last one in it.
    pub(super) fn handle(&mut self, stamp: Tick, controls: C, now: Tick) {
        let next = now.next();
        let margin = stamp.since(next);
        let due = next.plus(margin.clamp(0, self.lead_max));
        let due = self.pending.back().map_or(due, |last| if last.due.is_newer_than(due) { last.due } else { due });
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_back();
        }
        self.pending.push_back(Pending { due, input: DueInput { controls, report: report(stamp, margin) } });
    }

    /// Like [`Self::handle`], for controls that were sent before those in the buffer whose stamps are `end` or newer, but have
    /// arrived later, on another connection. They apply before `end`, or not at all.
    pub(super) fn handle_earlier(&mut self, stamp: Tick, controls: C, now: Tick, end: Tick) {
        let next = now.next();
        let margin = stamp.since(next);
        let due = next.plus(margin.clamp(0, self.lead_max));
        if !end.is_newer_than(due) || self.pending.len() == PENDING_MAX {
            return;
        }
        let at = self.pending.partition_point(|pending| !pending.due.is_newer_than(due));
        self.pending.insert(at, Pending { due, input: DueInput { controls, report: report(stamp, margin) } });
    }

    /// Removes all inputs that are due at `tick`, and returns the last of them.
    pub(super) fn take(&mut self, tick: Tick) -> Option<DueInput<C>> {
        let mut due = None;
        while let Some(first) = self.pending.pop_front_if(|first| !first.due.is_newer_than(tick)) {
            due = Some(first.input);
        }
        due
    }
}

/// The report on an input that arrived `margin` ticks before it was due.
fn report(stamp: Tick, margin: i32) -> InputReport {
    InputReport { stamp: stamp.0 as u8, margin: margin.clamp(-128, 127) as i8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buffers inputs (stamp, controls) at tick 100. Compares the inputs applied in later ticks (tick, controls, margin)
    /// with the expected ones.
    #[track_caller]
    fn check(arriving: &[(u32, char)], expected: &[(u32, char, i8)]) {
        let mut inputs = InputBuffer::new(30);
        for (stamp, controls) in arriving {
            inputs.handle(Tick(*stamp), *controls, Tick(100));
        }
        let applied: Vec<_> = (101..300)
            .filter_map(|tick| {
                let applied = inputs.take(Tick(tick))?;
                Some((tick, applied.controls, applied.report.margin))
            })
            .collect();
        assert_eq!(applied, expected);
    }

    #[test]
    fn an_input_is_applied_at_the_tick_it_is_stamped_for() {
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
    fn with_pace_on_demand_an_input_is_applied_at_the_next_tick() {
        let mut inputs = InputBuffer::new(0);
        inputs.handle(Tick(103), 'a', Tick(100));
        let report = InputReport { stamp: 103, margin: 2 };
        assert_eq!(inputs.take(Tick(101)), Some(DueInput { controls: 'a', report }));
    }

    #[test]
    fn of_two_inputs_for_one_tick_the_later_is_applied() {
        check(&[(104, 'a'), (104, 'b')], &[(104, 'b', 3)]);
    }

    #[test]
    fn inputs_are_applied_in_order_of_arrival() {
        check(&[(110, 'a'), (104, 'b')], &[(110, 'b', 3)]);
    }

    #[test]
    fn inputs_of_an_earlier_connection_apply_before_those_of_the_new_one() {
        let mut inputs = InputBuffer::new(30);
        inputs.handle(Tick(103), 'a', Tick(100));
        inputs.handle(Tick(106), 'd', Tick(100));
        for (stamp, controls) in [(90, 'b'), (104, 'c'), (106, 'x'), (107, 'x')] {
            inputs.handle_earlier(Tick(stamp), controls, Tick(100), Tick(106));
        }
        let applied: Vec<_> = (101..110).filter_map(|tick| Some((tick, inputs.take(Tick(tick))?.controls))).collect();
        assert_eq!(applied, [(101, 'b'), (103, 'a'), (104, 'c'), (106, 'd')]);
        inputs.handle_earlier(Tick(105), 'x', Tick(110), Tick(106));
        assert_eq!(inputs.take(Tick(111)), None, "a newer input has been applied");
    }

    #[test]
    fn a_flood_of_inputs_is_bounded_and_the_newest_is_applied() {
        let mut inputs = InputBuffer::new(30);
        (0..10_000).for_each(|number| inputs.handle(Tick(110), number, Tick(100)));
        assert_eq!(inputs.pending.len(), PENDING_MAX);
        assert_eq!(inputs.take(Tick(110)).map(|applied| applied.controls), Some(9_999));
    }
}
