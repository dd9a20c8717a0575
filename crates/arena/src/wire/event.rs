//! Events that every client in the room receives.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::PlayerId;
use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact};

/// A ship was destroyed.
///
/// Encoding of a destruction by a player's bullet: `victim · 2 + 1` as LEB128, followed by the id of that player. Encoding
/// of a destruction by a rock: `victim · 2` as LEB128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Player whose ship was destroyed.
    pub victim: PlayerId,
    /// What destroyed the ship.
    pub by: Destroyer,
}

/// Cause of a ship's destruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destroyer {
    /// A bullet fired by this player.
    Player(PlayerId),
    /// A collision with a rock.
    Rock,
}

impl Compact for Destroyed {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        let victim = u32::from(self.victim.0) << 1;
        match self.by {
            Destroyer::Rock => fields.write_varint(victim),
            Destroyer::Player(player) => {
                fields.write_varint(victim | 1)?;
                fields.write(&player)
            }
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let number = fields.read_varint()?;
        let Ok(victim) = u16::try_from(number >> 1) else {
            return fields.invalid("player id exceeds 16 bits");
        };
        let by = if number & 1 == 0 { Destroyer::Rock } else { Destroyer::Player(fields.read()?) };
        Ok(Self { victim: PlayerId(victim), by })
    }
}

compact!(Destroyed);
