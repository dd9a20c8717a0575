//! Directions.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::sine;

/// The name by which clients in WebAssembly recognize the type: a page receives an angle in radians.
const NAME: &str = "tickcast::Angle";

/// A direction in steps of 1/1024 turn: 0 points along +x, 256 along +y (down on a screen).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Angle(u16);

impl Angle {
    /// Number of steps in a full turn.
    pub const TURN: i32 = 1024;

    /// The angle at `steps` steps from +x. Accepts any number and reduces it modulo a full turn.
    #[must_use]
    #[inline]
    pub const fn new(steps: i32) -> Self {
        Self(steps.rem_euclid(Self::TURN).cast_unsigned() as u16)
    }

    /// The angle in steps from +x, from 0 to 1023.
    #[must_use]
    #[inline]
    pub const fn steps(self) -> i32 {
        self.0 as i32
    }

    /// This angle turned by `steps`. Positive steps turn clockwise on a screen.
    #[must_use]
    #[inline]
    pub const fn turned(self, steps: i32) -> Self {
        Self::new(self.steps() + steps)
    }

    /// The turn from this angle to `to` in the shorter direction, in steps: from −512 to 511, positive clockwise on a screen.
    #[must_use]
    #[inline]
    pub const fn steps_to(self, to: Self) -> i32 {
        (to.steps() - self.steps() + Self::TURN / 2).rem_euclid(Self::TURN) - Self::TURN / 2
    }

    /// This angle turned towards `to` by at most `steps_max`, in the shorter direction.
    #[must_use]
    #[inline]
    pub fn turned_towards(self, to: Self, steps_max: i32) -> Self {
        self.turned(self.steps_to(to).clamp(-steps_max, steps_max))
    }

    /// The cosine times [`sine::ONE`].
    #[must_use]
    #[inline]
    pub const fn cos(self) -> i32 {
        sine::sin(self.steps() + Self::TURN / 4)
    }

    /// The sine times [`sine::ONE`].
    #[must_use]
    #[inline]
    pub const fn sin(self) -> i32 {
        sine::sin(self.steps())
    }
}

impl From<u16> for Angle {
    fn from(steps: u16) -> Self {
        Self::new(steps.into())
    }
}

impl Serialize for Angle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NAME, &self.0)
    }
}

/// Accepts any number and reduces it modulo a full turn.
impl<'de> Deserialize<'de> for Angle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Steps;

        impl<'de> Visitor<'de> for Steps {
            type Value = Angle;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an angle")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, steps: D) -> Result<Angle, D::Error> {
                u16::deserialize(steps).map(Angle::from)
            }
        }

        deserializer.deserialize_newtype_struct(NAME, Steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    #[test]
    fn a_decoded_angle_is_less_than_a_full_turn() {
        assert_eq!(codec::decode(&codec::encode(&1025_u16)), Ok(Angle::new(1)));
        assert_eq!(codec::encode(&Angle::new(1025)), codec::encode(&1_u16));
    }

    #[test]
    fn turning_takes_the_shorter_way() {
        assert_eq!(Angle::new(1000).steps_to(Angle::new(24)), 48);
        assert_eq!(Angle::new(24).steps_to(Angle::new(1000)), -48);
        assert_eq!(Angle::new(0).steps_to(Angle::new(512)), -512);
        assert_eq!(Angle::new(10).turned_towards(Angle::new(1000), 20), Angle::new(-10));
        assert_eq!(Angle::new(10).turned_towards(Angle::new(12), 20), Angle::new(12));
    }
}
