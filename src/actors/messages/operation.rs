//! Requests of operators.

use actix::Message;
use ipnet::IpNet;
use serde::Serialize;
use tickcast_protocol::{PlayerId, PlayerName, RoomName};
use tickcast_room::SessionId;

use super::listing::RoomInfo;
use crate::admission::control::bans::Ban;
use crate::admission::tickets::Subject;

/// What an operator wants of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Only a report.
    Inspect,
    /// Run no ticks until [`Operation::Resume`].
    Pause,
    /// Run ticks again.
    Resume,
    /// Close the room and all its sessions.
    Close,
    /// Close a session. The player's seat becomes free.
    Kick(SessionId),
    /// Close the sessions of the clients that this ban includes. Their seats become free.
    CloseBanned(Ban),
}

/// To a room: an operator's request. The room responds with its state after the request.
#[derive(Message)]
#[rtype(result = "Option<RoomReport>")]
pub struct RunOperation(pub Operation);

/// To the lobby: passes an operator's request to the room with this name. `None` if there is no such room.
#[derive(Message)]
#[rtype(result = "Option<RoomReport>")]
pub struct OperateRoom {
    /// The room.
    pub name: RoomName,
    /// What the operator wants.
    pub operation: Operation,
}

/// To the lobby: closes the sessions of the clients that a ban includes, in all rooms.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseBanned(pub Ban);

/// To the lobby: lists all rooms, also the unlisted ones.
#[derive(Message)]
#[rtype(result = "Vec<OperatedRoom>")]
pub struct ListAllRooms;

/// A room in the operator's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatedRoom {
    /// The fields that the public list contains, too.
    #[serde(flatten)]
    pub info: RoomInfo,
    /// Whether an operator has paused the room.
    pub paused: bool,
}

/// The state of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomReport {
    /// Whether an operator has paused the room.
    pub paused: bool,
    /// The current tick.
    pub tick: u32,
    /// The connected clients.
    pub clients: Vec<ClientReport>,
}

/// A client of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientReport {
    /// The client's session.
    pub session: u64,
    /// The player; `None` for a spectator.
    pub player: Option<PlayerId>,
    /// The player's name.
    pub name: Option<PlayerName>,
    /// The network that a ban of this client should include: an IPv4 address, or the /64 of an IPv6 address.
    pub network: IpNet,
    /// The user that the client's ticket names.
    pub subject: Option<Subject>,
}
