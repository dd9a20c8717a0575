//! The messages. One WebSocket binary message holds one [`ClientMessage`] or one [`ServerMessage`].
//!
//! ```text
//! client                                server
//!   │  Hello                              │
//!   │────────────────────────────────────▶│
//!   │                            Welcome  │
//!   │◀────────────────────────────────────│
//!   │             Snapshot (reset: everything in view)
//!   │◀────────────────────────────────────│
//!   │  Input, on change                   │
//!   │────────────────────────────────────▶│
//!   │             Snapshot, one every tick│
//!   │◀────────────────────────────────────│
//! ```

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use crate::compact::{Fields, ReadFields, compact, write_value, write_varint};
use crate::{EntityId, Game, PlayerId, PlayerName, ResumeToken, RoomName, Tick, Ticket, ViewRect};

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum ClientMessage<G: Game> {
    /// The first message: who is there.
    Hello(Hello),
    /// New controls, or the old ones again at least once a second.
    Input(Input<G>),
    /// The newest tick that the client has applied, where it has no input to send.
    Acknowledge(Tick),
    /// The client's window changed: how many world units it shows.
    Viewport(Viewport),
    /// Asks for a [`ServerMessage::Pong`] with the same number.
    Ping(u32),
    /// The replica is wrong: asks for everything anew.
    Recover,
}

/// How many world units a client's window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    /// From left to right.
    pub width: u16,
    /// From top to bottom.
    pub height: u16,
}

/// The first message of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// What the client was built from ([`crate::codec::fingerprint`]), little-endian. The server looks at it before it
    /// decodes the rest.
    pub fingerprint: [u8; 4],
    /// Whether the client plays.
    pub role: Role,
    /// How much of the world it shows.
    pub viewport: Viewport,
    /// To take a lost seat again: the newest token of that seat. If it is good no more, the client gets another seat.
    pub resume: Option<ResumeToken>,
    /// To be let in, where the server asks for tickets.
    pub ticket: Option<Ticket>,
}

impl Hello {
    /// What a client of this build says that was not there before and has no ticket.
    #[must_use]
    pub fn new<G: Game>(role: Role, viewport: Viewport) -> Self {
        Self { fingerprint: crate::codec::fingerprint::<G>(), role, viewport, resume: None, ticket: None }
    }
}

/// Whether a client plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It plays, under this name.
    Player(PlayerName),
    /// It watches: it sees the whole world and takes no seat.
    Spectator,
}

/// Controls stamped with the tick they are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Input<G: Game> {
    /// The step that is to apply them: they shape the world of this tick.
    pub tick: Tick,
    /// The newest tick that the client has applied.
    pub acknowledged: Tick,
    /// What the player holds from that tick on.
    pub controls: G::Controls,
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage<G: Game> {
    /// The answer to [`ClientMessage::Hello`].
    Welcome(Welcome<G>),
    /// The answer to [`ClientMessage::Ping`].
    Pong(u32),
    /// The server is about to close: come back after so many milliseconds.
    Drain(u16),
    /// One tick.
    Snapshot(Snapshot<G>),
}

/// What a client must know before the first snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "G::Rules: Serialize", deserialize = "G::Rules: serde::de::DeserializeOwned"))]
pub struct Welcome<G: Game> {
    /// The client's seat; none for a spectator.
    pub seat: Option<Seat>,
    /// The room it is in.
    pub room: RoomName,
    /// Ticks a second.
    pub tick_rate: u16,
    /// The side of a grid cell, in world units.
    pub cell_size: u16,
    /// The game's rules.
    pub rules: G::Rules,
}

impl<G: Game> Welcome<G> {
    /// Who the client is; nobody if it only watches.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.seat.map(|seat| seat.player)
    }
}

/// A client's place in the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whose it is.
    pub player: PlayerId,
    /// How to take it again, should the connection be lost. It replaces all tokens that came before.
    pub token: ResumeToken,
    /// Whether it is the seat that the client had before.
    pub resumed: bool,
}

