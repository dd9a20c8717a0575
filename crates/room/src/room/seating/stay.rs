//! Stays of human players in a room.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_protocol::game::Score;
use tickcast_protocol::{PlayerId, PlayerName, Team, Tick};

use crate::room::roster::PlayerResult;

/// The beginning of a player's stay. A stay ends when the player leaves or the round ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::room) struct Stay {
    /// The tick in which the player enters the world.
    pub(in crate::room) first_tick: Tick,
    /// The time at which the player has taken the seat.
    pub(in crate::room) since: Duration,
}

/// A stay that has ended, although the player may still be in the world.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct EndedStay {
    pub(super) first_tick: Tick,
    pub(super) play_time: Duration,
}

impl Stay {
    pub(super) fn end(self, at: Duration) -> EndedStay {
        EndedStay { first_tick: self.first_tick, play_time: at.saturating_sub(self.since) }
    }
}

impl EndedStay {
    pub(super) fn result(self, player: PlayerId, result: PlayerResult, next: Option<Tick>) -> StayResult {
        let Self { first_tick, play_time } = self;
        let PlayerResult { name, team, score, best_streak } = result;
        StayResult { player, first_tick, name, team, play_time, score, best_streak, next }
    }
}

/// The result of a human player who has left the room, or whose round has ended. Seat and first tick identify the stay in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayResult {
    /// The player's seat.
    pub player: PlayerId,
    /// The tick in which the player entered the world or the round.
    pub first_tick: Tick,
    /// The player's name in the room.
    pub name: PlayerName,
    /// The player's team. `None` in a room without teams.
    pub team: Option<Team>,
    /// Duration of play in the round. It begins when the player takes the seat or when the round begins, whichever is
    /// later. It ends when the player leaves or when the round ends, whichever is earlier. If the player has lost the
    /// connection and has not returned, it ends with the loss.
    pub play_time: Duration,
    /// The player's score at the end of the round, or when the player was removed from the world.
    pub score: Score,
    /// Maximum number of kills without a death in between.
    pub best_streak: u32,
    /// The first tick of the player's next stay, if the player has not left: a stay ends with its round, and the next one begins.
    pub next: Option<Tick>,
}
