//! The same seed and the same commands make the same arena, tick by tick, in every build and on every machine.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::{Arena, Bullet, Controls, Entity, Orb, Rock, Ship, ids};
use tickcast_arena::{Options, World};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::{EntityId, PlayerId, Position, codec};

const TICKS: u32 = 100_000;
const SEATS: u16 = 8;
const CROWDED: Options = Options { world_size: 1024, rocks: 12, orbs: 12 };

/// The hash of the last world and the sum of all hashes. A change of the rules may change them; a change of anything else,
/// a different build or another machine may not.
const GOLDEN: (u64, u64) = (14652947651872646914, 3548802895356994938);

/// Players who come, go and press everything: about one of ten seats has something to say in a tick.
struct Crowd {
    dice: Xoshiro256PlusPlus,
    seated: [bool; SEATS as usize],
}

impl Crowd {
    fn new(seed: u64) -> Self {
        Self { dice: Xoshiro256PlusPlus::seed_from_u64(seed), seated: [false; SEATS as usize] }
    }

    /// What they do in one tick, in the order that a room gives its world.
    fn commands(&mut self) -> Vec<Command<Arena>> {
        let (mut leaves, mut joins, mut steers) = (Vec::new(), Vec::new(), Vec::new());
        for seat in 0..SEATS {
            let player = PlayerId(seat);
            let is_seated = &mut self.seated[usize::from(seat)];
            match self.dice.random_range(0..1000_u32) {
                0 if *is_seated => {
                    leaves.push(Command::Leave(player));
                    *is_seated = false;
                }
                0..5 if !*is_seated => {
                    joins.push(Command::Join(player));
                    *is_seated = true;
                }
                5..100 if *is_seated => steers.push(Command::Controls(player, controls(&mut self.dice))),
                _ => {}
            }
        }
        [leaves, joins, steers].concat()
    }
}

fn controls(dice: &mut Xoshiro256PlusPlus) -> Controls {
    std::iter::repeat_with(|| dice.random_range(0..1 << 14_u16)).find_map(Controls::from_bits).unwrap_or_default()
}

/// Runs the whole history and gives every world's hash to `note`.
fn run(mut note: impl FnMut(u32, u64)) -> World {
    let mut world = World::new(&CROWDED, 20, 2024);
    let mut crowd = Crowd::new(7);
    for tick in 0..TICKS {
        world.step(&crowd.commands());
        note(tick, world.hash());
    }
    world
}

#[test]
fn a_hundred_thousand_ticks_are_the_same_twice_and_for_ever() {
    let first = std::thread::spawn(|| {
        let mut hashes = Vec::new();
        let world = run(|_, hash| hashes.push(hash));
        (world, hashes)
    });
    let mut hashes = Vec::new();
    let world = run(|_, hash| hashes.push(hash));
    let (first_world, first_hashes) = first.join().expect("the first run ends");
    let differing = hashes.iter().zip(&first_hashes).position(|(one, other)| one != other);
    assert_eq!(differing, None, "the first tick whose hashes differ");
    assert_eq!(world, first_world);
    let played: Vec<_> = world.standings();
    assert!(played.iter().any(|(_, standing)| standing.kills > 0 && standing.deaths > 0), "much has happened: {played:?}");
    let sum = hashes.iter().fold(0, |sum: u64, hash| sum.wrapping_add(*hash));
    assert_eq!((world.hash(), sum), GOLDEN);
}

/// Whether an entity has an id of its kind, keeps within its bounds, and is the same after a journey over the wire.
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
    fn everything_stays_within_its_bounds(
        seed: u64,
        tick_rate in 10..=120_u16,
        world_size in 512..1500_u16,
        rocks in 0..60_u16,
        orbs in 0..40_u16,
    ) {
        let mut world = World::new(&Options { world_size, rocks, orbs }, tick_rate, seed);
        let mut crowd = Crowd::new(seed);
        for _ in 0..400 {
            world.step(&crowd.commands());
            for (id, entity) in world.entities().iter() {
                check(&world, id, entity)?;
            }
        }
    }
}
