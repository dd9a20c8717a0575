//! Choice of the tick with which a client stamps its inputs.

use crate::game::GameProtocol;
use crate::message::{InputReport, Welcome};
use crate::units::{Pace, Tick};

/// Number of ticks by which inputs are stamped ahead of the newest snapshot, so that they arrive just in time.
///
/// The lead is adapted without a clock. The server reports the margin of each input: how many ticks the input arrived
/// before it was due ([`InputReport`]). The target is a margin of one tick:
///
/// - If a margin is below the target, the lead grows at once by the difference, but by at most a quarter of a second per
///   report: the cause of a very late input is a stall of the connection, which no lead makes up for.
/// - After eight consecutive margins above the target, the lead shrinks by the difference between the smallest of them and
///   the target. Two consecutive margins suffice if at least two seconds lie between their reports, because a client whose
///   controls do not change gets only one report per second.
///
/// In a room with [`Pace::OnDemand`], the lead is always one tick, because the server applies an input in its next tick.
#[derive(Clone, Debug)]
pub struct Lead {
    ticks: i32,
    tick_rate: i32,
    /// When the lead changes, this is set to the tick of the newest snapshot plus the new lead: the first stamp with the
    /// new lead. Reports on older stamps are ignored, because these stamps have a previous lead. `None` until the first
    /// change.
    changed_at: Option<Tick>,
    early: Option<Early>,
    last_stamp: Option<Tick>,
}

/// Consecutive reports with margins above the target.
#[derive(Clone, Copy, Debug)]
struct Early {
    reports: u32,
    margin_min: i32,
    /// Tick of the snapshot that contained the first of the consecutive reports.
    since: Tick,
}

impl Lead {
    const TICKS_INITIAL: i32 = 2;
    /// Desired margin of an input in ticks. An input that jitter delays by up to one tick thus still arrives in time.
    const MARGIN_TARGET: i32 = 1;
    /// Number of consecutive early inputs after which the lead shrinks.
    const EARLY_REPORTS_MAX: u32 = 8;
    /// Time in seconds after which `EARLY_REPORTS_MIN` consecutive early inputs suffice.
    const EARLY_SECONDS_MAX: i32 = 2;
    /// Minimum number of consecutive early inputs after which the lead shrinks. Greater than one, because jitter may be the
    /// cause of a single early input.
    const EARLY_REPORTS_MIN: u32 = 2;
    /// A report increases the lead by at most one second divided by this number.
    const GROWTHS_PER_SECOND: i32 = 4;

    /// Creates the lead of a client in this room.
    #[must_use]
    pub fn for_room<G: GameProtocol>(welcome: &Welcome<G>) -> Self {
        match welcome.pace {
            Pace::Steady => Self::new(welcome.tick_rate),
            // One second is at least one tick.
            Pace::OnDemand => Self::new(1),
        }
    }

    /// Creates a lead of two ticks. The lead never falls below one tick or exceeds one second.
    #[must_use]
    pub fn new(tick_rate: u16) -> Self {
        let ticks = Self::TICKS_INITIAL.min(tick_rate.into());
        Self { ticks, tick_rate: tick_rate.into(), changed_at: None, early: None, last_stamp: None }
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
            let growth_max = (self.tick_rate + Self::GROWTHS_PER_SECOND - 1) / Self::GROWTHS_PER_SECOND;
            self.change((Self::MARGIN_TARGET - margin).min(growth_max), newest);
        } else if margin > Self::MARGIN_TARGET {
            self.handle_early(margin, newest);
        } else {
            self.early = None;
        }
    }

    fn handle_early(&mut self, margin: i32, newest: Tick) {
        let early = self.early.get_or_insert(Early { reports: 0, margin_min: margin, since: newest });
        early.reports += 1;
        early.margin_min = early.margin_min.min(margin);
        let Early { reports, margin_min, since } = *early;
        let is_long = newest.since(since) >= Self::EARLY_SECONDS_MAX * self.tick_rate;
        if reports >= Self::EARLY_REPORTS_MAX || (is_long && reports >= Self::EARLY_REPORTS_MIN) {
            self.change(Self::MARGIN_TARGET - margin_min, newest);
        }
    }

    fn change(&mut self, difference: i32, newest: Tick) {
        self.ticks = (self.ticks + difference).clamp(1, self.tick_rate);
        self.changed_at = Some(newest.plus(self.ticks));
        self.early = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_game::welcome;

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
    fn early_inputs_decrease_the_lead_by_the_least_excess() {
        let mut lead = Lead::new(30);
        lead.handle_report(report(Tick(100), -5), Tick(105));
        let before = lead.stamp(Tick(200));
        for (tick, margin) in (201..=208).zip([6, 5, 4, 5, 6, 7, 4, 5]) {
            assert_eq!(lead.ticks(), 8);
            lead.handle_report(report(Tick(tick), margin), Tick(tick));
        }
        assert_eq!(lead.ticks(), 5);
        assert_eq!(lead.stamp(Tick(199)), before, "stamps never decrease");
    }

    #[test]
    fn after_a_stall_the_lead_grows_by_a_quarter_of_a_second_and_soon_recovers() {
        let mut lead = Lead::new(30);
        let stalled = lead.stamp(Tick(1000));
        lead.handle_report(report(stalled, -89), Tick(1100));
        assert_eq!(lead.ticks(), 10);
        // The client sends one input per second. Each arrives seven ticks early.
        for tick in [1130, 1160, 1190] {
            assert_eq!(lead.ticks(), 10);
            let stamp = lead.stamp(Tick(tick));
            lead.handle_report(report(stamp, 7), Tick(tick + 10));
        }
        assert_eq!(lead.ticks(), 4);
    }

    #[test]
    fn inputs_that_arrive_just_in_time_keep_the_lead() {
        let mut lead = Lead::new(30);
        for tick in 1000..1100 {
            let margin = if tick % 8 == 0 { 1 } else { 3 };
            lead.handle_report(report(Tick(tick), margin), Tick(tick));
        }
        assert_eq!(lead.ticks(), 2);
    }

    #[test]
    fn an_input_in_a_room_with_pace_on_demand_is_always_stamped_for_the_next_tick() {
        let welcome = Welcome { pace: Pace::OnDemand, ..welcome() };
        let mut lead = Lead::for_room(&welcome);
        for (tick, margin) in (1000..1100).zip([-128, -1, 0, 1, 7].into_iter().cycle()) {
            let stamp = lead.stamp(Tick(tick));
            assert_eq!(stamp, Tick(tick + 1));
            lead.handle_report(report(stamp, margin), Tick(tick + 1));
        }
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
