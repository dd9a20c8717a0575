//! Positions and velocities.

use serde::{Deserialize, Serialize};

use super::{Angle, divide_rounded, sine};

/// A position in 64ths of a world unit from the top left corner of the world.
///
/// A page receives it in world units: clients in WebAssembly recognize the type by the name that serde knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "tickcast::Position")]
pub struct Position {
    /// Increases to the right.
    pub x: i32,
    /// Increases downwards.
    pub y: i32,
}

impl Position {
    /// One world unit, as a difference of coordinates.
    pub const UNIT: i32 = 64;

    /// The position with these coordinates in whole world units.
    #[must_use]
    pub const fn at_units(x: i32, y: i32) -> Self {
        Self { x: x * Self::UNIT, y: y * Self::UNIT }
    }

    /// Whether `other` is at most `distance` away, in 64ths of a world unit.
    #[must_use]
    #[inline]
    pub fn is_within(self, other: Self, distance: i32) -> bool {
        let (dx, dy) = (i64::from(self.x - other.x), i64::from(self.y - other.y));
        dx * dx + dy * dy <= i64::from(distance) * i64::from(distance)
    }

    /// This position after one tick of motion.
    #[must_use]
    #[inline]
    pub const fn moved(self, velocity: Velocity, tick_rate: i32) -> Self {
        const SCALE: i32 = Position::UNIT / Velocity::UNIT;
        Self {
            x: self.x + divide_rounded(velocity.x * SCALE, tick_rate),
            y: self.y + divide_rounded(velocity.y * SCALE, tick_rate),
        }
    }
}

/// A velocity in 16ths of a world unit per second. A page receives it in world units per second, see [`Position`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "tickcast::Velocity")]
pub struct Velocity {
    /// Positive to the right.
    pub x: i32,
    /// Positive downwards.
    pub y: i32,
}

impl Velocity {
    /// One world unit per second, as a velocity component.
    pub const UNIT: i32 = 16;

    /// The velocity of `speed` (16ths of a world unit per second) in the direction `angle`.
    #[must_use]
    #[inline]
    pub const fn towards(angle: Angle, speed: i32) -> Self {
        Self { x: divide_rounded(speed * angle.cos(), sine::ONE), y: divide_rounded(speed * angle.sin(), sine::ONE) }
    }

    /// This velocity with both components clamped to ±`limit`.
    #[must_use]
    #[inline]
    pub fn clamped(self, limit: i32) -> Self {
        Self { x: self.x.clamp(-limit, limit), y: self.y.clamp(-limit, limit) }
    }

    /// The sum of two velocities.
    #[must_use]
    #[inline]
    pub const fn plus(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motion_over_one_second_accumulates_little_rounding_error() {
        let mut position = Position::default();
        for _ in 0..30 {
            position = position.moved(Velocity { x: 100 * Velocity::UNIT, y: 0 }, 30);
        }
        assert!((position.x - 100 * Position::UNIT).abs() <= 15, "{position:?}");
    }
}
