//! Behaviour of load-testing bots in Arena. Bots run on the client side, so floating point is allowed here.

#![expect(clippy::disallowed_types, clippy::float_arithmetic, reason = "bots are clients: they need not be reproducible")]

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_game::protocol::{Angle, GameProtocol, PlayerId, Position, Replica};
use tickcast_game::{Behaviour, Bots, Brain};

use crate::Arena;
use crate::rules::ArenaGame;
use crate::wire::{Choice, Controls, Entity, Steering, ids};

/// Distance in world units below which a hunter stops thrusting.
const APPROACH_DISTANCE: f64 = 250.0;

/// Decision logic of a bot in Arena.
#[derive(Clone, Debug)]
pub struct ArenaBrain {
    behaviour: Behaviour,
    tick_rate: u32,
    rng: Xoshiro256PlusPlus,
    heading: Angle,
    ticks_to_turn: u32,
    /// The last decision, without the choice.
    decided: Controls,
    choice: Option<Choice>,
}

impl Bots for ArenaGame {
    type Brain = ArenaBrain;

    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> ArenaBrain {
        ArenaBrain::new(behaviour, tick_rate, seed)
    }

    fn kind(entity: &Entity) -> &'static str {
        match entity {
            Entity::Ship(_) => "ship",
            Entity::Bullet(_) => "bullet",
            Entity::Rock(_) => "rock",
            Entity::Orb(_) => "orb",
        }
    }
}

impl Brain<Arena> for ArenaBrain {
    fn decide(&mut self, player: PlayerId, replica: Option<&Replica<Arena>>) -> Controls {
        let controls = match self.behaviour {
            Behaviour::Wander => self.wander(),
            Behaviour::Hunt => self.hunt(player, replica),
            Behaviour::Idle => return Controls::default(),
        };
        // A choice begins and ends together with other changes of the controls, so it costs no bytes of its own.
        if self.decided != controls {
            self.decided = controls;
            self.choice = replica.and_then(|replica| choice(player, replica));
        }
        Controls { choice: self.choice, ..controls }
    }
}

impl ArenaBrain {
    fn new(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let tick_rate = u32::from(tick_rate).max(4);
        let heading = random_heading(&mut rng);
        let ticks_to_turn = rng.random_range(1..=tick_rate);
        Self { behaviour, tick_rate, rng, heading, ticks_to_turn, decided: Controls::default(), choice: None }
    }

    /// Thrusts, and changes direction every 0.75 to 1.25 seconds.
    fn wander(&mut self) -> Controls {
        self.ticks_to_turn -= 1;
        if self.ticks_to_turn == 0 {
            self.heading = random_heading(&mut self.rng);
            self.ticks_to_turn = self.rng.random_range(self.tick_rate * 3 / 4..=self.tick_rate * 5 / 4);
        }
        Controls { steering: Steering::Towards(self.heading), thrust: true, ..Controls::default() }
    }

    /// Fires continuously. Follows the nearest other ship in view. Without such a ship, or without a ship of its own, the
    /// bot wanders.
    fn hunt(&mut self, player: PlayerId, replica: Option<&Replica<Arena>>) -> Controls {
        let Some((aim, distance)) = replica.and_then(|replica| nearest_ship(player, replica)) else {
            return Controls { fire: true, ..self.wander() };
        };
        let thrust = distance > APPROACH_DISTANCE;
        Controls { steering: Steering::Towards(aim), thrust, fire: true, ..Controls::default() }
    }
}

fn random_heading(rng: &mut Xoshiro256PlusPlus) -> Angle {
    Angle::new(rng.random_range(0..Angle::TURN))
}

/// The first upgrade, if the player's ship has an offer.
fn choice(player: PlayerId, replica: &Replica<Arena>) -> Option<Choice> {
    match replica.entities().get(Arena::avatar(player)) {
        Some(Entity::Ship(ship)) => ship.progress.offer().next().map(|_| Choice::First),
        _ => None,
    }
}

