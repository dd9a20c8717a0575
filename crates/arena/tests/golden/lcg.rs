//! Pseudo-random numbers that are equal in Rust and JavaScript.

/// The linear congruential generator of "Numerical Recipes": `state = state · 1664525 + 1013904223 mod 2³²`. To draw a
/// number below `end` (at most 2¹⁶), it computes the next state and returns its high 16 bits modulo `end`.
#[derive(Clone, Debug)]
pub(crate) struct Lcg(pub(crate) u32);

impl Lcg {
    /// The next number below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % end
    }

    /// The next number from `low` to `high`, inclusive.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).cast_unsigned()).cast_signed()
    }
}
