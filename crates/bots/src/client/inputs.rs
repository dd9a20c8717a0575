//! Inputs of a bot: when to send them, and the latency until the server reports them as applied.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tickcast_protocol::{GameProtocol, Input, InputReport, Lead, Pace, TailProbe, Tick};

use crate::options::LeadChoice;
use crate::report::Window;

/// Interval at which unchanged controls are sent again. The protocol specifies at least one input per second.
const REPEAT_INTERVAL: Duration = Duration::from_millis(900);
/// Maximum length of `unreported`: one input per tick for two seconds at the highest tick rate, 120.
const UNREPORTED_MAX: usize = 240;

/// Inputs of one bot.
#[derive(Debug)]
pub(crate) struct Inputs<G: GameProtocol> {
    stamping: Stamping,
    /// In a room with pace on demand, unchanged controls are not sent again: they would cause a tick.
    pace: Pace,
    /// Controls of the last input. `stamp` is its tick, and `sent_at` the time at which it was sent.
    controls: Option<G::Controls>,
    stamp: Option<Tick>,
    sent_at: Option<Instant>,
    /// Inputs whose latency is measured and that no snapshot has reported as applied yet. Each has the tick that it is stamped
    /// for and the time at which it was sent.
    unreported: VecDeque<(Tick, Instant)>,
    tail_probe: TailProbe,
}

#[derive(Debug)]
enum Stamping {
    Adaptive(Lead),
    Fixed(i32),
}

impl<G: GameProtocol> Inputs<G> {
    /// `initial` is the lead of a real client that has just joined a room with this pace.
    pub(crate) fn new(lead: LeadChoice, initial: Lead, pace: Pace) -> Self {
        let stamping = match lead {
            LeadChoice::Auto => Stamping::Adaptive(initial),
            LeadChoice::Ticks(ticks) => Stamping::Fixed(ticks.into()),
        };
        Self {
            stamping,
            pace,
            controls: None,
            stamp: None,
            sent_at: None,
            unreported: VecDeque::new(),
            tail_probe: TailProbe::default(),
        }
    }

    /// The input to send after the snapshot of tick `newest`. `None` if the controls have not changed and the repeat
    /// interval is not over.
    ///
    /// Also `None` if an input was already sent for the same tick. Of two inputs for one tick, the server would apply only
    /// the second, and the controls in the first would be lost.
    pub(crate) fn poll(&mut self, controls: G::Controls, newest: Tick, now: Instant) -> Option<Input<G>> {
        if self.controls == Some(controls) {
            let is_recent = self.sent_at.is_some_and(|sent_at| now - sent_at < REPEAT_INTERVAL);
            return if is_recent || self.pace == Pace::OnDemand { None } else { self.stamped(controls, newest, now) };
        }
        let input = self.measured(controls, newest, now)?;
        self.tail_probe.handle_input(input.tick);
        Some(input)
    }

    /// The input to send now, whether the controls changed or not. `None` if an input was already sent for the same tick.
    /// The latency of the input is measured.
    pub(crate) fn measured(&mut self, controls: G::Controls, newest: Tick, now: Instant) -> Option<Input<G>> {
        let input = self.stamped(controls, newest, now)?;
        if self.unreported.len() == UNREPORTED_MAX {
            self.unreported.pop_front();
        }
        self.unreported.push_back((input.tick, now));
        Some(input)
    }

    fn stamped(&mut self, controls: G::Controls, newest: Tick, now: Instant) -> Option<Input<G>> {
        let tick = match &mut self.stamping {
            Stamping::Adaptive(lead) => lead.stamp(newest),
            Stamping::Fixed(ticks) => newest.plus(*ticks),
        };
        if self.stamp == Some(tick) {
            return None;
        }
        self.controls = Some(controls);
        self.stamp = Some(tick);
        self.sent_at = Some(now);
        Some(Input { tick, acknowledged: newest, controls })
    }

    /// Whether a tail probe is due ([`TailProbe`]). To be called in each tick in which no other message is due.
    pub(crate) fn poll_tail_probe(&mut self) -> bool {
        self.tail_probe.poll()
    }

