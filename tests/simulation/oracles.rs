//! Oracles: independent specifications of the server's behaviour. They use the protocol and the game, but no code of the
//! server.

pub(crate) mod accounts;
pub(crate) mod inputs;
pub(crate) mod seats;
pub(crate) mod snapshots;
pub(crate) mod truth;

/// Number of ticks that the room has recorded. Unlike a tick number, it never wraps around.
pub(crate) type TickCount = i64;

/// Identifies a connection of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u32);

/// How a session ended, by its effect on the player's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client left the room, or the server closed the connection because of a violation. The seat is free, unless the
    /// player must stay in the world.
    Left,
    /// The connection was lost, or the server closed it because the client did not respond. The seat is kept.
    Lost,
    /// Another session has resumed the seat.
    Replaced,
}
