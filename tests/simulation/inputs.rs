//! When each input must be applied: the rules of stamping, told once more and as simply as can be.

use std::collections::BTreeMap;

use tickcast_arena::{Arena, Controls};
use tickcast_game::Command;
use tickcast_protocol::{Input, InputReport, Tick};
use tickcast_room::SessionId;
use tickcast_room::replication::Delivery;

use super::line::later;
use super::seats::Seats;

/// How many inputs of a session wait. Of those beyond, only the newest is kept.
const WAITING_MAX: usize = 128;

/// When each input must be applied.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// How far ahead of the next tick an input may be stamped.
    lead_max: i32,
    /// In the order of their arrival.
    waiting: BTreeMap<SessionId, Vec<Waiting>>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    due: Tick,
    controls: Controls,
    report: InputReport,
}

impl Inputs {
    pub(crate) const fn new(tick_rate: u16) -> Self {
        Self { lead_max: tick_rate as i32, waiting: BTreeMap::new() }
    }

    /// An input arrives while the room is at `now`.
    pub(crate) fn note(&mut self, session: SessionId, input: &Input<Arena>, now: Tick) {
        let next = now.next();
        let margin = input.tick.since(next);
        let due = match margin {
            ..0 => next,
            margin if margin > self.lead_max => next.plus(self.lead_max),
            _ => input.tick,
        };
        let waiting = self.waiting.entry(session).or_default();
        let due = waiting.iter().map(|before| before.due).fold(due, later);
        let report = InputReport { stamp: input.tick.0 as u8, margin: margin.clamp(-128, 127) as i8 };
        waiting.truncate(WAITING_MAX - 1);
        waiting.push(Waiting { due, controls: input.controls, report });
    }

    /// Nothing more is expected of a session.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.waiting.remove(&session);
    }

    /// Fails unless the tick's commands steer each player as they asked for at that tick, and they are told so.
    pub(crate) fn check(
        &mut self,
        tick: Tick,
        commands: &[Command<Arena>],
        deliveries: &[(SessionId, Delivery)],
        seats: &Seats,
    ) {
        self.waiting.retain(|session, _| seats.player(*session).is_some());
        for (session, waiting) in &mut self.waiting {
            let due = waiting.extract_if(.., |input| input.due == tick).last();
            let player = seats.player(*session).expect("others are forgotten");
            let steered = commands.iter().find_map(|command| match command {
                Command::Controls(steered, controls) if *steered == player => Some(*controls),
                _ => None,
            });
            // Whoever comes back in the tick in which they were lost had let go of the controls.
            let expected = due.map(|input| input.controls).or(steered.filter(|it| *it == Controls::default()));
            assert_eq!(steered, expected, "{player:?} at tick {}", tick.0);
            let told = deliveries.iter().find(|(told, _)| told == session).map(|(_, delivery)| delivery.report);
            assert!(told.is_none_or(|told| told == due.map(|input| input.report)), "{told:?} is told of {due:?}");
        }
    }
}
