//! Identifiers of players and entities.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::compact::{self, Compact, FieldReader, FieldWriter};

/// Identifier of a player: the index of the player's seat in the room. Reused after the player has left the room. Encoded
/// as LEB128.
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

/// In messages, the compact encoding. In formats for people, and for the page of a game, a number.
impl Serialize for PlayerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { self.0.serialize(serializer) } else { compact::serialize(self, serializer) }
    }
}

impl<'de> Deserialize<'de> for PlayerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_readable = deserializer.is_human_readable();
        if is_readable { u16::deserialize(deserializer).map(Self) } else { compact::deserialize(deserializer) }
    }
}

/// Identifier of an entity, below [`EntityId::LIMIT`]. Assigned by the game. Small numbers are encoded in fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub u32);

impl EntityId {
    /// Exclusive upper bound. A [change](crate::Change) packs an id and a two-bit kind into 32 bits, so 30 bits remain.
    pub const LIMIT: u32 = 1 << 30;
}
