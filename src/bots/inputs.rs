//! What a bot holds, and what became of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tickcast_protocol::{Game, Input, InputReport, Lead, Tick};

use super::options::LeadChoice;
use super::tally::Window;

/// How long a bot holds the same controls before it says so again: the protocol asks for once a second.
const REPEAT: Duration = Duration::from_millis(900);
/// The most changes that wait to be reported: two seconds of changes in every tick at the highest tick rate.
const UNREPORTED_MAX: usize = 240;

/// A bot's controls on their way to the server.
#[derive(Debug)]
pub(super) struct Inputs<G: Game> {
    stamps: Stamps,
    held: Option<G::Controls>,
    sent_at: Option<Instant>,
    /// Changes that no snapshot has called applied yet: for which tick, and when they were sent.
    unreported: VecDeque<(Tick, Instant)>,
}

#[derive(Debug)]
enum Stamps {
    Tuned(Lead),
    Fixed(i32),
}

impl<G: Game> Inputs<G> {
    pub(super) fn new(lead: LeadChoice, tick_rate: u16) -> Self {
        let stamps = match lead {
            LeadChoice::Auto => Stamps::Tuned(Lead::new(tick_rate)),
            LeadChoice::Ticks(ticks) => Stamps::Fixed(ticks.into()),
        };
        Self { stamps, held: None, sent_at: None, unreported: VecDeque::new() }
    }

    /// The input to send, if the controls changed or were told too long ago.
    pub(super) fn poll(&mut self, controls: G::Controls, newest: Tick, now: Instant) -> Option<Input<G>> {
        let is_change = self.held != Some(controls);
        if !is_change && self.sent_at.is_some_and(|sent_at| now - sent_at < REPEAT) {
            return None;
        }
        let tick = match &mut self.stamps {
            Stamps::Tuned(lead) => lead.stamp(newest),
            Stamps::Fixed(ticks) => newest.plus(*ticks),
        };
        if is_change {
            if self.unreported.len() == UNREPORTED_MAX {
                self.unreported.pop_front();
            }
            self.unreported.push_back((tick, now));
        }
        self.held = Some(controls);
        self.sent_at = Some(now);
        Some(Input { tick, acknowledged: newest, controls })
    }

    /// Takes what the snapshot of tick `newest` says of an input. Inputs for earlier ticks were applied with it, or before.
    pub(super) fn handle_report(&mut self, report: InputReport, newest: Tick, now: Instant, window: Option<&mut Window>) {
        if let Stamps::Tuned(lead) = &mut self.stamps {
            lead.learn(report, newest);
        }
        let reported = newest.plus(report.stamp.wrapping_sub(newest.0 as u8).cast_signed().into());
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
    use tickcast_protocol::arena::{Arena, Controls};

    const FIRING: Controls = Controls { fire: true, ..IDLE };
    const IDLE: Controls = Controls { steering: tickcast_protocol::arena::Steering::Ahead, thrust: false, fire: false };

    fn inputs() -> Inputs<Arena> {
        Inputs::new(LeadChoice::Ticks(1), 30)
    }

    fn after_ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn controls_are_sent_on_change_and_again_within_a_second() {
        let (mut inputs, start) = (inputs(), Instant::now());
        assert!(inputs.poll(IDLE, Tick(10), start).is_some(), "the first");
        assert_eq!(inputs.poll(IDLE, Tick(11), after_ms(start, 33)), None);
        let change = inputs.poll(FIRING, Tick(12), after_ms(start, 66)).expect("a change");
        assert_eq!((change.tick, change.acknowledged), (Tick(13), Tick(12)));
        assert_eq!(inputs.poll(FIRING, Tick(38), after_ms(start, 900)), None);
        assert!(inputs.poll(FIRING, Tick(40), after_ms(start, 970)).is_some(), "once more");
    }

    #[test]
    fn latency_ends_with_the_first_report_of_the_input_or_a_later_one() {
        let (mut inputs, mut window, start) = (inputs(), Window::default(), Instant::now());
        inputs.poll(IDLE, Tick(254), start);
        inputs.poll(FIRING, Tick(257), after_ms(start, 100));
        let mut report = |stamp, newest, ms| {
            let report = InputReport { stamp, margin: 0 };
            inputs.handle_report(report, Tick(newest), after_ms(start, ms), Some(&mut window));
            window.input_latency.percentiles().max
        };
        assert!(report(254, 256, 40).is_nan(), "an earlier input");
        assert!((report(255, 256, 50) - 50.0).abs() < 0.1);
        assert!((report(4, 260, 220) - 120.0).abs() < 0.2, "a later input");
    }

    #[test]
    fn only_a_negative_margin_is_late() {
        let (mut inputs, mut window) = (inputs(), Window::default());
        for margin in [-1, 0, 3, -7] {
            inputs.handle_report(InputReport { stamp: 5, margin }, Tick(5), Instant::now(), Some(&mut window));
        }
        assert_eq!(window.late_inputs, 2);
    }
}
