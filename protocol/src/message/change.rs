//! Changes that the server sends because a replica cannot compute them.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use crate::compact::{Compact, FieldReader, FieldWriter, compact};
use crate::game::GameProtocol;
use crate::units::EntityId;
use crate::world::EntityMap;

/// A difference between an entity on the server and the client's copy of it.
///
/// In every tick, client and server *coast* all entities: [`GameProtocol::coast`] advances each entity by one tick and ignores its
/// interactions with others (dead reckoning). The server sends only what the client cannot compute: new controls, deviations
/// from the coasted state, and entities that the client does not have yet.
///
/// Encoding: the number `id · 4 + kind` as LEB128, then the controls, patch or entity (nothing for a despawn).
#[derive(Clone, Debug, PartialEq)]
pub enum Change<G: GameProtocol> {
    /// Kind 0: new controls of an entity. Applied before coasting.
    Controls(EntityId, G::Controls),
    /// Kind 1: a patch of an entity. Applied after coasting.
    Patch(EntityId, G::Patch),
    /// Kind 2: an entity to insert or to replace. Applied after coasting.
    Upsert(EntityId, G::Entity),
    /// Kind 3: an entity to remove. Applied after coasting.
    Despawn(EntityId),
}

const CONTROLS: u32 = 0;
const PATCH: u32 = 1;
const UPSERT: u32 = 2;
const DESPAWN: u32 = 3;

impl<G: GameProtocol> Change<G> {
    /// The entity that changed.
    #[must_use]
    pub const fn id(&self) -> EntityId {
        match self {
            Self::Controls(id, _) | Self::Patch(id, _) | Self::Upsert(id, _) | Self::Despawn(id) => *id,
        }
    }
}

impl<G: GameProtocol> Compact for Change<G> {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        let key = |kind: u32| self.id().0 << 2 | kind;
        match self {
            Self::Controls(_, controls) => {
                fields.write_varint(key(CONTROLS))?;
                fields.write(controls)
            }
            Self::Patch(_, patch) => {
                fields.write_varint(key(PATCH))?;
                fields.write(patch)
            }
            Self::Upsert(_, entity) => {
                fields.write_varint(key(UPSERT))?;
                fields.write(entity)
            }
            Self::Despawn(_) => fields.write_varint(key(DESPAWN)),
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let key = fields.read_varint()?;
        let id = EntityId(key >> 2);
        Ok(match key & 3 {
            CONTROLS => Self::Controls(id, fields.read()?),
            PATCH => Self::Patch(id, fields.read()?),
            UPSERT => Self::Upsert(id, fields.read()?),
            _ => Self::Despawn(id),
        })
    }
}

compact!(Change<G: GameProtocol>);

/// Applies every [`Change::Controls`] and ignores all other changes. Call it before coasting.
///
/// # Errors
/// If an entity is not in the map, stops and returns its id. The preceding changes have been applied.
pub fn apply_controls<'a, G: GameProtocol>(
    entities: &mut EntityMap<G::Entity>,
    changes: impl IntoIterator<Item = &'a Change<G>>,
) -> Result<(), EntityId> {
    for change in changes {
        if let Change::Controls(id, controls) = change {
            G::set_controls(entities.get_mut(*id).ok_or(*id)?, *controls);
        }
    }
    Ok(())
}
