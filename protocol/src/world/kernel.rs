//! The coasting step, which server and client both compute.

use super::EntityMap;
use crate::game::{GameProtocol, Lifecycle, Spawn};
use crate::units::EntityId;

/// Coasts all entities by one tick, removes those that expire, inserts those that spawn, and then lets all entities
/// [interact](GameProtocol::interact). Returns a pair of ids, `(parent, child)`, for each spawned entity.
pub fn coast_all<G: GameProtocol>(rules: &G::Rules, entities: &mut EntityMap<G::Entity>) -> Vec<(EntityId, EntityId)> {
    let spawned = coast_all_with(entities, |id, entity, spawns| G::coast(rules, id, entity, spawns));
    if G::INTERACTS {
        G::interact(rules, &mut entities.all_mut());
    }
    spawned
}

/// As [`coast_all`], with this function in place of [`GameProtocol::coast`], and without interactions.
pub fn coast_all_with<E>(
    entities: &mut EntityMap<E>,
    mut coast: impl FnMut(EntityId, &mut E, &mut Vec<Spawn<E>>) -> Lifecycle,
) -> Vec<(EntityId, EntityId)> {
    let mut spawns = Vec::new();
    entities.retain(|id, entity| coast(id, entity, &mut spawns) == Lifecycle::Alive);
    let ids = spawns.iter().map(|spawn| (spawn.parent, spawn.id)).collect();
    entities.merge(spawns.into_iter().map(|spawn| (spawn.id, spawn.entity)));
    ids
}
