//! Requests to create rooms.

use actix::Message;
use serde::Serialize;
use tickcast_protocol::RoomName;
use tickcast_room::RoomOptions;

use super::listing::RoomInfo;
use super::manage_key::ManageKey;
use super::metadata::Metadata;
use crate::admission::{Client, Refusal};

/// To the lobby: creates a room.
#[derive(Message)]
#[rtype(result = "Result<CreatedRoom, CreateRoomError>")]
pub struct CreateRoom<O: 'static> {
    /// The room's name.
    pub name: RoomName,
    /// The room's options.
    pub options: RoomOptions,
    /// The options of the room's world.
    pub world: O,
    /// The room's metadata.
    pub metadata: Metadata,
    /// The client that creates the room. The room counts against this client's limits.
    pub creator: Client,
}

/// A room that was created with `POST /api/rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreatedRoom {
    /// The room in the list.
    #[serde(flatten)]
    pub room: RoomInfo,
    /// The key with which the creator manages the room.
    pub manage_key: ManageKey,
}

/// Reason why a room could not be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateRoomError {
    /// A room of that name exists.
    #[error("a room of that name exists")]
    Exists,
    /// The server has reached its limit of rooms.
    #[error("the server has reached its limit of rooms")]
    TooMany,
    /// All room threads are overloaded.
    #[error("the server is overloaded")]
    Overloaded,
    /// The client has reached one of its limits.
    #[error("{}", .0.text())]
    Refused(Refusal),
    /// The game's rules panicked.
    #[error("the room has failed")]
    Failed,
    /// The server is shutting down.
    #[error("the server is shutting down")]
    ShuttingDown,
}