    /// Handles the input report in the snapshot of tick `newest`. All inputs with earlier stamps than the reported one have
    /// been applied too.
    pub(crate) fn handle_report(&mut self, report: InputReport, newest: Tick, now: Instant, window: Option<&mut Window>) {
        if let Stamping::Adaptive(lead) = &mut self.stamping {
            lead.handle_report(report, newest);
        }
        let reported = newest.plus(report.stamp.wrapping_sub(newest.0 as u8).cast_signed().into());
        self.tail_probe.handle_report(report);
        let applied = self.unreported.iter().take_while(|(tick, _)| !tick.is_newer_than(reported)).count();
        let applied = self.unreported.drain(..applied);
        if let Some(window) = window {
            applied.for_each(|(_, sent_at)| window.input_latency.record(now - sent_at));
            window.late_inputs += u64::from(report.margin < 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Controls};

    const FIRING: Controls = Controls { fire: true, ..IDLE };
    const IDLE: Controls =
        Controls { steering: tickcast_arena::Steering::Ahead, thrust: false, fire: false, dash: false, choice: None };

    fn inputs() -> Inputs<Arena> {
        Inputs::new(LeadChoice::Ticks(1), Lead::new(30), Pace::Steady)
    }

    fn after_ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn controls_are_sent_on_change_and_repeated_within_a_second() {
        let (mut inputs, start) = (inputs(), Instant::now());
        assert!(inputs.poll(IDLE, Tick(10), start).is_some(), "the first input");
        assert_eq!(inputs.poll(IDLE, Tick(11), after_ms(start, 33)), None);
        let change = inputs.poll(FIRING, Tick(12), after_ms(start, 66)).expect("the controls changed");
        assert_eq!((change.tick, change.acknowledged), (Tick(13), Tick(12)));
        assert_eq!(inputs.poll(FIRING, Tick(38), after_ms(start, 900)), None);
        assert!(inputs.poll(FIRING, Tick(40), after_ms(start, 970)).is_some(), "a repetition");
    }

    #[test]
    fn controls_are_not_repeated_in_a_room_with_pace_on_demand() {
        let (mut inputs, start) = (Inputs::<Arena> { pace: Pace::OnDemand, ..inputs() }, Instant::now());
        assert!(inputs.poll(IDLE, Tick(10), start).is_some(), "the first input");
        assert_eq!(inputs.poll(IDLE, Tick(11), after_ms(start, 5_000)), None);
        assert!(inputs.poll(FIRING, Tick(11), after_ms(start, 5_001)).is_some());
    }

    #[test]
    fn controls_hold_for_a_tick_while_the_lead_shrinks() {
        let mut inputs = Inputs::<Arena>::new(LeadChoice::Auto, Lead::new(30), Pace::Steady);
        let start = Instant::now();
        inputs.poll(IDLE, Tick(100), start);
        (0..8).for_each(|tick| {
            let report = InputReport { stamp: 102 + tick, margin: 3 };
            inputs.handle_report(report, Tick(102 + u32::from(tick)), start, None);
        });
        let stamp = |input: Option<Input<Arena>>| input.map(|input| (input.tick, input.controls));
        assert_eq!(stamp(inputs.poll(FIRING, Tick(101), start)), None, "the tick after this one has an input already");
        assert_eq!(stamp(inputs.poll(FIRING, Tick(102), start)), Some((Tick(103), FIRING)));
    }

    #[test]
    fn messages_follow_changed_controls_until_they_are_reported() {
        let (mut inputs, start) = (inputs(), Instant::now());
        inputs.poll(FIRING, Tick(10), start);
        assert!(inputs.poll_tail_probe());
        inputs.handle_report(InputReport { stamp: 11, margin: 0 }, Tick(11), start, None);
        assert!(!inputs.poll_tail_probe());
    }

    #[test]
    fn latency_is_measured_until_the_input_or_a_later_one_is_reported() {
        let (mut inputs, mut window, start) = (inputs(), Window::default(), Instant::now());
        inputs.poll(IDLE, Tick(254), start);
        inputs.poll(FIRING, Tick(257), after_ms(start, 100));
        let mut report = |stamp, newest, ms| {
            let report = InputReport { stamp, margin: 0 };
            inputs.handle_report(report, Tick(newest), after_ms(start, ms), Some(&mut window));
            window.input_latency.percentiles().max
        };
        assert!(report(254, 256, 40).is_nan(), "the report is of an earlier input");
        assert!((report(255, 256, 50) - 50.0).abs() < 0.1);
        assert!((report(4, 260, 220) - 120.0).abs() < 0.2, "the report is of a later input");
    }

    #[test]
    fn only_inputs_with_a_negative_margin_count_as_late() {
        let (mut inputs, mut window) = (inputs(), Window::default());
        for margin in [-1, 0, 3, -7] {
            inputs.handle_report(InputReport { stamp: 5, margin }, Tick(5), Instant::now(), Some(&mut window));
        }
        assert_eq!(window.late_inputs, 2);
    }
}
