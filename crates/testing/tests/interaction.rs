//! Entities that interact. Server and clients compute the same interactions. Clients predict the interactions, and no bytes
//! are sent for them.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tickcast_game::{CoastContext, Command, Game, Hosted, Interact, Protocol, Setup, Simulation, World, game};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{Entities, EntityId, EntityMap, Lifecycle, PlayerId, Tick, ViewRect};
use tickcast_testing::{Follower, Line, VirtualRoom};

/// Discs on a line, which exchange their speeds when they collide.
#[derive(Debug, Serialize, Deserialize)]
struct Discs;

/// Place on the line, distance per tick, and the direction in which the player pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Disc {
    x: i32,
    speed: i32,
    push: i8,
}

const END: i32 = 10_000;
/// Distance between the centres of two discs that touch.
const CONTACT: i32 = 400;

impl Game for Discs {
    type Controls = i8;
    type Entity = Disc;

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, PlayerId(seat): PlayerId) -> Option<Disc> {
        Some(Disc { x: i32::from(seat) * 2_000, speed: 0, push: 0 })
    }

    fn coast(disc: &mut Disc, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        disc.speed = (disc.speed + i32::from(disc.push.signum())).clamp(-60, 60);
        disc.x = (disc.x + disc.speed).clamp(0, END);
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}

    fn controls_mut(disc: &mut Disc) -> Option<&mut i8> {
        Some(&mut disc.push)
    }
}

impl Interact for Discs {
    fn interact(_: &Setup<()>, discs: &mut Entities<'_, Disc>) {
        discs.for_each_pair(|(_, first), (_, second)| {
            let (left, right) = if first.x <= second.x { (first, second) } else { (second, first) };
            if right.x - left.x < CONTACT && left.speed > right.speed {
                std::mem::swap(&mut left.speed, &mut right.speed);
            }
        });
    }
}

game!(Discs: Interact);

tickcast_testing::examine!(Hosted<Discs>);

const WHOLE_WORLD: ViewRect = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };

fn setup() -> Setup<()> {
    Setup { tick_rate: 30, options: () }
}

fn disc() -> impl Strategy<Value = Disc> {
    (0..2_000, -60..60, -1_i8..=1).prop_map(|(x, speed, push)| Disc { x, speed, push })
}

proptest! {
    #[test]
    fn a_replica_equals_the_world_whatever_the_rules_do_to_entities_that_interact(
        discs in vec(disc(), 0..6),
        ticks in vec(vec(proptest::option::weighted(0.2, proptest::option::of(disc())), 6), 1..8),
    ) {
        let mut world: EntityMap<Disc> = discs.into_iter().zip(0..).map(|(disc, id)| (EntityId(id), disc)).collect();
        let mut follower = Follower::<Protocol<Discs>>::new(setup(), 128, Tick(60), &world, WHOLE_WORLD);
        for fates in ticks {
            coast_all::<Protocol<Discs>>(&setup(), &mut world);
            for (fate, id) in fates.into_iter().zip(0..) {
                match fate {
                    None => {}
                    Some(None) => _ = world.remove(EntityId(id)),
                    Some(Some(disc)) => _ = world.insert(EntityId(id), disc),
                }
            }
            prop_assert_eq!(follower.advance(&world, WHOLE_WORLD), Ok(()));
        }
    }
}

/// Whether the disc of seat 1, which is at rest, has been hit.
fn is_hit(entities: &EntityMap<Disc>) -> bool {
    entities.get(EntityId(1)).is_some_and(|disc| disc.speed != 0)
}

#[test]
fn collisions_cost_no_bytes() {
    let mut room = Hosted::<Discs>::new(&(), 30, 0);
    let (ada, bob) = (PlayerId(0), PlayerId(1));
    room.step(&[Command::Join(ada), Command::Join(bob), Command::Controls(ada, 1)]);
    let mut follower = Follower::<Protocol<Discs>>::new(setup(), 128, Tick(0), room.entities(), WHOLE_WORLD);
    for tick in 1..64 {
        room.step(&[]);
        assert_eq!(follower.advance(room.entities(), WHOLE_WORLD), Ok(()));
        assert_eq!(follower.snapshot_bytes(), 1, "in tick {tick}");
    }
    assert!(is_hit(room.entities()));
}

#[test]
fn a_client_predicts_a_collision_before_it_happens_on_the_server() {
    let line = Line { delay_ticks: 6, jitter_ticks: 0 };
    let mut room = VirtualRoom::<Hosted<Discs>>::new(&(), 1);
    let ada = room.join_over("Ada", line);
    room.join_over("Bob", line);
    room.run(200);
    room.hold(ada, 1);
    room.run_until("Ada predicts the collision", |room| is_hit(&room.client(ada).predicted()));
    assert!(!is_hit(room.world().entities()), "the collision has not happened yet");
    let tick = room.client(ada).input_tick().expect("Ada has joined");
    let predicted = room.client(ada).predicted();
    room.run_until("the tick", |room| room.tick() == tick);
    assert_eq!(room.world().entities(), &predicted, "all entities are predicted");
}