/// What one client is told for one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<G: Game> {
    /// What is this client's own.
    pub header: SnapshotHeader,
    /// What the whole room is told.
    pub room: Vec<RoomEvent<G>>,
    /// How the entities in view differ from their coasted selves.
    pub changes: Vec<Change<G>>,
}

/// The part of a snapshot that is this client's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// Everything the client had is to be forgotten, and this is the tick. Without it, the tick is the one after the last.
    pub reset: Option<Tick>,
    /// What became of the client's newest input, told once.
    pub report: Option<InputReport>,
    /// The new view, if it changed.
    pub view: Option<ViewRect>,
    /// The checksum over all that is in view ([`crate::Digest::of_entities`]), plus the tick; every 64 ticks.
    pub checksum: Option<u32>,
}

/// When an input arrived, told with the tick that applied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputReport {
    /// The low byte of the input's [`Input::tick`].
    pub stamp: u8,
    /// How many ticks before it was due the input arrived: 0 was just in time, negative was late and is applied now.
    pub margin: i8,
}

/// A fact that everybody in the room is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum RoomEvent<G: Game> {
    /// Somebody took a seat. After a reset: somebody is there.
    Joined(PlayerId, PlayerName, MemberKind),
    /// Somebody left, and the seat is free.
    Left(PlayerId),
    /// How a player stands now.
    Standing(PlayerId, G::Standing),
    /// Something happened in the game.
    Game(G::Event),
}

/// Who holds a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberKind {
    /// A client.
    Person,
    /// The server itself.
    Drone,
}

/// How an entity differs from its coasted self. Bytes: the varint `id · 4 + kind`, then what the kind carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<G: Game> {
    /// Kind 0: before coasting, its controls became these.
    Steer(EntityId, G::Controls),
    /// Kind 1: after coasting, it was patched.
    Patch(EntityId, G::Patch),
    /// Kind 2: after coasting, it is this (whether or not it was known).
    Set(EntityId, G::Entity),
    /// Kind 3: after coasting, it is gone.
    Remove(EntityId),
}

impl<G: Game> Change<G> {
    /// The entity that changed.
    #[must_use]
    pub const fn id(&self) -> EntityId {
        match self {
            Self::Steer(id, _) | Self::Patch(id, _) | Self::Set(id, _) | Self::Remove(id) => *id,
        }
    }

    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        let key = |id: &EntityId, kind: u32| id.0 << 2 | kind;
        match self {
            Self::Steer(id, controls) => {
                write_varint(fields, key(id, 0))?;
                write_value(fields, controls)
            }
            Self::Patch(id, patch) => {
                write_varint(fields, key(id, 1))?;
                write_value(fields, patch)
            }
            Self::Set(id, entity) => {
                write_varint(fields, key(id, 2))?;
                write_value(fields, entity)
            }
            Self::Remove(id) => write_varint(fields, key(id, 3)),
        }
    }
}

impl<G: Game> ReadFields for Change<G> {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let key = fields.varint()?;
        let id = EntityId(key >> 2);
        Ok(match key & 3 {
            0 => Self::Steer(id, fields.next()?),
            1 => Self::Patch(id, fields.next()?),
            2 => Self::Set(id, fields.next()?),
            _ => Self::Remove(id),
        })
    }
}

compact!(Change<G: Game>);

/// The first byte of a server message: a small number for the rare messages, for a snapshot this bit and its flags.
pub(crate) const SNAPSHOT: u8 = 0x40;
const WELCOME: u8 = 0;
const PONG: u8 = 1;
const DRAIN: u8 = 2;

const RESET: u8 = 1;
const REPORT: u8 = 2;
const VIEW: u8 = 4;
const CHECKSUM: u8 = 8;
const ROOM: u8 = 16;
const CHANGES: u8 = 32;

