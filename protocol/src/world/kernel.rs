//! The coasting step, which server and client both compute.

use super::EntityMap;
use crate::game::{Game, Lifecycle};
use crate::units::EntityId;

/// Coasts all entities by one tick, removes those that expire and inserts those that spawn. Returns the ids of each spawned
/// entity and its parent, as `(parent, child)`.
pub fn coast_all<G: Game>(rules: &G::Rules, entities: &mut EntityMap<G::Entity>) -> Vec<(EntityId, EntityId)> {
    let mut spawns = Vec::new();
    entities.retain(|id, entity| G::coast(rules, id, entity, &mut spawns) == Lifecycle::Alive);
    let ids = spawns.iter().map(|spawn| (spawn.parent, spawn.id)).collect();
    entities.merge(spawns.into_iter().map(|spawn| (spawn.id, spawn.entity)));
    ids
}
