//! A random number generator for rules.

use std::ops::RangeInclusive;

use rand::{Rng as _, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

/// A random number generator for the rules of a game. Create it from the seed in [`Game::new`](crate::Game::new), and keep
/// it in a field of the game, so that it is part of the room's checkpoints.
///
/// The sequence of numbers is the same on every machine. The algorithm is fixed: ChaCha with 12 rounds (RFC 8439 specifies
/// ChaCha with 20 rounds). All numbers drawn are 32-bit integers, never `usize`, whose width depends on the machine.
///
/// Players see the outcome of many numbers: cards, positions, headings. With a cryptographic generator, these outcomes reveal
/// neither the seed nor any other number. The state of most other generators, such as Xoshiro's, can be computed from some of
/// their numbers.
///
/// ```
/// use tickcast_game::Rng;
///
/// let mut rng = Rng::new(7);
/// let die = rng.between(1..=6);
/// let mut cards: Vec<u8> = (0..52).collect();
/// rng.shuffle(&mut cards);
/// # assert!((1..=6).contains(&die));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng(ChaCha12Rng);

/// 32-bit words in a block of the cipher.
const WORDS_PER_BLOCK: u128 = 16;

impl Rng {
    /// Creates a generator. Equal seeds give equal sequences.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// A number in the range; each with the same probability.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn between(&mut self, range: RangeInclusive<i32>) -> i32 {
        self.0.random_range(range)
    }

    /// True with probability `numerator / denominator`. Always true if the fraction is one or greater.
    ///
    /// # Panics
    /// If the denominator is 0.
    pub fn chance(&mut self, numerator: u32, denominator: u32) -> bool {
        self.0.random_range(0..denominator) < numerator
    }

    /// One of the items; each with the same probability. `None` if there are no items.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { Some(&items[self.index(items.len())]) }
    }

    /// Puts the items into a random order; each with the same probability (the algorithm of Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// A number that depends only on the seed and the arguments. Does not advance the generator. `stream` must not be 0,
    /// because the other methods use that stream of the cipher.
    ///
    /// # Panics
    /// If `stream` is 0.
    #[must_use]
    pub fn number_of_stream(&self, stream: u64, index: u32) -> u32 {
        assert_ne!(stream, 0, "stream 0 is in use");
        let mut rng = ChaCha12Rng::from_seed(self.0.get_seed());
        rng.set_stream(stream);
        rng.set_word_pos(u128::from(index) * WORDS_PER_BLOCK);
        rng.next_u32()
    }

    /// An index of a slice with `len` items.
    fn index(&mut self, len: usize) -> usize {
        let len = u32::try_from(len).expect("slices of a world have fewer than 2³² items");
        self.0.random_range(0..len) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::codec;

    #[test]
    fn a_seed_always_gives_the_same_sequence() {
        let mut rng = Rng::new(7);
        let numbers: Vec<i32> = (0..4).map(|_| rng.between(0..=1023)).collect();
        assert_eq!(numbers, [426, 31, 145, 314]);
    }

    #[test]
    fn a_decoded_generator_continues_the_sequence() {
        let mut rng = Rng::new(7);
        for _ in 0..100 {
            let mut copy: Rng = codec::decode(&codec::encode(&rng)).expect("the generator was encoded");
            assert_eq!(copy, rng);
            assert_eq!(copy.between(0..=9), rng.between(0..=9));
        }
    }

    #[test]
    fn a_number_of_a_stream_depends_on_all_arguments_and_not_on_the_numbers_drawn() {
        let mut rng = Rng::new(7);
        let number = rng.number_of_stream(1, 5);
        rng.between(0..=9);
        assert_eq!(rng.number_of_stream(1, 5), number);
        let others = [rng.number_of_stream(2, 5), rng.number_of_stream(1, 6), Rng::new(8).number_of_stream(1, 5)];
        assert!(!others.contains(&number));
    }

    #[test]
    fn chances_have_the_given_probability() {
        let mut rng = Rng::new(1);
        let hits = (0..10_000).filter(|_| rng.chance(1, 4)).count();
        assert!((2300..2700).contains(&hits), "{hits}");
        assert!((0..100).all(|_| !rng.chance(0, 4) && rng.chance(9, 4)));
    }

    #[test]
    fn all_orders_of_three_items_are_equally_probable() {
        let mut rng = Rng::new(1);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            rng.shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn every_item_can_be_chosen_and_an_empty_slice_has_none() {
        let mut rng = Rng::new(1);
        let chosen: std::collections::BTreeSet<u8> = (0..100).filter_map(|_| rng.choose(&[1, 2, 3]).copied()).collect();
        assert_eq!(chosen.len(), 3);
        assert_eq!(rng.choose::<u8>(&[]), None);
    }
}
