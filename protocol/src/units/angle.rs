//! Directions.

use serde::{Deserialize, Serialize};

use super::sine;

/// A direction in steps of 1/1024 turn: 0 points along +x, 256 along +y (down on a screen).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u16")]
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

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, U16Deserializer};

    use super::*;

    #[test]
    fn a_decoded_angle_is_less_than_a_full_turn() {
        let steps: U16Deserializer<Error> = 1025_u16.into_deserializer();
        assert_eq!(Angle::deserialize(steps), Ok(Angle::new(1)));
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
