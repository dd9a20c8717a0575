//! What a player holds.

use serde::de::SeqAccess;
use serde::ser::{Serialize, SerializeTuple};

use crate::compact::{Fields, ReadFields, compact, write_bytes};
use crate::units::Angle;

/// What a player holds. Two bytes, little-endian: bits 0–9 the angle aimed at, 10–11 the steering, 12 thrust, 13 fire, and
/// the rest zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Where the ship turns.
    pub steering: Steering,
    /// Whether the engine runs.
    pub thrust: bool,
    /// Whether the gun fires as often as it can.
    pub fire: bool,
}

/// Where a ship turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steering {
    /// It keeps its heading.
    #[default]
    Ahead,
    /// It turns left as fast as it can.
    Left,
    /// It turns right as fast as it can.
    Right,
    /// It turns to this heading and stays there.
    Towards(Angle),
}

const THRUST: u16 = 1 << 12;
const FIRE: u16 = 1 << 13;

impl Controls {
    /// The two bytes as a number.
    #[must_use]
    pub fn to_bits(self) -> u16 {
        self.steering.to_bits() | if self.thrust { THRUST } else { 0 } | if self.fire { FIRE } else { 0 }
    }

    /// The controls of that number, if it is one.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        let steering = Steering::from_bits(bits & 0xfff)?;
        let controls = Self { steering, thrust: bits & THRUST != 0, fire: bits & FIRE != 0 };
        (controls.to_bits() == bits).then_some(controls)
    }

    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        write_bytes(fields, &self.to_bits().to_le_bytes())
    }
}

impl Steering {
    /// Twelve bits: the angle in the low ten, then 0 ahead, 1 left, 2 right, 3 towards the angle.
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        match self {
            Self::Ahead => 0,
            Self::Left => 1 << 10,
            Self::Right => 2 << 10,
            Self::Towards(angle) => 3 << 10 | angle.steps() as u16,
        }
    }

    /// The steering of those twelve bits; an angle that nothing turns to is refused.
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

impl ReadFields for Controls {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        match Self::from_bits(u16::from_le_bytes(fields.next()?)) {
            Some(controls) => Ok(controls),
            None => fields.refuse("these are no controls"),
        }
    }
}

compact!(Controls);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_controls_or_refused() {
        let valid = (0..=u16::MAX).filter(|bits| Controls::from_bits(*bits).is_some_and(|it| it.to_bits() == *bits));
        assert_eq!(valid.count(), (1024 + 3) * 4);
    }
}
