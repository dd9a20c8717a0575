//! Controls of a ship.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact};
use tickcast_game::protocol::units::Angle;

/// Controls that a player holds. Encoded in 16 bits, little-endian:
///
/// ```text
/// bits 0–10   steering: 0 ahead, 1 left, 2 right, 1024 + angle towards
/// bit  11     thrust
/// bit  12     fire
/// bit  13     dash
/// bits 14–15  choice: 0 none, 1 first, 2 second, 3 third
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Direction in which the ship turns.
    pub steering: Steering,
    /// Whether the engine is on.
    pub thrust: bool,
    /// Whether the gun fires whenever it is ready.
    pub fire: bool,
    /// Whether the ship dashes whenever it is ready.
    pub dash: bool,
    /// The upgrade that the player chooses, if the ship has an offer. Otherwise, the choice has no effect. A client holds it for
    /// one tick.
    pub choice: Option<Choice>,
}

/// Number of an upgrade in the [offer](super::Progress::offer) of a ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The first upgrade.
    First,
    /// The second upgrade.
    Second,
    /// The third upgrade.
    Third,
}

impl Choice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];
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

const THRUST: u16 = 1 << Steering::BITS;
const FIRE: u16 = 1 << 12;
const DASH: u16 = 1 << 13;
const CHOICE_SHIFT: u32 = 14;

impl Controls {
    /// The encoding of the controls as a number.
    #[must_use]
    pub fn to_bits(self) -> u16 {
        let flag = |is_held: bool, flag: u16| if is_held { flag } else { 0 };
        let keys = flag(self.thrust, THRUST) | flag(self.fire, FIRE) | flag(self.dash, DASH);
        self.steering.to_bits() | keys | self.choice_bits() << CHOICE_SHIFT
    }

    /// The controls with this encoding; `None` if the encoding is invalid.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        let steering = Steering::from_bits(bits & (THRUST - 1))?;
        let choice = Self::choice_from_bits(bits >> CHOICE_SHIFT)?;
        Some(Self { steering, thrust: bits & THRUST != 0, fire: bits & FIRE != 0, dash: bits & DASH != 0, choice })
    }
}

impl Controls {
    /// The encoding of the choice: 0 if there is none, otherwise its number, counted from 1.
    pub(super) fn choice_bits(self) -> u16 {
        self.choice.map_or(0, |choice| choice as u16 + 1)
    }

    /// The choice with this encoding. The outer `None` means that the encoding is invalid.
    pub(super) fn choice_from_bits(bits: u16) -> Option<Option<Choice>> {
        match bits {
            0 => Some(None),
            number => Choice::ALL.get(usize::from(number) - 1).copied().map(Some),
        }
    }
}

impl Steering {
    /// Number of bits of the encoding.
    pub(super) const BITS: u32 = 11;
    /// Bit that is set if the other bits are an angle.
    const TOWARDS: u16 = 1 << 10;

    /// The encoding of the steering: the low eleven bits of the encoded [`Controls`].
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        match self {
            Self::Ahead => 0,
            Self::Left => 1,
            Self::Right => 2,
            Self::Towards(angle) => Self::TOWARDS | angle.steps() as u16,
        }
    }

    /// The steering with this encoding. `None` if there is none.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        match (bits / Self::TOWARDS, bits % Self::TOWARDS) {
            (0, 0) => Some(Self::Ahead),
            (0, 1) => Some(Self::Left),
            (0, 2) => Some(Self::Right),
            (1, angle) => Some(Self::Towards(Angle::new(angle as i32))),
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
        let (valid, rejected): (Vec<u16>, Vec<u16>) = (0..=u16::MAX).partition(|bits| Controls::from_bits(*bits).is_some());
        assert!(valid.iter().all(|bits| Controls::from_bits(*bits).map(Controls::to_bits) == Some(*bits)));
        assert_eq!((valid.len(), rejected.len()), ((1024 + 3) * 8 * 4, (1024 - 3) * 8 * 4));
    }
}
