//! What is left to chance.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use tickcast_protocol::arena::Rules;
use tickcast_protocol::{Angle, Position, Velocity};

/// A seeded source of chance, part of a world's state.
///
/// The generator is a named one (xoshiro256++ by Blackman and Vigna) and all its ranges are of fixed width, so that a seed
/// means the same on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// True `times` in `of` times; always where `times` is the greater.
    pub(super) fn happens(&mut self, times: u32, of: u32) -> bool {
        self.0.random_range(0..of) < times
    }

    pub(super) fn angle(&mut self) -> Angle {
        Angle::new(self.0.random_range(0..Angle::TURN))
    }

    /// A speed from `low` up to `high` units per second, in any direction.
    pub(super) fn velocity(&mut self, low: i32, high: i32) -> Velocity {
        let angle = self.angle();
        Velocity::towards(angle, self.0.random_range(low * Velocity::UNIT..=high * Velocity::UNIT))
    }

    /// A place at least `margin` (64ths of a unit) away from the border.
    pub(super) fn place(&mut self, rules: &Rules, margin: i32) -> Position {
        let mut along = || self.0.random_range(margin..=rules.extent() - margin);
        Position { x: along(), y: along() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 512 };

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut dice = Dice::new(7);
        let rolled: Vec<i32> = (0..4).map(|_| dice.angle().steps()).collect();
        assert_eq!(rolled, [56, 176, 734, 437]);
    }

    #[test]
    fn places_keep_their_margin() {
        let (mut dice, margin) = (Dice::new(1), 200 * Position::UNIT);
        let inside = margin..=RULES.extent() - margin;
        let places: Vec<Position> = (0..500).map(|_| dice.place(&RULES, margin)).collect();
        assert!(places.iter().all(|place| inside.contains(&place.x) && inside.contains(&place.y)));
        assert!(places.iter().any(|place| place.x < 210 * Position::UNIT), "they use all of the room");
    }

    #[test]
    fn chances_are_what_they_say() {
        let mut dice = Dice::new(1);
        let happened = (0..10_000).filter(|_| dice.happens(1, 4)).count();
        assert!((2300..2700).contains(&happened), "{happened}");
        assert!((0..100).all(|_| !dice.happens(0, 4) && dice.happens(9, 4)));
    }
}
