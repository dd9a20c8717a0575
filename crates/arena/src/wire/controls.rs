//! Controls of a ship.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact};
use tickcast_game::protocol::units::Angle;

/// Controls that a player holds. Encoded in 16 bits, little-endian:
///
/// ```text
/// bits 0–9    angle of Steering::Towards, otherwise zero
/// bits 10–11  steering: 0 ahead, 1 left, 2 right, 3 towards
/// bit  12     thrust
/// bit  13     fire
/// bits 14–15  zero
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Direction in which the ship turns.
    pub steering: Steering,
    /// Whether the engine is on.
    pub thrust: bool,
    /// Whether the gun fires whenever it is ready.
    pub fire: bool,
}

/// Direction in which a ship turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steering {
    /// The ship keeps its heading.
    #[default]
    Ahead,
    /// The ship turns left at full rate.
    Left,
    /// The ship turns right at full rate.
    Right,
    /// The ship turns to this heading in the shorter direction, and then keeps it.
    Towards(Angle),
}

const THRUST: u16 = 1 << 12;
const FIRE: u16 = 1 << 13;

impl Controls {
    /// The encoding of the controls as a number.
    #[must_use]
    pub fn to_bits(self) -> u16 {
        self.steering.to_bits() | if self.thrust { THRUST } else { 0 } | if self.fire { FIRE } else { 0 }
    }

    /// The controls with this encoding; `None` if the encoding is invalid.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        let steering = Steering::from_bits(bits & 0xfff)?;
        let controls = Self { steering, thrust: bits & THRUST != 0, fire: bits & FIRE != 0 };
        (controls.to_bits() == bits).then_some(controls)
    }
}

impl Steering {
    /// The encoding of the steering: the low twelve bits of the encoded [`Controls`].
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        match self {
            Self::Ahead => 0,
            Self::Left => 1 << 10,
            Self::Right => 2 << 10,
            Self::Towards(angle) => 3 << 10 | angle.steps() as u16,
        }
    }

    /// The steering with this encoding. Returns `None` if the encoding has more than twelve bits, or if it has a nonzero
    /// angle but does not encode [`Steering::Towards`].
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        let angle = bits & 0x3ff;
        match (bits >> 10, angle) {
            (0, 0) => Some(Self::Ahead),
            (1, 0) => Some(Self::Left),
            (2, 0) => Some(Self::Right),
            (3, _) => Some(Self::Towards(Angle::new(angle as i32))),
            _ => None,
        }
    }
}

impl Compact for Controls {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        fields.write_bytes(&self.to_bits().to_le_bytes())
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        match Self::from_bits(u16::from_le_bytes(fields.read()?)) {
            Some(controls) => Ok(controls),
            None => fields.invalid("invalid controls"),
        }
    }
}

compact!(Controls);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_rejected_or_encodes_unchanged() {
        let valid =
            (0..=u16::MAX).filter(|bits| Controls::from_bits(*bits).is_some_and(|controls| controls.to_bits() == *bits));
        assert_eq!(valid.count(), (1024 + 3) * 4);
    }
}
