//! Simulation time.

use serde::{Deserialize, Serialize};

/// Number of a fixed simulation step, wrapping at 2³².
///
/// Wrapping numbers have no total order, so the type does not implement `Ord`. [`Tick::is_newer_than`] compares ticks that
/// are less than 2³¹ apart (serial number arithmetic, RFC 1982).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The tick that is `ticks` later, or earlier if `ticks` is negative.
    #[must_use]
    pub const fn plus(self, ticks: i32) -> Self {
        Self(self.0.wrapping_add_signed(ticks))
    }

    /// Number of ticks from `other` to `self`; negative if `self` is older.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether this tick is after `other`.
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_compare_across_the_wrap() {
        assert!(Tick(2).is_newer_than(Tick(u32::MAX)));
        assert!(!Tick(u32::MAX).is_newer_than(Tick(2)));
        assert_eq!(Tick(2).since(Tick(u32::MAX)), 3);
        assert_eq!(Tick(0).plus(-1), Tick(u32::MAX));
    }
}
