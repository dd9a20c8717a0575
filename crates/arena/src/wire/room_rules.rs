//! Constants of a room that clients need.

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::Position;

/// Constants of an arena that clients need, sent to clients in the Welcome. Decoding rejects values outside their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16, u16)", into = "(u16, u16, u16)")]
pub struct Rules {
    /// Ticks per second, from 10 to 120.
    pub tick_rate: u16,
    /// Side of the square world in world units, from [`Rules::WORLD_SIZE_MIN`] to [`Rules::WORLD_SIZE_MAX`].
    pub world_size: u16,
    /// Duration of a round in seconds, from [`Rules::ROUND_S_MIN`] to [`Rules::ROUND_S_MAX`], or 0 if rounds do not end.
    pub round_s: u16,
}

impl TryFrom<(u16, u16, u16)> for Rules {
    type Error = &'static str;

    fn try_from((tick_rate, world_size, round_s): (u16, u16, u16)) -> Result<Self, Self::Error> {
        if !(10..=120).contains(&tick_rate) {
            return Err("tick rate out of range");
        }
        if !(Self::WORLD_SIZE_MIN..=Self::WORLD_SIZE_MAX).contains(&world_size) {
            return Err("world size out of range");
        }
        if round_s != 0 && !(Self::ROUND_S_MIN..=Self::ROUND_S_MAX).contains(&round_s) {
            return Err("duration of a round out of range");
        }
        Ok(Self { tick_rate, world_size, round_s })
    }
}

impl From<Rules> for (u16, u16, u16) {
    fn from(rules: Rules) -> Self {
        (rules.tick_rate, rules.world_size, rules.round_s)
    }
}

impl Rules {
    /// Minimum side of the world: room for a few ships and a large rock.
    pub const WORLD_SIZE_MIN: u16 = 512;
    /// Maximum side of the world: coordinates fit 20 bits.
    pub const WORLD_SIZE_MAX: u16 = 16_383;

    /// Minimum duration of a round: longer than the podium is shown.
    pub const ROUND_S_MIN: u16 = 15;
    /// Maximum duration of a round.
    pub const ROUND_S_MAX: u16 = 3_600;

    /// Side of the world in 64ths of a world unit, as in [`Position`].
    #[must_use]
    pub const fn extent(&self) -> i32 {
        self.world_size as i32 * Position::UNIT
    }

    /// The centre of the world.
    #[must_use]
    pub const fn centre(&self) -> Position {
        Position { x: self.extent() / 2, y: self.extent() / 2 }
    }

    /// Number of whole ticks in `ms` milliseconds, at least one.
    #[must_use]
    pub fn ticks(&self, ms: u32) -> u32 {
        (u32::from(self.tick_rate) * ms / 1000).max(1)
    }

    /// Whether a round ends in this tick. Rounds begin at tick 0, so clients can compute when the current one ends.
    #[must_use]
    pub fn ends_round(&self, tick: u64) -> bool {
        let round = u64::from(self.round_s) * u64::from(self.tick_rate);
        round > 0 && tick.is_multiple_of(round)
    }
}
