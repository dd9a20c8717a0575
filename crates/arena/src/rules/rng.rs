//! Random number generator of a world.

use crate::wire::Rules;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{Angle, Position, Velocity};

/// Seeded random number generator. It is part of the state of a world.
///
/// The sequence of numbers is the same on every machine: the algorithm is fixed (xoshiro256++ by Blackman and Vigna), and
/// all numbers drawn are 32-bit integers, never `usize`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rng(Xoshiro256PlusPlus);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// True with probability `numerator / denominator`. Always true if the fraction is one or greater.
    pub(super) fn chance(&mut self, numerator: u32, denominator: u32) -> bool {
        self.0.random_range(0..denominator) < numerator
    }

    pub(super) fn angle(&mut self) -> Angle {
        Angle::new(self.0.random_range(0..Angle::TURN))
    }

    /// A velocity in any direction with a speed from `low` to `high` world units per second.
    pub(super) fn velocity(&mut self, low: i32, high: i32) -> Velocity {
        let angle = self.angle();
        Velocity::towards(angle, self.0.random_range(low * Velocity::UNIT..=high * Velocity::UNIT))
    }

    /// A position at least `margin` (64ths of a world unit) away from the border.
    pub(super) fn position(&mut self, rules: &Rules, margin: i32) -> Position {
        let mut coordinate = || self.0.random_range(margin..=rules.extent() - margin);
        Position { x: coordinate(), y: coordinate() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 512 };

    #[test]
    fn a_seed_always_gives_the_same_sequence() {
        let mut rng = Rng::new(7);
        let angles: Vec<i32> = (0..4).map(|_| rng.angle().steps()).collect();
        assert_eq!(angles, [56, 176, 734, 437]);
    }

    #[test]
    fn positions_keep_the_margin_and_use_all_of_the_area() {
        let (mut rng, margin) = (Rng::new(1), 200 * Position::UNIT);
        let inside = margin..=RULES.extent() - margin;
        let positions: Vec<Position> = (0..500).map(|_| rng.position(&RULES, margin)).collect();
        assert!(positions.iter().all(|position| inside.contains(&position.x) && inside.contains(&position.y)));
        assert!(positions.iter().any(|position| position.x < 210 * Position::UNIT));
    }

    #[test]
    fn chances_have_the_given_probability() {
        let mut rng = Rng::new(1);
        let hits = (0..10_000).filter(|_| rng.chance(1, 4)).count();
        assert!((2300..2700).contains(&hits), "{hits}");
        assert!((0..100).all(|_| !rng.chance(0, 4) && rng.chance(9, 4)));
    }
}
