//! Snapshots: the data of one tick for one client.
//!
//! ```text
//! tag       1 byte     bit 6 set; the other bits: which of the fields below are present
//! full      1–5 bytes  bit 0: the tick, a bincode varint
//! report    2 bytes    bit 1: stamp, margin
//! view      4 bytes    bit 2: left, top, right, bottom
//! checksum  4 bytes    bit 3: little-endian
//! room      list       bit 4: the number of room events, a bincode varint, then the events
//! changes   list       bit 5: the number of changes, a bincode varint, then the changes
//! personal  section    bit 7: see the module `personal`
//! ```

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use super::{Change, Personal, PlayerName};
use crate::compact::{FIELDS_MAX, FieldReader, FieldWriter};
use crate::game::GameProtocol;
use crate::units::{PlayerId, Team, Tick};
use crate::world::ViewRect;

/// The data of one tick for one client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot<G: GameProtocol> {
    /// The fields that differ from client to client.
    pub header: SnapshotHeader,
    /// The events that every client in the room receives, and lists of players who were announced earlier.
    pub room: Vec<RoomEvent<G>>,
    /// The changes of entities that are in view or were in view one tick ago.
    pub changes: Vec<Change<G>>,
    /// Data for the client's player only.
    pub personal: Personal<G>,
}

/// The part of a snapshot that differs from client to client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// The tick of a full snapshot. The client discards its state before it applies a full snapshot. This field is `None` in
    /// a delta snapshot: the tick then follows the tick of the previous snapshot.
    pub full: Option<Tick>,
    /// Report on the client's input that this tick applied. `None` if the tick applied no new input.
    pub report: Option<InputReport>,
    /// The client's view, if it has changed. Always present in a full snapshot.
    pub view: Option<ViewRect>,
    /// Wrapping sum of the tick and the digest of all entities in view
    /// ([`Digest::of_entities`](crate::Digest::of_entities)). Sent at intervals to detect divergence.
    pub checksum: Option<u32>,
}

/// Report on the arrival time of an input, relative to the tick of the input's stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputReport {
    /// Low byte of the input's tick stamp ([`Input::tick`](crate::Input::tick)).
    pub stamp: u8,
    /// Number of ticks by which the input was early, clamped to −128 to 127. At 0, the input arrived just in time. The
    /// margin is negative if the input was late. The server applies a late input in its next tick.
    pub margin: i8,
}

/// An event of the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum RoomEvent<G: GameProtocol> {
    /// Announces a player. A human is announced only after some seconds in the room, so that brief visits cost no traffic.
    Joined(PlayerId, PlayerName, PlayerKind),
    /// An announced player has left the room.
    Left(PlayerId),
    /// The new standing of a player. A client ignores this event if it does not know the player yet.
    Standing(PlayerId, G::Standing),
    /// An event of the game.
    Game(G::Event),
    /// Lists a player who was announced earlier, or the client's own player. Has the same effect on the replica as
    /// [`Joined`](Self::Joined), but does not mean that the player has just joined. The full snapshot and the snapshots
    /// that follow it each list a part of the players, because a list of all players of a large room would take too many
    /// bytes for one snapshot.
    Present(PlayerId, PlayerName, PlayerKind),
    /// The team of a player, which never changes. Follows the [`Joined`](Self::Joined) or [`Present`](Self::Present) of the
    /// player in a room with teams.
    Team(PlayerId, Team),
    /// Whether a player is ready, in a room that waits. Players are not ready at first. A client ignores this event if it does
    /// not know the player yet.
    Ready(PlayerId, bool),
    /// Whether the room waits until its players are ready. While it waits, the match has not begun, and the world has no
    /// entities. After a full snapshot, the room does not wait unless this event says so.
    Waiting(bool),
}

/// Whether a player is a human or an AI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayerKind {
    /// Controlled by a client.
    Human,
    /// Controlled by the server.
    Ai,
}

/// Bit that is set in the tag of every snapshot. The tags of all other server messages are smaller numbers.
const SNAPSHOT: u8 = 1 << 6;

