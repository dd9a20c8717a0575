//! Random positions, velocities and decisions of a world.

use crate::wire::Rules;
use serde::{Deserialize, Serialize};
use tickcast_game::Rng as Numbers;
use tickcast_game::protocol::{Angle, PlayerId, Position, Velocity};

/// Seeded random number generator. It is part of the state of a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rng(Numbers);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(Numbers::new(seed))
    }

    /// Returns a number that depends only on the seed and the arguments. Does not advance the generator. `purpose` must not
    /// be 0.
    pub(super) fn number_for(&self, player: PlayerId, purpose: u8, period: u32) -> u32 {
        self.0.number_of_stream(u64::from(purpose) << 16 | u64::from(player.0), period)
    }

    /// True with probability `numerator / denominator`. Always true if the fraction is one or greater.
    pub(super) fn chance(&mut self, numerator: u32, denominator: u32) -> bool {
        self.0.chance(numerator, denominator)
    }

    pub(super) fn angle(&mut self) -> Angle {
        Angle::new(self.0.between(0..=Angle::TURN - 1))
    }

    /// A velocity in any direction with a speed from `low` to `high` world units per second.
    pub(super) fn velocity(&mut self, low: i32, high: i32) -> Velocity {
        let angle = self.angle();
        Velocity::towards(angle, self.0.between(low * Velocity::UNIT..=high * Velocity::UNIT))
    }

    /// A position at least `margin` (64ths of a world unit) away from the border.
    pub(super) fn position(&mut self, rules: &Rules, margin: i32) -> Position {
        let mut coordinate = || self.0.between(margin..=rules.extent() - margin);
        Position { x: coordinate(), y: coordinate() }
    }

    /// A position at most `distance` away from `centre` along each axis, and at least `margin` away from the border.
    pub(super) fn position_near(&mut self, rules: &Rules, centre: Position, distance: i32, margin: i32) -> Position {
        let mut near = |at: i32| (at + self.0.between(-distance..=distance)).clamp(margin, rules.extent() - margin);
        Position { x: near(centre.x), y: near(centre.y) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 512, round_s: 0 };

    #[test]
    fn a_seed_always_gives_the_same_sequence() {
        let mut rng = Rng::new(7);
        let angles: Vec<i32> = (0..4).map(|_| rng.angle().steps()).collect();
        assert_eq!(angles, [426, 31, 145, 314]);
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
    fn positions_near_a_place_stay_inside_the_world() {
        let (mut rng, margin, distance) = (Rng::new(1), 10 * Position::UNIT, 70 * Position::UNIT);
        for centre in [Position::at_units(0, 511), Position::at_units(256, 100)] {
            for _ in 0..200 {
                let Position { x, y } = rng.position_near(&RULES, centre, distance, margin);
                let inside = margin..=RULES.extent() - margin;
                assert!(inside.contains(&x) && inside.contains(&y));
                assert!((x - centre.x).abs() <= distance && (y - centre.y).abs() <= distance);
            }
        }
    }
}
