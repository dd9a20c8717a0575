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
/// Encoding: a key, then the controls, patch or entity (nothing for a despawn). Most changes are new controls, and players
/// have low ids. The key is therefore one byte if the change is new controls of an entity with an id below 128:
///
/// ```text
/// first byte   bit 7: 0  new controls; bits 0–6 the id
///                     1  bits 0–3 the low 4 bits of the id, bit 4 set if the higher bits follow, bits 5–6 the kind
/// higher bits  if bits 4 and 7 are set: the id without its low 4 bits, as LEB128
/// ```
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

const CONTROLS: u8 = 0;
const PATCH: u8 = 1;
const UPSERT: u8 = 2;
const DESPAWN: u8 = 3;

impl<G: GameProtocol> Change<G> {
    /// The entity that changed.
    #[must_use]
    pub const fn id(&self) -> EntityId {
        match self {
            Self::Controls(id, _) | Self::Patch(id, _) | Self::Upsert(id, _) | Self::Despawn(id) => *id,
        }
    }
}

/// Bit of the first byte of a key with a kind. Without it, the byte is the id of an entity with new controls.
const WITH_KIND: u8 = 1 << 7;
const KIND_SHIFT: u32 = 5;
/// Bit of the first byte that is set if the higher bits of the id follow.
const HIGHER_BITS: u8 = 1 << 4;
/// Number of low bits of the id in the first byte.
const LOW_BITS: u32 = 4;

impl<G: GameProtocol> Compact for Change<G> {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        match self {
            Self::Controls(id, controls) => {
                write_key(CONTROLS, *id, fields)?;
                fields.write(controls)
            }
            Self::Patch(id, patch) => {
                write_key(PATCH, *id, fields)?;
                fields.write(patch)
            }
            Self::Upsert(id, entity) => {
                write_key(UPSERT, *id, fields)?;
                fields.write(entity)
            }
            Self::Despawn(id) => write_key(DESPAWN, *id, fields),
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let (kind, id) = read_key(fields)?;
        Ok(match kind {
            CONTROLS => Self::Controls(id, fields.read()?),
            PATCH => Self::Patch(id, fields.read()?),
            UPSERT => Self::Upsert(id, fields.read()?),
            _ => Self::Despawn(id),
        })
    }
}

fn write_key<T: SerializeTuple>(kind: u8, EntityId(id): EntityId, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
    if kind == CONTROLS && id < WITH_KIND.into() {
        return fields.write(&(id as u8));
    }
    let (low, high) = (id as u8 & (HIGHER_BITS - 1), id >> LOW_BITS);
    let first = WITH_KIND | kind << KIND_SHIFT | low;
    if high == 0 {
        return fields.write(&first);
    }
    fields.write(&(first | HIGHER_BITS))?;
    fields.write_varint(high)
}

/// Reads the kind of a change and the id of the entity.
fn read_key<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<(u8, EntityId), A::Error> {
    let first: u8 = fields.read()?;
    if first & WITH_KIND == 0 {
        return Ok((CONTROLS, EntityId(first.into())));
    }
    let high = if first & HIGHER_BITS != 0 { fields.read_varint()? } else { 0 };
    if high >= EntityId::LIMIT >> LOW_BITS {
        return fields.invalid("entity id exceeds 30 bits");
    }
    let id = high << LOW_BITS | u32::from(first & (HIGHER_BITS - 1));
    Ok(((first & !WITH_KIND) >> KIND_SHIFT, EntityId(id)))
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
