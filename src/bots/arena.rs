//! How bots play the bundled game.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::arena::{Arena, Controls, Entity, Steering, ids};
use tickcast_protocol::{Angle, EntityId, Game, PlayerId, Position, Replica};

use super::{Behaviour, Brain, Playable};

/// A hunter that is nearer to its prey than this many units lets the engine rest.
const NEAR_ENOUGH: f64 = 250.0;

/// A bot's pilot.
#[derive(Clone, Debug)]
pub struct Pilot {
    behaviour: Behaviour,
    tick_rate: u32,
    random: Xoshiro256PlusPlus,
    heading: Angle,
    ticks_to_turn: u32,
}

impl Playable for Arena {
    type Brain = Pilot;

    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Pilot {
        Pilot::new(behaviour, tick_rate, seed)
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

impl Brain<Arena> for Pilot {
    fn decide(&mut self, player: PlayerId, replica: Option<&Replica<Arena>>) -> Controls {
        match self.behaviour {
            Behaviour::Wander => self.wander(),
            Behaviour::Hunt => self.hunt(player, replica),
            Behaviour::Idle => Controls::default(),
        }
    }
}

impl Pilot {
    fn new(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let tick_rate = u32::from(tick_rate).max(4);
        let heading = random_heading(&mut random);
        let ticks_to_turn = random.random_range(1..=tick_rate);
        Self { behaviour, tick_rate, random, heading, ticks_to_turn }
    }

    /// Holds thrust, and takes another direction every ¾ to 1¼ seconds.
    fn wander(&mut self) -> Controls {
        self.ticks_to_turn -= 1;
        if self.ticks_to_turn == 0 {
            self.heading = random_heading(&mut self.random);
            self.ticks_to_turn = self.random.random_range(self.tick_rate * 3 / 4..=self.tick_rate * 5 / 4);
        }
        Controls { steering: Steering::Towards(self.heading), thrust: true, fire: false }
    }

    /// Fires without a pause at the nearest other ship, and follows it; wanders while it sees none.
    fn hunt(&mut self, player: PlayerId, replica: Option<&Replica<Arena>>) -> Controls {
        let Some((aim, distance)) = replica.and_then(|replica| nearest_ship(player, replica)) else {
            return Controls { fire: true, ..self.wander() };
        };
        Controls { steering: Steering::Towards(aim), thrust: distance > NEAR_ENOUGH, fire: true }
    }
}

fn random_heading(random: &mut Xoshiro256PlusPlus) -> Angle {
    Angle::new(random.random_range(0..Angle::TURN))
}

/// The direction and the distance in units of the ship nearest to the player's own.
fn nearest_ship(player: PlayerId, replica: &Replica<Arena>) -> Option<(Angle, f64)> {
    let own = Arena::avatar(player);
    let place = replica.entities().get(own)?.position();
    let away = |at: Position| (f64::from(at.x - place.x), f64::from(at.y - place.y));
    let distance = |(_, ship): &(EntityId, &Entity)| {
        let (x, y) = away(ship.position());
        x.hypot(y)
    };
    let others = replica.entities().range(0..ids::SHIPS).filter(|(id, _)| *id != own);
    let nearest = others.min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
    let (x, y) = away(nearest.1.position());
    let aim = Angle::new((y.atan2(x) / TAU * f64::from(Angle::TURN)).round() as i32);
    Some((aim, distance(&nearest) / f64::from(Position::UNIT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::arena::{Rules, Ship};
    use tickcast_protocol::{Change, Snapshot, SnapshotHeader, Tick, ViewRect, Welcome};

    const RATE: u16 = 30;
    const OWN: PlayerId = PlayerId(3);

    /// What a pilot holds for `ticks` ticks with nothing in sight.
    fn holds(behaviour: Behaviour, seed: u64, ticks: usize) -> Vec<Controls> {
        let mut pilot = Pilot::new(behaviour, RATE, seed);
        (0..ticks).map(|_| pilot.decide(OWN, None)).collect()
    }

    /// A world of ships at these places, in units; the first is the player's own.
    fn world(places: &[(i32, i32)]) -> Replica<Arena> {
        let rules = Rules { tick_rate: RATE, world_size: 4096 };
        let room = "main".parse().expect("a room's name");
        let welcome = Welcome { seat: None, room, tick_rate: RATE, cell_size: 128, rules };
        let mut replica = Replica::new(&welcome).expect("a sound welcome");
        let ship = |(number, (x, y)): (u16, &(i32, i32))| {
            let ship = Ship::new(Position::at_units(*x, *y), Angle::new(0), 0);
            Change::Set(ids::ship(PlayerId(OWN.0 + number)), Entity::Ship(ship))
        };
        let view = Some(ViewRect { left: 0, top: 0, right: 31, bottom: 31 });
        let header = SnapshotHeader { reset: Some(Tick(9)), view, ..SnapshotHeader::default() };
        let changes = (0..).zip(places).map(ship).collect();
        replica.apply(&Snapshot { header, room: Vec::new(), changes }).expect("a reset");
        replica
    }

    fn aim_among(places: &[(i32, i32)]) -> Controls {
        Pilot::new(Behaviour::Hunt, RATE, 1).decide(OWN, Some(&world(places)))
    }

    #[test]
    fn equal_seeds_decide_alike() {
        for behaviour in [Behaviour::Wander, Behaviour::Hunt, Behaviour::Idle] {
            assert_eq!(holds(behaviour, 7, 300), holds(behaviour, 7, 300));
        }
        assert_ne!(holds(Behaviour::Wander, 7, 300), holds(Behaviour::Wander, 8, 300));
    }

    #[test]
    fn wanderers_thrust_and_turn_about_once_a_second() {
        let held = holds(Behaviour::Wander, 7, 60 * usize::from(RATE));
        assert!(held.iter().all(|controls| controls.thrust && !controls.fire));
        let turns = held.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((50..=70).contains(&turns), "{turns} turns in a minute");
    }

    #[test]
    fn wanderers_do_not_turn_all_at_once() {
        let first_turn = |seed| holds(Behaviour::Wander, seed, 60).windows(2).position(|pair| pair[0] != pair[1]);
        let turns: std::collections::BTreeSet<_> = (0..100).map(first_turn).collect();
        assert!(turns.len() > 20, "{turns:?}");
    }

    #[test]
    fn hunters_aim_at_the_nearest_other_ship() {
        let controls = aim_among(&[(1000, 1000), (1000, 1400), (900, 1000)]);
        assert_eq!(controls, Controls { steering: Steering::Towards(Angle::new(512)), thrust: false, fire: true });
        let controls = aim_among(&[(1000, 1000), (1000, 1400), (500, 1000)]);
        assert_eq!(controls, Controls { steering: Steering::Towards(Angle::new(256)), thrust: true, fire: true });
    }

    #[test]
    fn hunters_who_see_nobody_wander_and_fire() {
        assert_eq!(aim_among(&[(1000, 1000)]), Controls { fire: true, ..holds(Behaviour::Wander, 1, 1)[0] });
    }

    #[test]
    fn the_idle_do_nothing() {
        assert!(holds(Behaviour::Idle, 1, 100).iter().all(|controls| *controls == Controls::default()));
    }
}
