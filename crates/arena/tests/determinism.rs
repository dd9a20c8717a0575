//! Tests that the rules are deterministic: equal seeds and commands give equal worlds in every tick, in every build and
//! on every machine. Also tests that every entity stays within its bounds.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::{Arena, Bullet, Controls, Entity, Options, Orb, Rock, Ship, World, ids};
use tickcast_game::protocol::{Digest, EntityId, PlayerId, Position, codec};
use tickcast_game::{Command, Simulation};

const TICKS: u32 = 100_000;
const SEATS: u16 = 8;
/// A small world, in which entities interact often.
const CROWDED: Options = Options { world_size: 1024, rocks: 12, orbs: 12, round_s: 3600 };

/// The checksum of all that clients see in all ticks. Only a change of the rules, the kernel or the encoding may change this
/// number.
const GOLDEN: u32 = 3_529_711_930;

/// Commands of random players, who join, leave and change their controls.
struct RandomPlayers {
    rng: Xoshiro256PlusPlus,
    is_seated: [bool; SEATS as usize],
}

impl RandomPlayers {
    fn new(seed: u64) -> Self {
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed), is_seated: [false; SEATS as usize] }
    }

    /// The commands of one tick, in the order in which a room passes them to its world. In each tick, about one player in
    /// ten has a command.
    fn commands(&mut self) -> Vec<Command<Arena>> {
        let (mut leaves, mut joins, mut controls) = (Vec::new(), Vec::new(), Vec::new());
        for seat in 0..SEATS {
            let player = PlayerId(seat);
            let is_seated = &mut self.is_seated[usize::from(seat)];
            match self.rng.random_range(0..1000_u32) {
                0 if *is_seated => {
                    leaves.push(Command::Leave(player));
                    *is_seated = false;
                }
                0..5 if !*is_seated => {
                    joins.push(Command::Join(player));
                    *is_seated = true;
                }
                5..100 if *is_seated => controls.push(Command::Controls(player, random_controls(&mut self.rng))),
                _ => {}
            }
        }
        [leaves, joins, controls].concat()
    }
}

fn random_controls(rng: &mut Xoshiro256PlusPlus) -> Controls {
    loop {
        if let Some(controls) = Controls::from_bits(rng.random()) {
            return controls;
        }
    }
}

/// Simulates all ticks. Returns the final world, the hash of the world after each tick, and the checksum of all that clients
/// see: entities, standings and events.
fn simulate() -> (World, Vec<u64>, u32) {
    let mut world = World::new(&CROWDED, 20, 2024);
    let mut players = RandomPlayers::new(7);
    let (mut hashes, mut visible) = (Vec::new(), Digest::default());
    for _ in 0..TICKS {
        let outcome = world.step(&players.commands());
        hashes.push(world.hash());
        codec::digest_into(&(world.entities(), world.standings(), outcome.events, outcome.standings), &mut visible);
    }
    (world, hashes, visible.finish())
}

#[test]
fn a_hundred_thousand_ticks_give_the_same_worlds_twice_and_the_golden_hash() {
    let other_thread = std::thread::spawn(simulate);
    let (world, hashes, visible) = simulate();
    let (_, other_hashes, _) = other_thread.join().expect("the simulation does not panic");
    let first_difference = hashes.iter().zip(&other_hashes).position(|(hash, other)| hash != other);
    assert_eq!(first_difference, None, "the first tick whose hashes differ");
    let standings = world.standings();
    let has_fought = standings.iter().any(|(_, standing)| standing.kills > 0 && standing.deaths > 0);
    assert!(has_fought, "the players interact: {standings:?}");
    assert_eq!(visible, GOLDEN);
}

/// Checks that an entity has an id from the range of its kind, is within its bounds, and round-trips through the codec.
fn check(world: &World, id: EntityId, entity: &Entity) -> Result<(), TestCaseError> {
    let extent = world.rules().extent();
    let is_inside = |margin: i32| {
        let Position { x, y } = entity.position();
        let inside = margin..=extent - margin.max(1);
        inside.contains(&x) && inside.contains(&y)
    };
    let (ids, is_valid) = match entity {
        Entity::Ship(ship) => (
            0..ids::SHIPS,
            is_inside(Ship::RADIUS)
                && ship.velocity == ship.velocity.clamped(Ship::VELOCITY_MAX)
                && (1..=Ship::HULL_FULL).contains(&ship.hull)
                && ship.cooldown < 32
                && ship.shot < 8,
        ),
        Entity::Bullet(Bullet { life, .. }) => (ids::SCENERY_END..ids::BULLETS_END, is_inside(0) && *life > 0),
        Entity::Rock(rock) => (
            ids::SHIPS..ids::SCENERY_END,
            is_inside(0)
                && rock.velocity == rock.velocity.clamped(Rock::VELOCITY_MAX)
                && (1..=rock.size.hull_full()).contains(&rock.hull),
        ),
        Entity::Orb(Orb { .. }) => (ids::SHIPS..ids::SCENERY_END, is_inside(0)),
    };
    prop_assert!(ids.contains(&id.0) && is_valid, "{id:?} {entity:?}");
    let decoded = codec::decode::<Entity>(&codec::encode(entity));
    prop_assert_eq!(decoded.as_ref(), Ok(entity));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_entity_stays_within_its_bounds(
        seed: u64,
        tick_rate in 10..=120_u16,
        world_size in 512..1500_u16,
        rocks in 0..60_u16,
        orbs in 0..40_u16,
    ) {
        let mut world = World::new(&Options { world_size, rocks, orbs, round_s: 0 }, tick_rate, seed);
        let mut players = RandomPlayers::new(seed);
        for _ in 0..400 {
            world.step(&players.commands());
            for (id, entity) in world.entities().iter() {
                check(&world, id, entity)?;
            }
        }
    }
}
