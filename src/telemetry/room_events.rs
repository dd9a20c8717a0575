//! Events of rooms for the operator's backend.

use serde::Serialize;
use tickcast_protocol::RoomName;
use tickcast_room::StayResult;
use tickcast_store::MatchId;

/// Receives the events of all rooms.
pub trait RoomEventSink: Send + Sync + 'static {
    /// Handles an event. Called on the thread of the room, possibly while a panic of the room unwinds, so it must neither block
    /// nor panic.
    fn report(&self, event: RoomEvent);
}

/// The beginning or the end of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum RoomEvent {
    /// A new room has opened. There is no such event if a stored room continues after a restart of the server.
    #[serde(rename = "room.opened")]
    Opened {
        /// Name of the room.
        room: RoomName,
        /// The match, if the room is stored.
        #[serde(rename = "match", serialize_with = "match_digits")]
        match_id: Option<MatchId>,
        /// Seats for human players.
        seats: u16,
        /// Ticks per second.
        tick_rate: u16,
    },
    /// A room has ended. There is no such event if the room only stops with the server.
    #[serde(rename = "room.closed")]
    Closed {
        /// Name of the room.
        room: RoomName,
        /// The match, if the room was stored.
        #[serde(rename = "match", serialize_with = "match_digits")]
        match_id: Option<MatchId>,
        /// Why the room has ended.
        reason: RoomEnd,
        /// The results of human players who have left since the room opened or the server last started, whichever is later.
        /// If there are more than 256, those with the lowest scores are left out. Empty if the room was not stored.
        results: Vec<PlayerResult>,
    },
}

impl RoomEvent {
    /// Whether the event contains results of players.
    #[cfg(any(test, feature = "webhooks"))]
    pub(crate) fn has_results(&self) -> bool {
        matches!(self, Self::Closed { results, .. } if !results.is_empty())
    }
}

/// Why a room has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RoomEnd {
    /// The room was empty for some time.
    Empty,
    /// An operator has closed the room.
    Operator,
    /// The game's code has panicked, or another server has taken the room over.
    Failed,
}

/// The result of a human player's stay in a room. Seat and first tick identify the stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerResult {
    /// The player's name in the room.
    pub name: String,
    /// The player's seat.
    pub seat: u16,
    /// The player's team. Absent in a room without teams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<u8>,
    /// The tick in which the player entered the world.
    pub first_tick: u32,
    /// Duration of the stay in milliseconds.
    pub play_ms: u64,
    /// Points, as the game defines them.
    pub score: u32,
    /// Number of opponents defeated.
    pub kills: u32,
    /// Number of defeats.
    pub deaths: u32,
}

impl From<&StayResult> for PlayerResult {
    fn from(result: &StayResult) -> Self {
        Self {
            name: result.name.to_string(),
            seat: result.player.0,
            team: result.team.map(|team| team.0),
            first_tick: result.first_tick.0,
            play_ms: result.play_time.as_millis() as u64,
            score: result.score.points,
            kills: result.score.kills,
            deaths: result.score.deaths,
        }
    }
}

fn match_digits<T: serde::Serializer>(id: &Option<MatchId>, serializer: T) -> Result<T::Ok, T::Error> {
    id.map(|id| id.to_string()).serialize(serializer)
}
