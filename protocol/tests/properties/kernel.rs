//! The kernel: exact, the same in any company, and never beyond what travels.

use proptest::collection::vec;
use proptest::prelude::*;
use tickcast_protocol::arena::{Arena, Entity, Rules, ids};
use tickcast_protocol::game::coast_all;
use tickcast_protocol::{EntityId, EntityMap, codec};

use super::any;

const WORLD_SIZE: u16 = 2000;
const TICKS: u32 = 64;

fn numbered(entities: Vec<Entity>) -> EntityMap<Entity> {
    entities.into_iter().zip(0..).map(|(entity, number)| (EntityId(number), entity)).collect()
}

fn coasted(rules: &Rules, mut entities: EntityMap<Entity>) -> EntityMap<Entity> {
    (0..TICKS).for_each(|_| drop(coast_all::<Arena>(rules, &mut entities)));
    entities
}

proptest! {
    #[test]
    fn whatever_coasts_can_travel(tick_rate in 10..=120_u16, entities in vec(any::entity(WORLD_SIZE), 1..8)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE };
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
    fn everything_coasts_alone_as_it_does_in_company(tick_rate in 10..=120_u16, entities in vec(any::entity(WORLD_SIZE), 1..8)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE };
        let together = coasted(&rules, numbered(entities.clone()));
        let one_by_one = numbered(entities);
        let apart = one_by_one.iter().flat_map(|(id, entity)| {
            let alone = coasted(&rules, [(id, entity.clone())].into_iter().collect());
            alone.iter().map(|(id, entity)| (id, entity.clone())).collect::<Vec<_>>()
        });
        prop_assert_eq!(together, apart.collect::<EntityMap<_>>());
    }

    #[test]
    fn children_are_only_of_ships(tick_rate in 10..=120_u16, entity in any::entity(WORLD_SIZE)) {
        let rules = Rules { tick_rate, world_size: WORLD_SIZE };
        let is_ship = matches!(entity, Entity::Ship(_));
        let entities = coasted(&rules, numbered(vec![entity]));
        let children = entities.iter().filter(|(id, _)| id.0 > 0).count();
        let most = if is_ship { ids::BULLETS_PER_SHIP as usize } else { 0 };
        prop_assert!(children <= most);
    }
}
