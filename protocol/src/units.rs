//! The units of the exact world. Every quantity is an integer, so that every machine computes the same.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use crate::compact::{Fields, ReadFields, compact, write_varint};
use crate::sine;

/// One fixed simulation step, and its number.
///
/// It wraps, so there is no order among all ticks; [`Tick::is_newer_than`] compares ticks that are less than 2³¹ apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The tick `ticks` later, or earlier where negative.
    #[must_use]
    pub const fn plus(self, ticks: i32) -> Self {
        Self(self.0.wrapping_add_signed(ticks))
    }

    /// How many ticks this one is after `other`; negative if it is before.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether this tick comes after `other`.
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

/// A seat in a room. It is given away again once its player has left. It travels as LEB128, like the keys of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayerId(pub u16);

impl PlayerId {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        write_varint(fields, self.0.into())
    }
}

impl ReadFields for PlayerId {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        match u16::try_from(fields.varint()?) {
            Ok(seat) => Ok(Self(seat)),
            Err(_) => fields.refuse("there are not so many seats"),
        }
    }
}

compact!(PlayerId);

/// A thing in the world. A game decides which numbers its things get; small ones cost fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub u32);

impl EntityId {
    /// One more than the greatest id: a [change's key](crate::Change) shares its 32 bits with the kind of change.
    pub const LIMIT: u32 = 1 << 30;
}

/// A direction in 1024ths of a turn: 0 points along +x, 256 along +y (down on a screen).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Angle(u16);

impl Angle {
    /// How many angles make a full turn.
    pub const TURN: i32 = 1024;

    /// The angle `steps` 1024ths of a turn round from +x, of any sign and size.
    #[must_use]
    pub const fn new(steps: i32) -> Self {
        Self(steps.rem_euclid(Self::TURN).cast_unsigned() as u16)
    }

    /// The angle as a number from 0 to 1023.
    #[must_use]
    pub const fn steps(self) -> i32 {
        self.0 as i32
    }

    /// This angle turned by `steps`.
    #[must_use]
    pub const fn turned(self, steps: i32) -> Self {
        Self::new(self.steps() + steps)
    }

    /// The shorter way round from this angle to `to`, from −512 to 511 steps.
    #[must_use]
    pub const fn steps_to(self, to: Self) -> i32 {
        (to.steps() - self.steps() + Self::TURN / 2).rem_euclid(Self::TURN) - Self::TURN / 2
    }

    /// This angle turned towards `to` by at most `steps_max`.
    #[must_use]
    pub fn turned_towards(self, to: Self, steps_max: i32) -> Self {
        self.turned(self.steps_to(to).clamp(-steps_max, steps_max))
    }

    /// The cosine times 16384 ([`sine::ONE`]).
    #[must_use]
    pub const fn cos(self) -> i32 {
        sine::sin(self.steps() + Self::TURN / 4)
    }

    /// The sine times 16384 ([`sine::ONE`]).
    #[must_use]
    pub const fn sin(self) -> i32 {
        sine::sin(self.steps())
    }
}

/// A place, in 64ths of a world unit from the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl Position {
    /// How many steps of a position make one world unit.
    pub const UNIT: i32 = 64;

    /// The place at whole units.
    #[must_use]
    pub const fn at_units(x: i32, y: i32) -> Self {
        Self { x: x * Self::UNIT, y: y * Self::UNIT }
    }

    /// Whether `other` lies within `distance` (in 64ths of a unit).
    #[must_use]
    pub fn is_within(self, other: Self, distance: i32) -> bool {
        let (dx, dy) = (i64::from(self.x - other.x), i64::from(self.y - other.y));
        dx * dx + dy * dy <= i64::from(distance) * i64::from(distance)
    }

    /// Where a thing at this place with `velocity` is one tick later.
    #[must_use]
    pub const fn moved(self, velocity: Velocity, tick_rate: i32) -> Self {
        const SCALE: i32 = Position::UNIT / Velocity::UNIT;
        Self {
            x: self.x + divide_rounded(velocity.x * SCALE, tick_rate),
            y: self.y + divide_rounded(velocity.y * SCALE, tick_rate),
        }
    }
}

/// A velocity, in 16ths of a world unit per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Velocity {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl Velocity {
    /// How many steps of a velocity make one world unit per second.
    pub const UNIT: i32 = 16;

    /// The velocity of `speed` (16ths of a unit per second) towards `angle`.
    #[must_use]
    pub const fn towards(angle: Angle, speed: i32) -> Self {
        Self { x: divide_rounded(speed * angle.cos(), sine::ONE), y: divide_rounded(speed * angle.sin(), sine::ONE) }
    }

    /// Both parts held within ±`limit`.
    #[must_use]
    pub fn clamped(self, limit: i32) -> Self {
        Self { x: self.x.clamp(-limit, limit), y: self.y.clamp(-limit, limit) }
    }

    /// The sum of two velocities.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

/// The quotient rounded to the nearest integer, halves towards +∞. The divisor is positive.
///
/// The kernel divides with this and nothing else, so that JavaScript's `Math.floor((2 * a + b) / (2 * b))` agrees.
#[must_use]
pub const fn divide_rounded(dividend: i32, divisor: i32) -> i32 {
    (2 * dividend as i64 + divisor as i64).div_euclid(2 * divisor as i64) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_compare_across_the_wrap() {
        assert!(Tick(2).is_newer_than(Tick(u32::MAX)));
        assert!(!Tick(u32::MAX).is_newer_than(Tick(2)));
        assert_eq!(Tick(2).since(Tick(u32::MAX)), 3);
        assert_eq!(Tick(0).plus(-1), Tick(u32::MAX));
    }

    #[test]
    fn turning_takes_the_shorter_way() {
        assert_eq!(Angle::new(1000).steps_to(Angle::new(24)), 48);
        assert_eq!(Angle::new(24).steps_to(Angle::new(1000)), -48);
        assert_eq!(Angle::new(0).steps_to(Angle::new(512)), -512);
        assert_eq!(Angle::new(10).turned_towards(Angle::new(1000), 20), Angle::new(-10));
        assert_eq!(Angle::new(10).turned_towards(Angle::new(12), 20), Angle::new(12));
    }

    #[test]
    fn division_rounds_halves_up() {
        let quotients: Vec<i32> = (-6..=6).map(|n| divide_rounded(n, 4)).collect();
        assert_eq!(quotients, [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn a_second_of_ticks_covers_a_second_of_distance() {
        let mut place = Position::default();
        for _ in 0..30 {
            place = place.moved(Velocity { x: 100 * Velocity::UNIT, y: 0 }, 30);
        }
        assert!((place.x - 100 * Position::UNIT).abs() <= 15, "{place:?}");
    }
}
