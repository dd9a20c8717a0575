//! Where chance comes from.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::{Controls, Steering};
use tickcast_protocol::Angle;

/// Where chance comes from: a seed, or a fuzzer.
pub(crate) trait Dice {
    /// A number from 0 up to `sides`, that one not included.
    fn roll(&mut self, sides: u32) -> u32;

    /// Whether there is no more chance to come.
    fn is_spent(&self) -> bool {
        false
    }

    /// Whether something happens that happens once in `times`.
    fn hits(&mut self, times: u32) -> bool {
        self.roll(times) == 0
    }

    /// A number from `low` up to `high`, both included.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.roll(high - low + 1)
    }

    /// One of them.
    fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len() as u32) as usize]
    }

    /// What a player may hold.
    fn controls(&mut self) -> Controls {
        let steering = match self.roll(4) {
            0 => Steering::Ahead,
            1 => Steering::Left,
            2 => Steering::Right,
            _ => Steering::Towards(Angle::new(self.roll(256) as i32 * 4)),
        };
        Controls { steering, thrust: !self.hits(4), fire: self.hits(2) }
    }
}

impl Dice for Xoshiro256PlusPlus {
    fn roll(&mut self, sides: u32) -> u32 {
        self.random_range(0..sides)
    }
}
