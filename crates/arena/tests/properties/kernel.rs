//! Properties of the kernel: coasted entities are encodable, and entities coast independently of each other.

use proptest::collection::vec;
use proptest::prelude::*;
use tickcast_arena::{Arena, Entity, Rules, ids};
use tickcast_game::protocol::world::coast_all;
use tickcast_game::protocol::{EntityId, EntityMap, codec};

use super::any;

const WORLD_SIZE: u16 = 2000;
const TICKS: u32 = 64;

/// Numbers the entities: their ids are 0, 1, 2, ….
fn numbered(entities: Vec<Entity>) -> EntityMap<Entity> {
    entities.into_iter().zip(0..).map(|(entity, number)| (EntityId(number), entity)).collect()
}

/// The entities after `TICKS` ticks.
fn coasted(rules: &Rules, mut entities: EntityMap<Entity>) -> EntityMap<Entity> {
    for _ in 0..TICKS {
        coast_all::<Arena>(rules, &mut entities);
    }
    entities
}

proptest! {
    #[test]
    fn coasted_entities_are_encodable(tick_rate in 10..=120_u16, entities in vec(any::entity(WORLD_SIZE), 1..8)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE, round_s: 0 };
        let mut entities = numbered(entities);
        for _ in 0..TICKS {
            coast_all::<Arena>(&rules, &mut entities);
            for (id, entity) in entities.iter() {
                let decoded = codec::decode::<Entity>(&codec::encode(entity));
                prop_assert_eq!(decoded.as_ref(), Ok(entity), "{:?}", id);
            }
        }
    }

    #[test]
    fn entities_coast_independently(tick_rate in 10..=120_u16, entities in vec(any::entity(WORLD_SIZE), 1..8)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE, round_s: 0 };
        let together = coasted(&rules, numbered(entities.clone()));
        let entities = numbered(entities);
        let separately = entities.iter().flat_map(|(id, entity)| {
            let alone = coasted(&rules, [(id, entity.clone())].into_iter().collect());
            alone.iter().map(|(id, entity)| (id, entity.clone())).collect::<Vec<_>>()
        });
        prop_assert_eq!(together, separately.collect::<EntityMap<_>>());
    }

    #[test]
    fn only_ships_spawn_entities(tick_rate in 10..=120_u16, entity in any::entity(WORLD_SIZE)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE, round_s: 0 };
        let is_ship = matches!(entity, Entity::Ship(_));
        let entities = coasted(&rules, numbered(vec![entity]));
        let spawned = entities.iter().filter(|(id, _)| id.0 > 0).count();
        let spawned_max = if is_ship { ids::BULLETS_PER_SHIP as usize } else { 0 };
        prop_assert!(spawned <= spawned_max);
    }
}
