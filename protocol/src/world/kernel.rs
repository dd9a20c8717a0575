//! The step that server and client both compute.

use super::EntityMap;
use crate::game::{Game, Lifecycle};
use crate::units::EntityId;

/// Coasts all entities by one tick, removes the expired ones and inserts the spawned ones. Returns the ids `(parent,
/// child)` of all spawns.
pub fn coast_all<G: Game>(rules: &G::Rules, entities: &mut EntityMap<G::Entity>) -> Vec<(EntityId, EntityId)> {
    let mut spawns = Vec::new();
    entities.retain(|id, entity| G::coast(rules, id, entity, &mut spawns) == Lifecycle::Alive);
    let ids = spawns.iter().map(|spawn| (spawn.parent, spawn.id)).collect();
    entities.merge(spawns.into_iter().map(|spawn| (spawn.id, spawn.entity)));
    ids
}
