//! Speed of a replay.

use serde::{Deserialize, Serialize};

/// Speed at which a replay is played, in quarters of real time: from ¼ to 16 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PlaybackSpeed(u8);

/// The number is not a speed of a replay: it is not in the range from 1 to [`PlaybackSpeed::QUARTERS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the speed of a replay is from 1 to {} quarters of real time", PlaybackSpeed::QUARTERS_MAX)]
pub struct InvalidSpeed;

impl PlaybackSpeed {
    /// The highest speed, in quarters of real time.
    pub const QUARTERS_MAX: u8 = 64;
    /// Real time.
    pub const REAL_TIME: Self = Self(4);

    /// The speed in quarters of real time.
    #[must_use]
    pub const fn quarters(self) -> u8 {
        self.0
    }
}

impl Default for PlaybackSpeed {
    fn default() -> Self {
        Self::REAL_TIME
    }
}

impl TryFrom<u8> for PlaybackSpeed {
    type Error = InvalidSpeed;

    fn try_from(quarters: u8) -> Result<Self, InvalidSpeed> {
        if (1..=Self::QUARTERS_MAX).contains(&quarters) { Ok(Self(quarters)) } else { Err(InvalidSpeed) }
    }
}

impl From<PlaybackSpeed> for u8 {
    fn from(speed: PlaybackSpeed) -> Self {
        speed.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quarter_to_sixteen_times_real_time_is_a_speed() {
        let quarters = |quarters| PlaybackSpeed::try_from(quarters).map(PlaybackSpeed::quarters);
        assert_eq!([1, 4, 64].map(quarters), [Ok(1), Ok(4), Ok(64)]);
        assert_eq!([0, 65, 255].map(quarters), [Err(InvalidSpeed); 3]);
    }
}
