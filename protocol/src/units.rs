//! Units of the simulation. All quantities are integers, because integer results are equal on every machine.
//!
//! Depends on nothing but [`mod@crate::compact`].

mod angle;
mod id;
mod position;
pub mod sine;
mod tick;

pub use angle::Angle;
pub use id::{EntityId, PlayerId};
pub use position::{Position, Velocity};
pub use tick::Tick;

/// The quotient, rounded to the nearest integer; halves are rounded towards +∞. The divisor must be positive.
///
/// Kernels should use this function for every division of possibly negative numbers. The equivalent in JavaScript is
/// `Math.floor((2 * a + b) / (2 * b))`.
#[must_use]
#[inline]
pub const fn divide_rounded(dividend: i32, divisor: i32) -> i32 {
    (2 * dividend as i64 + divisor as i64).div_euclid(2 * divisor as i64) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_halves_up() {
        let quotients: Vec<i32> = (-6..=6).map(|n| divide_rounded(n, 4)).collect();
        assert_eq!(quotients, [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
    }
}
