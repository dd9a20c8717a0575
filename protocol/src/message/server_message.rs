//! Messages from server to client.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use super::snapshot::is_snapshot_tag;
use super::{ResumeToken, RoomName, Snapshot};
use crate::compact::{Compact, FieldReader, FieldWriter, compact};
use crate::game::GameProtocol;
use crate::units::{Pace, PlayerId};

const WELCOME: u8 = 0;
const PONG: u8 = 1;
const DRAIN: u8 = 2;

/// A message from server to client. Encoding: a tag byte, then the fields.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage<G: GameProtocol> {
    /// The reply to [`ClientMessage::Hello`](crate::ClientMessage::Hello).
    Welcome(Welcome<G>),
    /// The reply to [`ClientMessage::Ping`](crate::ClientMessage::Ping), with the same number.
    Pong(u32),
    /// The server is shutting down and is about to close the connection. Reconnect after this many milliseconds.
    Drain(u16),
    /// The data of one tick.
    Snapshot(Snapshot<G>),
}

/// Information that a client needs before its first snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "G::Rules: Serialize", deserialize = "G::Rules: serde::de::DeserializeOwned"))]
pub struct Welcome<G: GameProtocol> {
    /// The client's seat; `None` for a spectator.
    pub seat: Option<Seat>,
    /// Name of the room.
    pub room: RoomName,
    /// Ticks per second; with [`Pace::OnDemand`], at most.
    pub tick_rate: u16,
    /// When the room ticks.
    pub pace: Pace,
    /// Side of a grid cell, in world units.
    pub cell_size: u16,
    /// Constants of the room that the kernel needs.
    pub rules: G::Rules,
}

impl<G: GameProtocol> Welcome<G> {
    /// The client's player id; `None` for a spectator.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.seat.map(|seat| seat.player)
    }
}

/// A client's seat in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The player id that belongs to the seat.
    pub player: PlayerId,
    /// Token with which to resume the seat after a lost connection. Always use the token of the newest Welcome.
    pub token: ResumeToken,
    /// Whether the client has resumed its previous seat. If `false`, the seat is new.
    pub resumed: bool,
}

impl<G: GameProtocol> Compact for ServerMessage<G> {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        match self {
            Self::Welcome(welcome) => {
                fields.write(&WELCOME)?;
                fields.write(welcome)
            }
            Self::Pong(number) => {
                fields.write(&PONG)?;
                fields.write(number)
            }
            Self::Drain(reconnect_after_ms) => {
                fields.write(&DRAIN)?;
                fields.write(reconnect_after_ms)
            }
            Self::Snapshot(snapshot) => snapshot.write_fields(fields),
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        match fields.read::<u8>()? {
            WELCOME => Ok(Self::Welcome(fields.read()?)),
            PONG => Ok(Self::Pong(fields.read()?)),
            DRAIN => Ok(Self::Drain(fields.read()?)),
            tag if is_snapshot_tag(tag) => Ok(Self::Snapshot(Snapshot::read_after_tag(tag, fields)?)),
            _ => fields.invalid("unknown message tag"),
        }
    }
}

compact!(ServerMessage<G: GameProtocol>);