/// Direction and distance in world units from the player's ship to the nearest other ship.
fn nearest_ship(player: PlayerId, replica: &Replica<Arena>) -> Option<(Angle, f64)> {
    let own = Arena::avatar(player);
    let origin = replica.entities().get(own)?.position();
    let mut nearest: Option<(Angle, f64)> = None;
    for (id, ship) in replica.entities().range(0..ids::SHIPS) {
        let position = ship.position();
        let (x, y) = (f64::from(position.x - origin.x), f64::from(position.y - origin.y));
        let distance = x.hypot(y) / f64::from(Position::UNIT);
        if id != own && nearest.is_none_or(|(_, shortest)| distance < shortest) {
            nearest = Some((Angle::new((y.atan2(x) / TAU * f64::from(Angle::TURN)).round() as i32), distance));
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Progress, Rules, Ship};
    use tickcast_game::protocol::{Change, Pace, Snapshot, SnapshotHeader, Tick, ViewRect, Welcome};

    const RATE: u16 = 30;
    const OWN: PlayerId = PlayerId(3);

    /// The decisions of a bot in `ticks` ticks, without a replica.
    fn decisions(behaviour: Behaviour, seed: u64, ticks: usize) -> Vec<Controls> {
        let mut brain = ArenaBrain::new(behaviour, RATE, seed);
        (0..ticks).map(|_| brain.decide(OWN, None)).collect()
    }

    /// A replica with ships at these positions, in world units. The first is the player's own.
    fn replica(positions: &[(i32, i32)]) -> Replica<Arena> {
        let rules = Rules { tick_rate: RATE, world_size: 4096, round_s: 0 };
        let room = "main".parse().expect("the room name is valid");
        let welcome = Welcome { seat: None, room, tick_rate: RATE, pace: Pace::Steady, cell_size: 128, rules };
        let mut replica = Replica::new(&welcome).expect("the grid is valid");
        let ship = |(number, (x, y)): (u16, &(i32, i32))| {
            let ship = Ship::new(Position::at_units(*x, *y), Angle::new(0), 0);
            Change::Upsert(ids::ship(PlayerId(OWN.0 + number)), Entity::Ship(ship))
        };
        let view = Some(ViewRect { left: 0, top: 0, right: 31, bottom: 31 });
        let header = SnapshotHeader { full: Some(Tick(9)), view, ..SnapshotHeader::default() };
        let changes = (0..).zip(positions).map(ship).collect();
        replica.apply(&Snapshot { header, changes, ..Snapshot::default() }).expect("the full snapshot applies");
        replica
    }

    fn hunt_among(positions: &[(i32, i32)]) -> Controls {
        ArenaBrain::new(Behaviour::Hunt, RATE, 1).decide(OWN, Some(&replica(positions)))
    }

    #[test]
    fn equal_seeds_give_equal_decisions() {
        for behaviour in [Behaviour::Wander, Behaviour::Hunt, Behaviour::Idle] {
            assert_eq!(decisions(behaviour, 7, 300), decisions(behaviour, 7, 300));
        }
        assert_ne!(decisions(Behaviour::Wander, 7, 300), decisions(Behaviour::Wander, 8, 300));
    }

    #[test]
    fn wanderers_thrust_and_turn_about_once_per_second() {
        let held = decisions(Behaviour::Wander, 7, 60 * usize::from(RATE));
        assert!(held.iter().all(|controls| controls.thrust && !controls.fire));
        let turns = held.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((50..=70).contains(&turns), "{turns} turns in a minute");
    }

    #[test]
    fn wanderers_do_not_turn_in_the_same_tick() {
        let first_turn = |seed| decisions(Behaviour::Wander, seed, 60).windows(2).position(|pair| pair[0] != pair[1]);
        let turns: std::collections::BTreeSet<_> = (0..100).map(first_turn).collect();
        assert!(turns.len() > 20, "{turns:?}");
    }

    #[test]
    fn hunters_aim_at_the_nearest_other_ship() {
        let controls = hunt_among(&[(1000, 1000), (1000, 1400), (900, 1000)]);
        assert_eq!(controls, Controls { steering: Steering::Towards(Angle::new(512)), fire: true, ..Controls::default() });
        let controls = hunt_among(&[(1000, 1000), (1000, 1400), (500, 1000)]);
        let steering = Steering::Towards(Angle::new(256));
        assert_eq!(controls, Controls { steering, thrust: true, fire: true, ..Controls::default() });
    }

    #[test]
    fn hunters_without_a_target_wander_and_fire() {
        assert_eq!(hunt_among(&[(1000, 1000)]), Controls { fire: true, ..decisions(Behaviour::Wander, 1, 1)[0] });
    }

    #[test]
    fn bots_with_an_offer_choose_with_their_next_turn_and_release_the_choice_with_another_one() {
        let offering = |orbs| {
            let mut replica = replica(&[(1000, 1000)]);
            let progress = Progress::new(orbs, [0; 4]).expect("the progress is valid");
            let ship = Ship { progress, ..Ship::new(Position::at_units(1000, 1000), Angle::new(0), 0) };
            let changes = vec![Change::Upsert(ids::ship(OWN), Entity::Ship(ship))];
            replica.apply(&Snapshot { changes, ..Snapshot::default() }).expect("the delta snapshot applies");
            replica
        };
        let (with, without) = (offering(Progress::ORBS_FULL), offering(0));
        let mut brain = ArenaBrain::new(Behaviour::Wander, RATE, 7);
        let mut decide = |replica: &Replica<Arena>| {
            let decided: Vec<_> = (0..40).map(|_| brain.decide(OWN, Some(replica))).collect();
            let changes = decided.windows(2).filter(|pair| pair[0] != pair[1]);
            assert!(changes.clone().all(|pair| pair[0].steering != pair[1].steering), "{decided:?}");
            decided.last().and_then(|controls| controls.choice)
        };
        assert_eq!([decide(&with), decide(&without), decide(&with)], [Some(Choice::First), None, Some(Choice::First)]);
    }

    #[test]
    fn idle_bots_hold_no_controls() {
        assert!(decisions(Behaviour::Idle, 1, 100).iter().all(|controls| *controls == Controls::default()));
    }
}
