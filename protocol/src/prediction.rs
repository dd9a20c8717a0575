//! One's own ship ahead of the server.
//!
//! The technique is client-side prediction with server reconciliation, as Gabriel Gambetta's "Fast-Paced Multiplayer" and
//! Yahn Bernier's "Latency Compensating Methods" (GDC 2001) describe it. Here both sides run the same exact kernel, so that
//! an undisturbed ship is never corrected.

use std::collections::VecDeque;

use crate::game::coast_all;
use crate::{EntityId, EntityMap, Game, InputReport, PlayerId, Replica, Tick};

/// The most inputs that wait for the server: two seconds at the highest tick rate.
const PENDING_MAX: usize = 240;
/// Reports tell stamps apart that are less than this away: an older input that was not told of has come to nothing.
const LATE_TICKS_MAX: i32 = 128;

/// The inputs that the server has not told of yet, and what they will do.
#[derive(Clone, Debug)]
pub struct Prediction<G: Game> {
    avatar: EntityId,
    pending: VecDeque<(Tick, G::Controls)>,
}

impl<G: Game> Prediction<G> {
    /// Predicts what that player moves.
    #[must_use]
    pub fn new(player: PlayerId) -> Self {
        Self { avatar: G::avatar(player), pending: VecDeque::new() }
    }

    /// Notes an input that was sent for `tick`. Of two for the same tick, the later counts.
    pub fn record(&mut self, tick: Tick, controls: G::Controls) {
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back((tick, controls));
    }

    /// Forgets the inputs that the replica's tick has seen, and what it told of them. One that was too late for its tick is
    /// kept until it is told of: it will be applied in one of the next.
    pub fn confirm(&mut self, replica: &Replica<G>, report: Option<InputReport>) {
        let Some(confirmed) = replica.tick() else { return };
        let is_told = |(tick, _): &(Tick, _)| report.is_some_and(|report| tick.0 as u8 == report.stamp);
        let told = self.pending.iter().rposition(is_told).map_or(0, |at| at + 1);
        self.pending.drain(..told);
        self.pending.retain(|(tick, _)| confirmed.since(*tick) < LATE_TICKS_MAX);
    }

    /// The player's entity and what it gave birth to meanwhile, at tick `to`: the confirmed one, with the unconfirmed inputs
    /// replayed. Empty while the player has nothing in the world.
    #[must_use]
    pub fn predict(&self, replica: &Replica<G>, to: Tick) -> EntityMap<G::Entity> {
        let mut own = EntityMap::default();
        let (Some(mut tick), Some(avatar)) = (replica.tick(), replica.entities().get(self.avatar)) else {
            return own;
        };
        own.insert(self.avatar, avatar.clone());
        let next = tick.next();
        while to.is_newer_than(tick) {
            tick = tick.next();
            let is_due = |(at, _): &&(Tick, _)| *at == tick || (tick == next && !at.is_newer_than(next));
            for (_, controls) in self.pending.iter().filter(is_due) {
                if let Some(avatar) = own.get_mut(self.avatar) {
                    G::steer(avatar, *controls);
                }
            }
            coast_all::<G>(replica.rules(), &mut own);
        }
        own
    }
}

/// How far ahead of the newest snapshot inputs are stamped, so that they arrive just in time.
///
/// It needs no clock: the server reports how early each input came ([`InputReport`]), and the lead grows at once when one was
/// late and shrinks slowly while all come too early.
#[derive(Clone, Debug)]
pub struct Lead {
    ticks: i32,
    ticks_max: i32,
    /// Reports of inputs stamped before this were earned by another lead.
    changed_at: Option<Tick>,
    early_in_a_row: u32,
    stamped: Option<Tick>,
}

impl Lead {
    const START: i32 = 2;
    /// Inputs are meant to arrive at least this many ticks early: one, against jitter.
    const MARGIN_MIN: i32 = 1;
    /// The lead shrinks when this many inputs in a row were earlier than they need be.
    const EARLY_MAX: u32 = 8;

    /// The lead a client starts with; it never exceeds a second.
    #[must_use]
    pub fn new(tick_rate: u16) -> Self {
        Self { ticks: Self::START, ticks_max: tick_rate.into(), changed_at: None, early_in_a_row: 0, stamped: None }
    }

    /// How many ticks.
    #[must_use]
    pub const fn ticks(&self) -> i32 {
        self.ticks
    }

    /// The tick to stamp an input with, when `newest` is the newest tick received. Stamps never go back.
    pub fn stamp(&mut self, newest: Tick) -> Tick {
        let ahead = newest.plus(self.ticks);
        let stamp = self.stamped.filter(|stamped| stamped.is_newer_than(ahead)).unwrap_or(ahead);
        self.stamped = Some(stamp);
        stamp
    }

