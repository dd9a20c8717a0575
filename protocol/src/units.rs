//! Units of the simulation. All quantities are integers, because integer results are equal on every machine.
//!
//! Depends on nothing but [`mod@crate::compact`].

mod angle;
mod id;
mod pace;
mod position;
pub mod sine;
mod team;
mod tick;

pub use angle::Angle;
pub use id::{EntityId, PlayerId};
pub use pace::Pace;
pub use position::{Position, Velocity};
pub use team::Team;
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

    #[test]
    fn division_does_not_overflow() {
        let numbers = [0, 1, 2, 3, 29, 30, 16_383, 16_384, i32::MAX / 2, i32::MAX / 2 + 1, i32::MAX - 1, i32::MAX];
        let dividends = numbers.into_iter().chain(numbers.map(|number| -number)).chain([i32::MIN]);
        for (dividend, divisor) in dividends.flat_map(|dividend| numbers.map(|divisor| (dividend, divisor))) {
            if divisor > 0 {
                let (dividend, divisor) = (i64::from(dividend), i64::from(divisor));
                let exact = (2 * dividend + divisor).div_euclid(2 * divisor);
                assert_eq!(i64::from(divide_rounded(dividend as i32, divisor as i32)), exact, "{dividend} / {divisor}");
            }
        }
    }
}
