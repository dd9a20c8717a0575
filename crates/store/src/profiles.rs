//! Results of players, their profiles, and the leaderboards.

use std::fmt;
use std::str::FromStr;

const DAY_S: u64 = 24 * 3_600;

/// Identifies a player in all matches. The server derives it from a secret with a hash function, so it reveals nothing about
/// the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(pub [u8; 32]);

/// 64 hexadecimal digits.
impl fmt::Display for ProfileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The text is not the id of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct ProfileIdError;

/// Parses 64 hexadecimal digits.
impl FromStr for ProfileId {
    type Err = ProfileIdError;

    fn from_str(text: &str) -> Result<Self, ProfileIdError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ProfileIdError);
        }
        let mut id = [0; 32];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| ProfileIdError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ProfileIdError)?;
        }
        Ok(Self(id))
    }
}

/// The seat of a player, and the tick in which the player entered the world or the round. Together with the match, they identify
/// the player's stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stay {
    /// The first tick of the stay.
    pub tick: u32,
    /// The player's seat.
    pub seat: u16,
}

/// The beginning or the end of a player's stay in a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StayEvent {
    /// A player with this profile has taken a seat. If the player has no profile, the store does not record the stay. In
    /// both cases, if the store still contains an earlier stay in this seat, that stay is not counted any more. For example,
    /// a player who leaves before the first tick of the stay has no result, so such a stay does not end.
    Began(Stay, Option<ProfileId>),
    /// A player has left the match, with this result. The store counts the result in the profile with which the stay began.
    /// The store ignores the result if the store does not contain the stay. There are three reasons for this: the player
    /// has no profile, the player has erased the profile during the stay, or the stay was counted before.
    Ended(Stay, StayResult),
    /// A round has ended, with this result of the player. The store counts the result like that of a stay that
    /// [ended](Self::Ended). The player's next stay begins in this tick, in the same seat and with the same profile.
    Continued(Stay, StayResult, u32),
}

/// The result of a player's stay in a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayResult {
    /// The player's name in the match.
    pub name: String,
    /// Time at which the stay ended, as Unix time in seconds.
    pub ended_s: u64,
    /// Duration of the stay in milliseconds.
    pub play_ms: u64,
    /// Points, as the game defines them.
    pub score: u32,
    /// Number of opponents defeated.
    pub kills: u32,
    /// Number of defeats.
    pub deaths: u32,
    /// Maximum number of kills without a death in between.
    pub best_streak: u32,
}

/// A player's results, combined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The player's name in the last match.
    pub name: String,
    /// Number of stays: one for each match or, in games with rounds, for each round.
    pub matches: u64,
    /// Total duration of the stays in milliseconds.
    pub play_ms: u64,
    /// Total number of opponents defeated.
    pub kills: u64,
    /// Total number of defeats.
    pub deaths: u64,
    /// Highest score of a stay.
    pub best_score: u32,
    /// Maximum number of kills without a death in between.
    pub best_streak: u32,
}

/// Time that a leaderboard covers. Days and weeks are those of UTC. A week begins on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// All time.
    All,
    /// The current day.
    Day,
    /// The current week.
    Week,
}

impl Period {
    /// All periods.
    pub const EVERY: [Self; 3] = [Self::All, Self::Day, Self::Week];

    /// The number of the day or week that contains this Unix time. For [`Period::All`], always 0.
    pub(crate) const fn number(self, unix_s: u64) -> u64 {
        match self {
            Self::All => 0,
            Self::Day => unix_s / DAY_S,
            // 1 January 1970 was a Thursday.
            Self::Week => (unix_s / DAY_S + 3) / 7,
        }
    }
}

/// A leaderboard: the best scores of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaderboard {
    /// The period.
    pub period: Period,
    /// A Unix time in seconds. The leaderboard is that of the day or week that contains this time.
    pub at_s: u64,
}

impl Leaderboard {
    /// The number of the day or week.
    pub(crate) const fn number(self) -> u64 {
        self.period.number(self.at_s)
    }
}

/// An entry of a leaderboard. A player has at most one entry, for the player's highest score in the period. Entries with
/// equal scores are ranked by the time at which the score was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderboardEntry {
    /// The player. Keep it secret from other players: it links the player's entries of all periods.
    pub profile: ProfileId,
    /// The player's name in the last match.
    pub name: String,
    /// Highest score of the player in the period.
    pub score: u32,
}

/// The place of a player on a leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// 1 for the highest score. `None` if the rank is greater than [`Placement::RANK_MAX`].
    pub rank: Option<u32>,
    /// Highest score of the player in the period.
    pub score: u32,
}

impl Placement {
    /// Maximum rank that a store determines. To determine a rank, a store counts the better entries; this limit bounds the
    /// time that this takes.
    pub const RANK_MAX: u32 = 10_000;

    /// The placement of a score if `better` entries are better than it.
    pub(crate) const fn after(better: u32, score: u32) -> Self {
        Self { rank: if better < Self::RANK_MAX { Some(better + 1) } else { None }, score }
    }
}

/// Maximum number of profiles in a store. If there are more, those with the lowest scores are deleted. Profiles of players
/// who only join and leave thus never displace those of players who have scored. A profile takes up to 500 bytes.
pub const PROFILES_MAX: u32 = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_and_weeks_on_monday() {
        let monday = 4 * DAY_S;
        assert_eq!(Period::Day.number(monday - 1) + 1, Period::Day.number(monday));
        assert_eq!(Period::Week.number(monday - 1) + 1, Period::Week.number(monday));
        assert_eq!(Period::Week.number(monday), Period::Week.number(monday + 7 * DAY_S - 1));
        assert_eq!(Period::All.number(monday), Period::All.number(0));
    }

    #[test]
    fn the_id_of_a_profile_is_64_hexadecimal_digits() {
        let id = ProfileId(std::array::from_fn(|index| index as u8 * 8));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "00", &"0".repeat(63), &"+0".repeat(32), &"é".repeat(32)] {
            assert_eq!(text.parse::<ProfileId>(), Err(ProfileIdError), "{text}");
        }
    }
}
