//! Tests that replication keeps replicas equal to the world: `apply(changes(a → b), coast(a)) == b`.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod lossy_arena;
mod spawner;
mod worlds;

use lossy_arena::LossyArena;
use proptest::collection::vec;
use proptest::prelude::*;
use spawner::{IDS, Spawner, Thing};
use tickcast_arena::{Arena, Entity, Rock, RockSize};
use tickcast_game::GameProtocol;
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{EntityId, EntityMap, Position, ReplicaError, Tick, Velocity, ViewRect};
use tickcast_testing::{Follower, Mismatch};
use worlds::{CELL_SIZE, RULES, WHOLE_WORLD, next_world};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_replica_equals_the_world_in_view_after_every_tick_and_any_change_of_view(
        entities in vec(worlds::entity(), 0..12),
        ticks in vec((vec(worlds::fate(), 14), worlds::view()), 1..6),
        first_view in worlds::view(),
    ) {
        let mut world: EntityMap<Entity> =
            entities.into_iter().zip(0..).map(|(entity, id)| (EntityId(id), entity)).collect();
        // The snapshot of tick 64, two ticks later, contains a checksum.
        let mut follower = Follower::<Arena>::new(RULES, CELL_SIZE, Tick(62), &world, first_view);
        for (fates, view) in ticks {
            world = next_world(&world, &fates);
            let advanced = follower.advance(&world, view);
            prop_assert!(advanced.is_ok(), "{advanced:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_replica_equals_the_world_in_view_even_if_entities_spawn_with_existing_ids(
        things in vec(spawner::thing(), 0..=IDS as usize),
        ticks in vec((vec(spawner::fate(), IDS as usize), worlds::view()), 1..4),
        first_view in worlds::view(),
    ) {
        let mut world: EntityMap<Thing> = things.into_iter().zip(0..).map(|(thing, id)| (EntityId(id), thing)).collect();
        let mut follower = Follower::<Spawner>::new(30, CELL_SIZE, Tick(1), &world, first_view);
        for (fates, view) in ticks {
            coast_all::<Spawner>(&30, &mut world);
            for (fate, id) in fates.into_iter().zip(0..) {
                match fate {
                    None => {}
                    Some(None) => _ = world.remove(EntityId(id)),
                    Some(Some(thing)) => _ = world.insert(EntityId(id), thing),
                }
            }
            let advanced = follower.advance(&world, view);
            prop_assert!(advanced.is_ok(), "{advanced:?}");
        }
    }
}

/// Entities 1 and 2 each spawn a child with the id of entity 0. The child of entity 2 replaces both entity 0 and the child
/// of entity 1. The child of entity 2 is in another column of cells than entity 0. Each client sees one column.
#[test]
fn a_client_that_sees_only_a_replaced_entity_drops_it() {
    const CHILD: EntityId = EntityId(0);
    let thing = |x, spawns| Thing { x, y: 500, life: 9, spawns };
    let mut world: EntityMap<Thing> =
        [(CHILD, thing(10, None)), (EntityId(1), thing(400, Some(0))), (EntityId(2), thing(900, Some(0)))]
            .into_iter()
            .collect();
    let before = world.clone();
    coast_all::<Spawner>(&30, &mut world);
    assert_eq!(world.get(CHILD).map(|child| child.x), Some(1000));
    for column in 0..8 {
        let view = ViewRect { left: column, right: column, ..WHOLE_WORLD };
        assert_eq!(
            Follower::<Spawner>::new(30, CELL_SIZE, Tick(1), &before, view).advance(&world, view),
            Ok(()),
            "column {column}"
        );
    }
}

const ROCK: EntityId = EntityId(9000);

/// Replicates a rock whose hull drops from 8 to `hull` in the tick after `first_tick`.
fn replicate_damage<G: GameProtocol<Entity = Entity, Rules = tickcast_arena::Rules>>(
    hull: u8,
    first_tick: Tick,
) -> Result<(), Mismatch> {
    let rock = |hull| {
        let (position, velocity) = (Position::at_units(500, 500), Velocity::default());
        [(ROCK, Entity::Rock(Rock { position, velocity, size: RockSize::Large, hull }))].into_iter().collect()
    };
    let mut follower = Follower::<G>::new(RULES, CELL_SIZE, first_tick, &rock(8), WHOLE_WORLD);
    follower.advance(&rock(hull), WHOLE_WORLD)
}

#[test]
fn a_patch_that_loses_information_is_detected_by_comparison_and_by_the_checksum() {
    let (unchecked, checked) = (Tick(1), Tick(63));
    for tick in [unchecked, checked] {
        assert_eq!(replicate_damage::<Arena>(5, tick), Ok(()), "the patches of the arena lose nothing");
        assert_eq!(replicate_damage::<LossyArena>(4, tick), Ok(()), "the lossy patch happens to be exact");
    }
    assert!(matches!(replicate_damage::<LossyArena>(5, unchecked), Err(Mismatch::Difference { id: ROCK, .. })));
    let desync = ReplicaError::Desync { tick: checked.next() };
    assert_eq!(replicate_damage::<LossyArena>(5, checked), Err(Mismatch::Rejected(desync)));
}

/// The view is the one cell that contains the entity. The view therefore changes whenever the entity enters another cell.
#[test]
fn a_replica_follows_an_entity_through_views_of_one_cell() {
    let velocity = Velocity { x: 1000, y: 400 };
    let rock = Rock { position: Position::at_units(10, 10), velocity, size: RockSize::Small, hull: 1 };
    let mut world: EntityMap<Entity> = [(ROCK, Entity::Rock(rock))].into_iter().collect();
    let view_of = |follower: &Follower<Arena>, world: &EntityMap<Entity>| {
        let cell = follower.grid().cell(world.get(ROCK).expect("a rock does not expire").position());
        ViewRect { left: cell.column, top: cell.row, right: cell.column, bottom: cell.row }
    };
    let mut follower = Follower::<Arena>::new(RULES, CELL_SIZE, Tick(1), &world, WHOLE_WORLD);
    for _ in 0..200 {
        world = next_world(&world, &[]);
        let view = view_of(&follower, &world);
        assert_eq!(follower.advance(&world, view), Ok(()));
        assert_eq!(follower.replica().entities().len(), 1);
    }
}
