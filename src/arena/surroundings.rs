//! What can be hit, and where it has been in this tick.

use tickcast_protocol::arena::{Entity, Rules, Ship, ids};
use tickcast_protocol::{EntityMap, Position};

use super::buckets::{Body, Buckets};

/// Where ships, rocks and orbs were before they coasted. None of them ends by coasting, so that places and entities pair up.
pub(super) struct Departures(Vec<Position>);

/// Ships and rocks as they were when they had coasted.
pub(super) struct Surroundings {
    pub(super) ships: Buckets,
    pub(super) rocks: Buckets,
}

impl Departures {
    pub(super) fn of(entities: &EntityMap<Entity>) -> Self {
        Self(entities.range(0..ids::SCENERY_END).map(|(_, entity)| entity.position()).collect())
    }
}

impl Surroundings {
    pub(super) fn new(rules: &Rules, departures: &Departures, entities: &EntityMap<Entity>) -> Self {
        let (mut ships, mut rocks) = (Vec::new(), Vec::new());
        for ((id, entity), &from) in entities.range(0..ids::SCENERY_END).zip(&departures.0) {
            let to = entity.position();
            match entity {
                Entity::Ship(_) => ships.push(Body { id, from, to, radius: Ship::RADIUS }),
                Entity::Rock(rock) => rocks.push(Body { id, from, to, radius: rock.size.radius() }),
                Entity::Bullet(_) | Entity::Orb(_) => {}
            }
        }
        Self { ships: Buckets::new(rules, ships), rocks: Buckets::new(rules, rocks) }
    }
}
