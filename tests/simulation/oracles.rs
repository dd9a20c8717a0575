//! What must hold, as independent specifications. They know the protocol and the game, and nothing of the server's code.

pub(crate) mod inputs;
pub(crate) mod seats;
pub(crate) mod snapshots;
pub(crate) mod truth;

/// The number of ticks that a room has recorded: ticks without wrap-around.
pub(crate) type TickCount = i64;

/// Identifies a connection of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u32);

/// How a session ended, as far as its player is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client left, or did something forbidden: the seat is free.
    Left,
    /// The connection was lost or given up: the seat is kept.
    Lost,
    /// Another session has resumed the seat.
    Replaced,
}
