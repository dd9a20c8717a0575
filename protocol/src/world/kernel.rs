//! The coasting step, which server and client both compute.

use super::EntityMap;
use crate::game::{Game, Lifecycle};
use crate::units::EntityId;

/// Coasts all entities by one tick, removes those that expire and inserts those that spawn. Returns a pair of
/// ids, `(parent, child)`, for each spawned entity.
pub fn coast_all<G: Game>(rules: &G::Rules, entities: &mut EntityMap<G::Entity>) -> Vec<(EntityId, EntityId)> {
    let mut spawns = Vec::new();
    entities.retain(|id, entity| G::coast(rules, id, entity, &mut spawns) == Lifecycle::Alive);
    let ids = spawns.iter().map(|spawn| (spawn.parent, spawn.id)).collect();
    entities.merge(spawns.into_iter().map(|spawn| (spawn.id, spawn.entity)));
    ids
}
