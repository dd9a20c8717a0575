//! Ships and rocks, indexed for collision tests.

use crate::wire::{Entity, Rules, Ship, ids};
use tickcast_game::protocol::{EntityMap, Position};

use super::spatial_grid::{Body, SpatialGrid};

/// Positions of ships, rocks and orbs before coasting, in ascending order of id. Coasting neither removes nor spawns entities
/// of these kinds, so the list corresponds one to one to the ships, rocks and orbs after coasting.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct PreviousPositions(Vec<Position>);

/// Ships and rocks with their motion in this tick.
pub(in crate::rules) struct Obstacles {
    pub(in crate::rules) ships: SpatialGrid,
    pub(in crate::rules) rocks: SpatialGrid,
}

impl PreviousPositions {
    pub(in crate::rules) fn new(entities: &EntityMap<Entity>) -> Self {
        Self(entities.range(0..ids::SCENERY_END).map(|(_, entity)| entity.position()).collect())
    }
}

impl Obstacles {
    pub(in crate::rules) fn new(rules: &Rules, previous: &PreviousPositions, coasted: &EntityMap<Entity>) -> Self {
        let (mut ships, mut rocks) = (Vec::new(), Vec::new());
        for ((id, entity), &from) in coasted.range(0..ids::SCENERY_END).zip(&previous.0) {
            let to = entity.position();
            match entity {
                Entity::Ship(_) => ships.push(Body { id, from, to, radius: Ship::RADIUS }),
                Entity::Rock(rock) => rocks.push(Body { id, from, to, radius: rock.size.radius() }),
                Entity::Bullet(_) | Entity::Orb(_) => {}
            }
        }
        Self { ships: SpatialGrid::new(rules, &ships), rocks: SpatialGrid::new(rules, &rocks) }
    }
}
