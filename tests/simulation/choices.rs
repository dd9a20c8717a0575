//! The source of all random choices of a run.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::{Choice, Controls, Steering};
use tickcast_protocol::{Angle, Viewport};

/// The source of all random choices of a run: a seeded generator, or the input of a fuzzer.
pub(crate) trait Choices {
    /// A number below `count`.
    fn pick(&mut self, count: u32) -> u32;

    /// Whether the input of the fuzzer is used up.
    fn is_exhausted(&self) -> bool {
        false
    }

    /// True with a probability of one in `count`.
    fn one_in(&mut self, count: u32) -> bool {
        self.pick(count) == 0
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.pick(high - low + 1)
    }

    /// One of the elements of `of`.
    fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.pick(of.len() as u32) as usize]
    }

    /// Any controls.
    fn controls(&mut self) -> Controls {
        let steering = match self.pick(4) {
            0 => Steering::Ahead,
            1 => Steering::Left,
            2 => Steering::Right,
            _ => Steering::Towards(Angle::new(self.pick(256) as i32 * 4)),
        };
        let choice = *self.choose(&[None, Some(Choice::First), Some(Choice::Second), Some(Choice::Third)]);
        Controls { steering, thrust: !self.one_in(4), fire: self.one_in(2), dash: self.one_in(8), choice }
    }

    /// Any viewport. A width or height of 0 requests the maximum.
    fn viewport(&mut self) -> Viewport {
        let mut side = || 8 * self.pick(200) as u16;
        Viewport { width: side(), height: side() }
    }
}

impl Choices for Xoshiro256PlusPlus {
    fn pick(&mut self, count: u32) -> u32 {
        self.random_range(0..count)
    }
}
