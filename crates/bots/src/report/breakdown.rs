//! Composition of snapshots: bytes by kind of part.

use std::collections::BTreeMap;

use tickcast_protocol::{Change, GameProtocol, Snapshot, codec};

/// Composition of snapshots by kind of part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakdown {
    /// Number of snapshots analysed.
    pub(crate) snapshots: u64,
    /// Total of each kind over all snapshots.
    pub(crate) kinds: BTreeMap<PartKind, PartTotal>,
    /// Buffer for encoding a part.
    scratch: Vec<u8>,
}

/// Kind of a part of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartKind {
    /// All bytes that belong to no other kind: the first byte, the fields of the header and the lengths of lists.
    Header,
    /// A room event.
    Room,
    /// [`Change::Controls`].
    Controls,
    /// [`Change::Patch`].
    Patch,
    /// [`Change::Upsert`], by kind of entity.
    Upsert(&'static str),
    /// [`Change::Despawn`].
    Despawn,
}

impl PartKind {
    /// Name in the report.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Header => "header".to_owned(),
            Self::Room => "room".to_owned(),
            Self::Controls => "controls".to_owned(),
            Self::Patch => "patch".to_owned(),
            Self::Upsert(entity) => format!("upsert_{entity}"),
            Self::Despawn => "despawn".to_owned(),
        }
    }
}

/// Total of one kind of part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartTotal {
    /// Encoded bytes.
    pub(crate) bytes: u64,
    /// Number of parts.
    pub(crate) count: u64,
}

impl Breakdown {
    /// Adds a snapshot whose encoding has `bytes` bytes. `kind` returns the kind of an entity, in one word.
    pub(crate) fn add<G: GameProtocol>(
        &mut self,
        snapshot: &Snapshot<G>,
        bytes: usize,
        kind: fn(&G::Entity) -> &'static str,
    ) {
        self.snapshots += 1;
        let mut header = bytes;
        for event in &snapshot.room {
            header -= self.measure(PartKind::Room, |scratch| codec::encode_into(event, scratch));
        }
        for change in &snapshot.changes {
            header -= self.measure(kind_of(change, kind), |scratch| codec::encode_into(change, scratch));
        }
        self.count(PartKind::Header, header);
    }

    fn measure(&mut self, kind: PartKind, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.scratch.clear();
        encode(&mut self.scratch);
        self.count(kind, self.scratch.len())
    }

    fn count(&mut self, kind: PartKind, bytes: usize) -> usize {
        let total = self.kinds.entry(kind).or_default();
        total.bytes += bytes as u64;
        total.count += 1;
        bytes
    }
}

fn kind_of<G: GameProtocol>(change: &Change<G>, kind: fn(&G::Entity) -> &'static str) -> PartKind {
    match change {
        Change::Controls(..) => PartKind::Controls,
        Change::Patch(..) => PartKind::Patch,
        Change::Upsert(_, entity) => PartKind::Upsert(kind(entity)),
        Change::Despawn(_) => PartKind::Despawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Controls, Destroyed, Destroyer, Event, Patch};
    use tickcast_game::Playable;
    use tickcast_protocol::{EntityId, PlayerId, RoomEvent, ServerMessage, SnapshotHeader, Tick};

    #[test]
    fn the_parts_add_up_to_the_size_of_the_snapshot() {
        let mut changes: Vec<Change<Arena>> =
            Arena::samples().entities.into_iter().map(|(id, entity)| Change::Upsert(id, entity)).collect();
        changes.push(Change::Controls(EntityId(300), Controls::default()));
        changes.push(Change::Patch(EntityId(1), Patch::Hull { hull: 3, orb: false }));
        changes.push(Change::Despawn(EntityId(1)));
        let killed = Event::Destroyed(Destroyed { victim: PlayerId(1), by: Destroyer::Rock });
        let room = vec![RoomEvent::Left(PlayerId(1)), RoomEvent::Game(killed)];
        let header = SnapshotHeader { full: Some(Tick(7)), ..SnapshotHeader::default() };
        let snapshot = Snapshot { header, room, changes, ..Snapshot::default() };
        let bytes = codec::encode_server(&ServerMessage::Snapshot(snapshot.clone())).len();

        let mut breakdown = Breakdown::default();
        breakdown.add(&snapshot, bytes, Arena::kind);
        let total = |kind| breakdown.kinds[&kind];
        assert_eq!(breakdown.kinds.values().map(|total| total.bytes).sum::<u64>(), bytes as u64);
        assert_eq!(total(PartKind::Header), PartTotal { bytes: 4, count: 1 }, "flags, tick and the lengths of two lists");
        assert_eq!(total(PartKind::Controls), PartTotal { bytes: 4, count: 1 }, "two bytes of key and two of controls");
        assert_eq!(total(PartKind::Upsert("ship")).count, 5);
        assert_eq!(total(PartKind::Room).count, 2);
    }
}