    /// Learns from what the server said of an input, in the snapshot of tick `newest`.
    pub fn learn(&mut self, report: InputReport, newest: Tick) {
        let stamp = newest.plus(i32::from((report.stamp.wrapping_sub(newest.0 as u8)).cast_signed()));
        if self.changed_at.is_some_and(|changed_at| changed_at.is_newer_than(stamp)) {
            return;
        }
        let margin = i32::from(report.margin);
        if margin < Self::MARGIN_MIN {
            self.change(Self::MARGIN_MIN - margin, newest);
        } else if margin > Self::MARGIN_MIN {
            self.early_in_a_row += 1;
            if self.early_in_a_row >= Self::EARLY_MAX {
                self.change(-1, newest);
            }
        } else {
            self.early_in_a_row = 0;
        }
    }

    fn change(&mut self, by: i32, newest: Tick) {
        self.ticks = (self.ticks + by).clamp(1, self.ticks_max);
        self.changed_at = Some(newest.plus(self.ticks));
        self.early_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::{Arena, Controls, Entity, Rules, Ship, Steering};
    use crate::{Angle, Change, Position, Snapshot, SnapshotHeader, ViewRect, Welcome};

    const THRUST: Controls = Controls { steering: Steering::Ahead, thrust: true, fire: false };

    fn report(stamp: Tick, margin: i8) -> InputReport {
        InputReport { stamp: stamp.0 as u8, margin }
    }

    #[test]
    fn a_late_input_lengthens_the_lead_once() {
        let mut lead = Lead::new(30);
        let stamp = lead.stamp(Tick(1000));
        assert_eq!(stamp, Tick(1002));
        lead.learn(report(stamp, -3), Tick(1005));
        assert_eq!(lead.ticks(), 6);
        lead.learn(report(Tick(1003), -3), Tick(1006));
        assert_eq!(lead.ticks(), 6, "an input sent under the old lead says nothing about the new one");
    }

    #[test]
    fn early_inputs_shorten_the_lead_slowly_and_stamps_never_go_back() {
        let mut lead = Lead::new(30);
        lead.learn(report(Tick(100), -5), Tick(105));
        let before = lead.stamp(Tick(200));
        for tick in 201..=208 {
            lead.learn(report(Tick(tick), 4), Tick(tick));
        }
        assert_eq!(lead.ticks(), 7);
        assert_eq!(lead.stamp(Tick(199)), before);
    }

    fn snapshot(reset: Option<Tick>, changes: Vec<Change<Arena>>) -> Snapshot<Arena> {
        let view = reset.map(|_| ViewRect { left: 0, top: 0, right: 255, bottom: 255 });
        Snapshot { header: SnapshotHeader { reset, view, ..SnapshotHeader::default() }, room: vec![], changes }
    }

    fn replica() -> Replica<Arena> {
        let room = "test".to_owned().try_into().expect("a name");
        let rules = Rules { tick_rate: 30, world_size: 4096 };
        Replica::new(&Welcome { seat: None, room, tick_rate: 30, cell_size: 128, rules }).expect("a grid")
    }

    /// A ship at tick 100 whose client sent one input for tick 101, and heard of two ticks without it.
    fn late() -> (Replica<Arena>, Prediction<Arena>) {
        let player = PlayerId(3);
        let (mut replica, mut prediction) = (replica(), Prediction::new(player));
        let ship = Entity::Ship(Ship::new(Position::at_units(500, 500), Angle::new(0), 0));
        let set = vec![Change::Set(Arena::avatar(player), ship)];
        replica.apply(&snapshot(Some(Tick(100)), set)).expect("a reset");
        prediction.record(Tick(101), THRUST);
        for _ in 0..2 {
            replica.apply(&snapshot(None, vec![])).expect("the next tick");
            prediction.confirm(&replica, None);
        }
        (replica, prediction)
    }

    #[test]
    fn a_late_input_counts_from_the_next_tick_on_until_it_is_told_of() {
        let (mut replica, mut prediction) = late();
        let predicted = prediction.predict(&replica, Tick(104));
        let steer = vec![Change::Steer(Arena::avatar(PlayerId(3)), THRUST)];
        replica.apply(&snapshot(None, steer)).expect("the next tick");
        prediction.confirm(&replica, Some(report(Tick(101), -2)));
        assert!(prediction.pending.is_empty());
        replica.apply(&snapshot(None, vec![])).expect("the next tick");
        assert_eq!(&predicted, replica.entities());
    }

    #[test]
    fn an_input_that_comes_to_nothing_is_forgotten() {
        let (mut replica, mut prediction) = late();
        for _ in 0..LATE_TICKS_MAX {
            replica.apply(&snapshot(None, vec![])).expect("the next tick");
            prediction.confirm(&replica, None);
        }
        assert!(prediction.pending.is_empty());
    }

    #[test]
    fn the_lead_is_bounded() {
        let mut lead = Lead::new(30);
        for tick in (0..10_000).step_by(100) {
            lead.learn(report(Tick(tick), -100), Tick(tick));
        }
        assert_eq!(lead.ticks(), 30);
    }
}
