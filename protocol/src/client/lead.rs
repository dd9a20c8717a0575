//! Choice of the tick with which a client stamps its inputs.

use crate::message::InputReport;
use crate::units::Tick;

/// Number of ticks by which inputs are stamped ahead of the newest snapshot, so that they arrive just in time.
///
/// The lead is adapted without a clock. The server reports the margin of each input: how many ticks the input arrived
/// before it was due ([`InputReport`]). The target is a margin of one tick. The lead grows as soon as a margin is below the
/// target. It shrinks by one tick after eight larger margins in a row.
#[derive(Clone, Debug)]
pub struct Lead {
    ticks: i32,
    ticks_max: i32,
    /// First stamp of the current lead: when the lead changes, this is set to the newest snapshot's tick plus the new lead.
    /// Reports on inputs with an older stamp are ignored, because a previous lead determined the stamp.
    changed_at: Option<Tick>,
    early_in_a_row: u32,
    last_stamp: Option<Tick>,
}

impl Lead {
    const TICKS_INITIAL: i32 = 2;
    /// Desired margin of an input in ticks. It absorbs jitter.
    const MARGIN_TARGET: i32 = 1;
    /// Number of consecutive inputs with a larger margin after which the lead shrinks.
    const EARLY_MAX: u32 = 8;

    /// Creates a lead of two ticks. It never falls below one tick or exceeds one second.
    #[must_use]
    pub fn new(tick_rate: u16) -> Self {
        Self {
            ticks: Self::TICKS_INITIAL,
            ticks_max: tick_rate.into(),
            changed_at: None,
            early_in_a_row: 0,
            last_stamp: None,
        }
    }

    /// The current lead in ticks.
    #[must_use]
    pub const fn ticks(&self) -> i32 {
        self.ticks
    }

    /// The tick with which to stamp an input, where `newest` is the tick of the newest snapshot. Stamps never decrease.
    pub fn stamp(&mut self, newest: Tick) -> Tick {
        let ahead = newest.plus(self.ticks);
        let stamp = self.last_stamp.filter(|last| last.is_newer_than(ahead)).unwrap_or(ahead);
        self.last_stamp = Some(stamp);
        stamp
    }

    /// Adapts the lead to a report that arrived in the snapshot of tick `newest`.
    pub fn handle_report(&mut self, report: InputReport, newest: Tick) {
        let stamp = newest.plus(i32::from((report.stamp.wrapping_sub(newest.0 as u8)).cast_signed()));
        if self.changed_at.is_some_and(|changed_at| changed_at.is_newer_than(stamp)) {
            return;
        }
        let margin = i32::from(report.margin);
        if margin < Self::MARGIN_TARGET {
            self.change(Self::MARGIN_TARGET - margin, newest);
        } else if margin > Self::MARGIN_TARGET {
            self.early_in_a_row += 1;
            if self.early_in_a_row >= Self::EARLY_MAX {
                self.change(-1, newest);
            }
        } else {
            self.early_in_a_row = 0;
        }
    }

    fn change(&mut self, difference: i32, newest: Tick) {
        self.ticks = (self.ticks + difference).clamp(1, self.ticks_max);
        self.changed_at = Some(newest.plus(self.ticks));
        self.early_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(stamp: Tick, margin: i8) -> InputReport {
        InputReport { stamp: stamp.0 as u8, margin }
    }

    #[test]
    fn a_late_input_increases_the_lead_once() {
        let mut lead = Lead::new(30);
        let stamp = lead.stamp(Tick(1000));
        assert_eq!(stamp, Tick(1002));
        lead.handle_report(report(stamp, -3), Tick(1005));
        assert_eq!(lead.ticks(), 6);
        lead.handle_report(report(Tick(1003), -3), Tick(1006));
        assert_eq!(lead.ticks(), 6, "a report of an input stamped with the previous lead is ignored");
    }

    #[test]
    fn early_inputs_decrease_the_lead_slowly_and_stamps_never_decrease() {
        let mut lead = Lead::new(30);
        lead.handle_report(report(Tick(100), -5), Tick(105));
        let before = lead.stamp(Tick(200));
        for tick in 201..=208 {
            lead.handle_report(report(Tick(tick), 4), Tick(tick));
        }
        assert_eq!(lead.ticks(), 7);
        assert_eq!(lead.stamp(Tick(199)), before);
    }

    #[test]
    fn the_lead_never_exceeds_one_second() {
        let mut lead = Lead::new(30);
        for tick in (0..10_000).step_by(100) {
            lead.handle_report(report(Tick(tick), -100), Tick(tick));
        }
        assert_eq!(lead.ticks(), 30);
    }
}
