//! Messages about replays.

use std::sync::Arc;

use actix::{Message, Recipient};
use serde::Serialize;
use tickcast_game::GameProtocol;
use tickcast_protocol::{CloseReason, PlaybackSpeed, PlayerName, RoomName, Tick};
use tickcast_store::{MatchId, MatchKey};

use super::{FindRoom, RoomFilter, RoomHandle};
use crate::admission::Client;

/// What a session joins.
pub enum Entrance<G: GameProtocol> {
    /// The lobby finds the room. If the client names no room, the lobby looks for a room that meets the conditions of the
    /// filter.
    Lobby(Recipient<FindRoom<G>>, RoomFilter),
    /// A replay. `None` if there is no such match.
    Replay(Option<ReplayEntrance<G>>),
}

/// A match that a session watches.
pub struct ReplayEntrance<G: GameProtocol> {
    /// Opens replays.
    pub replays: Recipient<OpenReplay<G>>,
    /// The match.
    pub id: MatchId,
    /// The tick at which the client wants to start.
    pub start: Option<Tick>,
}

impl<G: GameProtocol> Clone for Entrance<G> {
    fn clone(&self) -> Self {
        match self {
            Self::Lobby(lobby, filter) => Self::Lobby(lobby.clone(), filter.clone()),
            Self::Replay(replay) => Self::Replay(replay.clone()),
        }
    }
}

impl<G: GameProtocol> Clone for ReplayEntrance<G> {
    fn clone(&self) -> Self {
        Self { replays: self.replays.clone(), id: self.id, start: self.start }
    }
}

/// What a client wants of the replay that it watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackControl {
    /// To continue at this tick.
    Seek(Tick),
    /// To change the speed.
    Speed(PlaybackSpeed),
    /// To pause, or to continue.
    Pause(bool),
}

/// To the replays: finds a match that clients may watch.
#[derive(Message)]
#[rtype(result = "Option<FoundMatch>")]
pub struct FindMatch(pub MatchKey);

/// A match that clients may watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMatch {
    /// The match.
    pub id: MatchId,
    /// The name of its room.
    pub room: RoomName,
}

/// To the replays: opens a replay of a match for a client.
#[derive(Message)]
#[rtype(result = "Result<Arc<RoomHandle<G>>, CloseReason>")]
pub struct OpenReplay<G: GameProtocol> {
    /// The match.
    pub id: MatchId,
    /// The tick at which the client wants to start.
    pub start: Option<Tick>,
    /// The client, against whose limits the replay counts.
    pub client: Client,
    /// Marker for the type of the game, on which the type of the response depends.
    pub game: std::marker::PhantomData<fn() -> G>,
}

/// Message to the replays: requests the description of a match that clients may watch. It may be up to a second old.
#[derive(Message)]
#[rtype(result = "Option<Arc<MatchDescription>>")]
pub struct DescribeMatch(pub MatchKey);

/// A match in `GET /api/rooms/WHICH/replay`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatchDescription {
    /// The match id.
    #[serde(rename = "match")]
    pub id: String,
    /// The name of the room.
    pub room: RoomName,
    /// Whether the match is still running.
    pub running: bool,
    /// Ticks per second.
    pub tick_rate: u16,
    /// The first tick that can be played.
    pub first_tick: u32,
    /// The last tick that can be played.
    pub last_tick: u32,
    /// The delay of spectators in ticks.
    pub delay_ticks: u32,
    /// The newest moments that people look for, in the order of their ticks.
    pub markers: Vec<MarkerDescription>,
}

/// A marker in a [`MatchDescription`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkerDescription {
    /// The tick.
    pub tick: u32,
    /// `join`, `leave`, `kill` or `record`.
    pub kind: &'static str,
    /// The player.
    pub player: PlayerName,
    /// The player who was defeated, in a `kill`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<PlayerName>,
}

/// To the replays: lists the newest finished matches.
#[derive(Message)]
#[rtype(result = "Arc<Vec<MatchSummary>>")]
pub struct ListMatches;

/// A match in `GET /api/replays`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatchSummary {
    /// The match id.
    #[serde(rename = "match")]
    pub id: String,
    /// The name of the room.
    pub room: RoomName,
    /// Ticks per second.
    pub tick_rate: u16,
    /// The first tick that can be played.
    pub first_tick: u32,
    /// The last tick that can be played.
    pub last_tick: u32,
    /// Some of the people who played.
    pub players: Vec<PlayerName>,
}
