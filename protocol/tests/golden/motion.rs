//! Runs of the kernel at several tick rates.

use serde_json::{Value, json};
use tickcast_protocol::arena::{Arena, Bullet, Controls, Entity, Orb, Rock, RockSize, Rules, Ship, Steering, ids};
use tickcast_protocol::game::coast_all;
use tickcast_protocol::{Angle, Digest, EntityId, EntityMap, Game, PlayerId, Position, Velocity};

use super::json;
use super::lcg::Lcg;

const TICK_RATES: [u16; 5] = [10, 20, 30, 60, 120];
const TICKS: u32 = 300;
const STATE_EVERY: u32 = 75;
const LONG_TICKS: u32 = 10_000;
const LONG_DIGEST_EVERY: u32 = 100;

pub(crate) fn vectors() -> Value {
    json!({
        "about": [
            "Made by protocol/tests/golden.",
            "A tick t of a run, from 1 on: the steers of t, coast all, the digest over all entities.",
            "Who steers and where to: state = state * 1664525 + 1013904223 mod 2^32;",
            "below(n) = (state >>> 16) % n of the new state.",
            "In every tick, for each ship in the order of ids: if below(16) is 0, its controls become",
            "{ steering: [ahead, left, right, towards][below(4)], aim: below(1024) (drawn always, 0 unless towards),",
            "thrust: below(4) > 0, fire: below(2) > 0 }.",
            "In long runs `digests` has every hundredth value of a chain over the digests of all ticks: Digest of (chain, digest).",
        ],
        "runs": TICK_RATES.map(run),
        "long": TICK_RATES.map(long_run),
    })
}

fn run(tick_rate: u16) -> Value {
    let mut world = World::new(tick_rate);
    let start = json::entities(&world.entities);
    let (mut digests, mut states) = (Vec::new(), Vec::new());
    for tick in 1..=TICKS {
        world.step();
        digests.push(world.digest());
        if tick % STATE_EVERY == 0 {
            states.push(json!({ "tick": tick, "entities": json::entities(&world.entities) }));
        }
    }
    json!({ "rules": json::rules(&world.rules), "seed": tick_rate, "start": start, "states": states, "digests": digests })
}

fn long_run(tick_rate: u16) -> Value {
    let mut world = World::new(tick_rate);
    let start = json::entities(&world.entities);
    let (mut chain, mut digests) = (0, Vec::new());
    for tick in 1..=LONG_TICKS {
        world.step();
        let mut link = Digest::default();
        link.add(chain);
        link.add(world.digest().cast_signed());
        chain = link.finish().cast_signed();
        if tick % LONG_DIGEST_EVERY == 0 {
            digests.push(chain.cast_unsigned());
        }
    }
    json!({ "rules": json::rules(&world.rules), "seed": tick_rate, "start": start, "ticks": LONG_TICKS, "digests": digests })
}

struct World {
    rules: Rules,
    entities: EntityMap<Entity>,
    lcg: Lcg,
}

impl World {
    fn new(tick_rate: u16) -> Self {
        let rules = Rules { tick_rate, world_size: 1000 };
        let at = Position::at_units;
        let ship = |player, ship| (ids::ship(PlayerId(player)), Entity::Ship(ship));
        let fast = Velocity { x: -Ship::VELOCITY_MAX, y: Ship::VELOCITY_MAX };
        let scenery = |number| EntityId(ids::SHIPS + number);
        let rock = |x, y, vx, vy, size: RockSize| {
            Entity::Rock(Rock { position: at(x, y), velocity: Velocity { x: vx, y: vy }, size, hull: size.hull_full() })
        };
        let bullet = Bullet { position: at(500, 990), heading: Angle::new(250), life: 30 };
        let entities = [
            ship(0, Ship::new(at(500, 500), Angle::new(0), 45)),
            ship(1, Ship { velocity: fast, ..Ship::new(at(40, 960), Angle::new(700), 0) }),
            ship(7, Ship { cooldown: 31, shot: 7, hull: 3, ..Ship::new(at(999, 1), Angle::new(1023), 0) }),
            ship(4095, Ship { velocity: Velocity { x: 1, y: -1 }, ..Ship::new(at(700, 300), Angle::new(511), 0) }),
            (scenery(0), rock(100, 100, -900, -333, RockSize::Small)),
            (scenery(1), rock(900, 500, 2047, 1, RockSize::Medium)),
            (scenery(2), rock(300, 940, -1, 2000, RockSize::Large)),
            (scenery(3), Entity::Orb(Orb { position: at(10, 990) })),
            (ids::bullet(ids::ship(PlayerId(7)), 3), Entity::Bullet(bullet)),
        ];
        Self { rules, entities: entities.into_iter().collect(), lcg: Lcg(tick_rate.into()) }
    }

    fn step(&mut self) {
        for (_, entity) in self.entities.iter_mut() {
            if matches!(entity, Entity::Ship(_)) && self.lcg.below(16) == 0 {
                Arena::steer(entity, controls(&mut self.lcg));
            }
        }
        coast_all::<Arena>(&self.rules, &mut self.entities);
    }

    fn digest(&self) -> u32 {
        Digest::of_entities::<Arena>(self.entities.iter())
    }
}

/// Controls at random, as `about` describes them.
pub(crate) fn controls(lcg: &mut Lcg) -> Controls {
    let (steering, aim) = (lcg.below(4), Angle::new(lcg.below(1024).cast_signed()));
    let steering = [Steering::Ahead, Steering::Left, Steering::Right, Steering::Towards(aim)][steering as usize];
    Controls { steering, thrust: lcg.below(4) > 0, fire: lcg.below(2) > 0 }
}