const FULL: u8 = 1 << 0;
const REPORT: u8 = 1 << 1;
const VIEW: u8 = 1 << 2;
const CHECKSUM: u8 = 1 << 3;
const ROOM: u8 = 1 << 4;
const CHANGES: u8 = 1 << 5;
const PERSONAL: u8 = 1 << 7;

/// Whether a server message with this tag is a snapshot.
pub(super) const fn is_snapshot_tag(tag: u8) -> bool {
    tag & SNAPSHOT != 0
}

const fn flag(is_set: bool, flag: u8) -> u8 {
    if is_set { flag } else { 0 }
}

impl SnapshotHeader {
    /// The tag of a snapshot with this header, these numbers of room events and changes, and with or without a personal
    /// section.
    pub(crate) const fn tag(&self, room_count: usize, change_count: usize, has_personal: bool) -> u8 {
        SNAPSHOT
            | flag(self.full.is_some(), FULL)
            | flag(self.report.is_some(), REPORT)
            | flag(self.view.is_some(), VIEW)
            | flag(self.checksum.is_some(), CHECKSUM)
            | flag(room_count > 0, ROOM)
            | flag(change_count > 0, CHANGES)
            | flag(has_personal, PERSONAL)
    }

    /// Writes the fields that follow the tag.
    pub(crate) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        if let Some(tick) = &self.full {
            fields.write(tick)?;
        }
        if let Some(report) = &self.report {
            fields.write(report)?;
        }
        if let Some(view) = &self.view {
            fields.write(view)?;
        }
        if let Some(checksum) = self.checksum {
            fields.write_bytes(&checksum.to_le_bytes())?;
        }
        Ok(())
    }

    fn read_after_tag<'de, A: SeqAccess<'de>>(tag: u8, fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let has = |flag: u8| tag & flag != 0;
        Ok(Self {
            full: if has(FULL) { Some(fields.read()?) } else { None },
            report: if has(REPORT) { Some(fields.read()?) } else { None },
            view: if has(VIEW) { Some(fields.read()?) } else { None },
            checksum: if has(CHECKSUM) { Some(u32::from_le_bytes(fields.read()?)) } else { None },
        })
    }
}

impl<G: GameProtocol> Snapshot<G> {
    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        fields.write(&self.header.tag(self.room.len(), self.changes.len(), !self.personal.is_empty()))?;
        self.header.write_fields(fields)?;
        if !self.room.is_empty() {
            fields.write(&self.room)?;
        }
        if !self.changes.is_empty() {
            fields.write(&self.changes)?;
        }
        if !self.personal.is_empty() {
            fields.write(&self.personal)?;
        }
        Ok(())
    }

    pub(super) fn read_after_tag<'de, A: SeqAccess<'de>>(tag: u8, fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let has = |flag: u8| tag & flag != 0;
        Ok(Self {
            header: SnapshotHeader::read_after_tag(tag, fields)?,
            room: if has(ROOM) { fields.read()? } else { Vec::new() },
            changes: if has(CHANGES) { fields.read()? } else { Vec::new() },
            personal: if has(PERSONAL) { fields.read()? } else { Personal::default() },
        })
    }
}

/// The snapshot header at the start of a server message; `None` if the message is not a snapshot. Its `Deserialize` stops
/// after the header.
pub(crate) struct LeadingHeader(pub(crate) Option<SnapshotHeader>);

impl<'de> Deserialize<'de> for LeadingHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(FIELDS_MAX, LeadingHeaderVisitor)
    }
}

struct LeadingHeaderVisitor;

impl<'de> Visitor<'de> for LeadingHeaderVisitor {
    type Value = LeadingHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a server message")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<LeadingHeader, A::Error> {
        let mut fields = FieldReader::new(fields);
        let tag = fields.read()?;
        let header = if is_snapshot_tag(tag) { Some(SnapshotHeader::read_after_tag(tag, &mut fields)?) } else { None };
        Ok(LeadingHeader(header))
    }
}
