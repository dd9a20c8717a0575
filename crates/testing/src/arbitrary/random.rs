//! The source of all random choices. A seed reproduces them.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The source of all random choices of a run. Equal seeds give equal choices.
#[derive(Clone, Debug)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The choices of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.random()
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0.random_range(0..bound)
    }

    /// True with a probability of one in `count`.
    pub fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    /// One of the elements, or `None` if there are none.
    pub fn choose<'a, T>(&mut self, elements: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(elements.len()).ok().filter(|count| *count > 0)?;
        elements.get(self.below(count) as usize)
    }
}
