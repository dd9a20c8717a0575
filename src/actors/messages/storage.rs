//! Messages about the storage of rooms.

use actix::Message;
use tickcast_store::StoreError;
use tokio::time::Instant;

/// To a room: the store has finished a write of the room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Committed {
    /// The result of the write.
    pub result: Result<(), StoreError>,
    /// Time at which the first of the stored results began to wait for the store.
    pub ready: Instant,
}

/// To a room: its listing has changed. The room responds when the new listing is stored, or at once if the room continues in
/// memory because its store fails. In this case, the listing is stored later, together with the room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StoreListing(pub Vec<u8>);

/// To a room: stops the room because the server shuts down. The room responds when its last state is stored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StopRoom;

/// To the lobby: stops all stored rooms because the server shuts down. The lobby responds when the last state of every
/// stored room is stored. Rooms that exist in memory only are not stopped.
#[derive(Message)]
#[rtype(result = "AfterRestart")]
pub struct StopRooms;

/// What happens to the rooms when the server restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRestart {
    /// They continue, because they are stored.
    RoomsContinue,
    /// They end with the server, because they exist in memory only.
    RoomsEnd,
}
