//! Random number generator of a world.

use crate::wire::Rules;
use rand::{Rng as _, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{Angle, PlayerId, Position, Velocity};

/// Seeded random number generator. It is part of the state of a world.
///
/// The sequence of numbers is the same on every machine. The algorithm is fixed: ChaCha with 12 rounds (RFC 8439 specifies
/// ChaCha with 20 rounds). All numbers drawn are 32-bit integers, never `usize`, whose width depends on the machine.
///
/// Clients see the outcome of almost every number: positions, headings and velocities. With a cryptographic generator, these
/// outcomes reveal neither the seed nor any other number. The state of most other generators, such as Xoshiro's, can be
/// computed from some of their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rng(ChaCha12Rng);

/// 32-bit words in a block of the cipher.
const WORDS_PER_BLOCK: u128 = 16;

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Returns a number that depends only on the seed and the arguments. Does not advance the generator. Each pair of
    /// player and `purpose` uses its own stream of the cipher. The other methods use stream 0, so `purpose` must not be 0.
    pub(super) fn number_for(&self, player: PlayerId, purpose: u8, period: u32) -> u32 {
        assert_ne!(purpose, 0, "stream 0 is in use");
        let mut rng = ChaCha12Rng::from_seed(self.0.get_seed());
        rng.set_stream(u64::from(purpose) << 16 | u64::from(player.0));
        rng.set_word_pos(u128::from(period) * WORDS_PER_BLOCK);
        rng.next_u32()
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
    use tickcast_game::protocol::codec;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 512 };

    #[test]
    fn a_seed_always_gives_the_same_sequence() {
        let mut rng = Rng::new(7);
        let angles: Vec<i32> = (0..4).map(|_| rng.angle().steps()).collect();
        assert_eq!(angles, [426, 31, 145, 314]);
    }

    #[test]
    fn a_decoded_generator_continues_the_sequence() {
        let mut rng = Rng::new(7);
        for _ in 0..100 {
            let mut copy: Rng = codec::decode(&codec::encode(&rng)).expect("the generator was encoded");
            assert_eq!(copy, rng);
            assert_eq!(copy.angle(), rng.angle());
        }
    }

    #[test]
    fn a_number_for_a_player_depends_on_all_arguments_and_not_on_the_numbers_drawn() {
        let mut rng = Rng::new(7);
        let number = rng.number_for(PlayerId(1), b'a', 5);
        rng.angle();
        assert_eq!(rng.number_for(PlayerId(1), b'a', 5), number);
        let others = [(0, b'a', 5), (1, b'b', 5), (1, b'a', 6)];
        let others = others.map(|(player, purpose, period)| rng.number_for(PlayerId(player), purpose, period));
        let other_seed = Rng::new(8).number_for(PlayerId(1), b'a', 5);
        assert!(!others.contains(&number) && number != other_seed);
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
