//! What an entity knows while it coasts.

use tickcast_protocol::{EntityId, Spawn};

use super::Game;

/// What an entity knows while it coasts, besides its own state.
#[derive(Debug)]
pub struct CoastContext<'a, G: Game> {
    /// Tick rate and options of the room, unless the game implements [`PublicSetup`](super::PublicSetup).
    pub setup: &'a G::PublicSetup,
    /// Id of the entity.
    pub id: EntityId,
    spawns: &'a mut Vec<Spawn<G::Entity>>,
}

impl<'a, G: Game> CoastContext<'a, G> {
    pub(crate) const fn new(setup: &'a G::PublicSetup, id: EntityId, spawns: &'a mut Vec<Spawn<G::Entity>>) -> Self {
        Self { setup, id, spawns }
    }

    /// Adds a new entity, such as a bullet. It coasts for the first time in the next tick. Clients that have the spawning
    /// entity in view compute the new one themselves. Derive the id of the new entity from [`CoastContext::id`] and the
    /// state of the spawning entity. The new entity replaces an existing one with the same id.
    pub fn spawn(&mut self, id: EntityId, entity: G::Entity) {
        self.spawns.push(Spawn { parent: self.id, id, entity });
    }
}
