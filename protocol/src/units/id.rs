//! Identifiers of players and entities.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use crate::compact::{Compact, FieldReader, FieldWriter, compact};

/// Index of a seat in a room, and so of the player in it. Reused after the player has left. Encoded as LEB128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayerId(pub u16);

impl Compact for PlayerId {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        fields.write_varint(self.0.into())
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        match u16::try_from(fields.read_varint()?) {
            Ok(seat) => Ok(Self(seat)),
            Err(_) => fields.invalid("player id exceeds 16 bits"),
        }
    }
}

compact!(PlayerId);

/// Identifier of an entity, below [`EntityId::LIMIT`]. Assigned by the game; small numbers take fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub u32);

impl EntityId {
    /// Exclusive upper bound: a [change](crate::Change) encodes the id and its two-bit kind in 32 bits.
    pub const LIMIT: u32 = 1 << 30;
}