impl SnapshotHeader {
    /// The first byte of the snapshot.
    pub(crate) fn head(&self, has_room: bool, has_changes: bool) -> u8 {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        SNAPSHOT
            | flag(self.reset.is_some(), RESET)
            | flag(self.report.is_some(), REPORT)
            | flag(self.view.is_some(), VIEW)
            | flag(self.checksum.is_some(), CHECKSUM)
            | flag(has_room, ROOM)
            | flag(has_changes, CHANGES)
    }

    /// The fields that follow the first byte.
    pub(crate) fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        if let Some(tick) = &self.reset {
            write_value(fields, tick)?;
        }
        if let Some(report) = &self.report {
            write_value(fields, report)?;
        }
        if let Some(view) = &self.view {
            write_value(fields, view)?;
        }
        if let Some(checksum) = self.checksum {
            write_value(fields, &checksum.to_le_bytes())?;
        }
        Ok(())
    }

    fn read_after_head<'de, A: SeqAccess<'de>>(head: u8, fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let has = |flag: u8| head & flag != 0;
        Ok(Self {
            reset: if has(RESET) { Some(fields.next()?) } else { None },
            report: if has(REPORT) { Some(fields.next()?) } else { None },
            view: if has(VIEW) { Some(fields.next()?) } else { None },
            checksum: if has(CHECKSUM) { Some(u32::from_le_bytes(fields.next()?)) } else { None },
        })
    }
}

impl<G: Game> Snapshot<G> {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        write_value(fields, &self.header.head(!self.room.is_empty(), !self.changes.is_empty()))?;
        self.header.write_fields(fields)?;
        if !self.room.is_empty() {
            write_value(fields, &self.room)?;
        }
        if !self.changes.is_empty() {
            write_value(fields, &self.changes)?;
        }
        Ok(())
    }

    fn read_after_head<'de, A: SeqAccess<'de>>(head: u8, fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let has = |flag: u8| head & flag != 0;
        Ok(Self {
            header: SnapshotHeader::read_after_head(head, fields)?,
            room: if has(ROOM) { fields.next()? } else { Vec::new() },
            changes: if has(CHANGES) { fields.next()? } else { Vec::new() },
        })
    }
}

const fn is_snapshot(head: u8) -> bool {
    head & !(SNAPSHOT - 1) == SNAPSHOT
}

/// What stands at the front of a server message: a snapshot's header, or nothing if it is another message.
pub(crate) struct Front(pub(crate) Option<SnapshotHeader>);

impl ReadFields for Front {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let head = fields.next()?;
        Ok(Self(if is_snapshot(head) { Some(SnapshotHeader::read_after_head(head, fields)?) } else { None }))
    }
}

impl<'de> Deserialize<'de> for Front {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::compact::read(deserializer)
    }
}

impl<G: Game> ServerMessage<G> {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        match self {
            Self::Welcome(welcome) => {
                write_value(fields, &WELCOME)?;
                write_value(fields, welcome)
            }
            Self::Pong(number) => {
                write_value(fields, &PONG)?;
                write_value(fields, number)
            }
            Self::Drain(reconnect_after_ms) => {
                write_value(fields, &DRAIN)?;
                write_value(fields, reconnect_after_ms)
            }
            Self::Snapshot(snapshot) => snapshot.write_fields(fields),
        }
    }
}

impl<G: Game> ReadFields for ServerMessage<G> {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        match fields.next::<u8>()? {
            WELCOME => Ok(Self::Welcome(fields.next()?)),
            PONG => Ok(Self::Pong(fields.next()?)),
            DRAIN => Ok(Self::Drain(fields.next()?)),
            head if is_snapshot(head) => Ok(Self::Snapshot(Snapshot::read_after_head(head, fields)?)),
            _ => fields.refuse("no such message"),
        }
    }
}

compact!(ServerMessage<G: Game>);
