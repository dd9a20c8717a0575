//! A bullet and its encoding.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::compact::{FieldReader, FieldWriter};
use tickcast_game::protocol::units::{Angle, Position};

use super::{BULLET, read_position, write_position};

/// A bullet. It flies in a straight line at constant speed. Its shooter is derived from its
/// [id](crate::wire::ids::shooter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bullet {
    /// Position of the centre.
    pub position: Position,
    /// Direction of flight.
    pub heading: Angle,
    /// Remaining life in ticks.
    pub life: u8,
}

impl Bullet {
    /// Radius in 64ths of a world unit.
    pub const RADIUS: i32 = 3 * Position::UNIT;

    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        let heading = self.heading.steps() as u16;
        fields.write(&(BULLET | (heading as u8 & 0x3f) << 2))?;
        write_position(fields, self.position)?;
        fields.write_bytes(&(heading >> 6 | u16::from(self.life) << 4).to_le_bytes())
    }

    pub(super) fn read_after_first<'de, A>(first: u8, fields: &mut FieldReader<A>) -> Result<Self, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let position = read_position(fields)?;
        let heading_and_life = u16::from_le_bytes(fields.read()?);
        let Ok(life) = u8::try_from(heading_and_life >> 4) else {
            return fields.invalid("life of a bullet exceeds 8 bits");
        };
        let heading = Angle::new(i32::from(first >> 2) | i32::from(heading_and_life & 0xf) << 6);
        Ok(Self { position, heading, life })
    }
}
