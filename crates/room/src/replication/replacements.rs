//! Replaced entities: while coasting, an entity (the parent) may spawn an entity with an id that is in use. The spawned
//! entity replaces the entity that had this id. Depends on the codec and the grid only.

use tickcast_protocol::codec::{self, Run};
use tickcast_protocol::world::Cell;
use tickcast_protocol::{Change, EntityId, GameProtocol, ViewRect};

/// The replacement of an entity by a spawned one. A replica that contains the parent computes the replacement itself. A
/// replica that contains only the replaced entity must drop it.
#[derive(Debug)]
pub(super) struct Replacement {
    /// Cells of the replaced entity, and of all parents that spawned an entity with the same id, except the parent of the
    /// current entity. A replica that sees one of these cells, but not the cell of the current entity's parent, has an
    /// outdated entity.
    replaced: Vec<Cell>,
    /// The cell of the parent.
    parent: Cell,
    /// The cell in which the entity with this id is now, if there is one.
    current: Option<Cell>,
    /// The encoded despawn.
    despawn: Vec<u8>,
}

impl Replacement {
    pub(super) fn new<G: GameProtocol>(id: EntityId, replaced: Vec<Cell>, parent: Cell, current: Option<Cell>) -> Self {
        let despawn = codec::encode(&Change::<G>::Despawn(id));
        Self { replaced, parent, current, despawn }
    }

    /// The despawn for a client that keeps these cells in view, or `None` if the client needs no despawn. If the client
    /// sees the new entity's cell but not the parent's, it receives the new entity as a
    /// [crossing](super::crossings::Crossing) instead.
    pub(super) fn despawn(&self, kept: ViewRect) -> Option<Run<'_>> {
        let has_replaced = self.replaced.iter().any(|cell| kept.contains(*cell));
        let has_current = kept.contains(self.parent) || self.current.is_some_and(|cell| kept.contains(cell));
        (has_replaced && !has_current).then_some(Run { count: 1, bytes: &self.despawn })
    }
}
