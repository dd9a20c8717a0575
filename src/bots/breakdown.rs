//! Why snapshots are as big as they are.

use std::collections::BTreeMap;

use tickcast_protocol::{Change, Snapshot, codec};

use super::Playable;

/// How many bytes the parts of snapshots took, by kind of part.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakdown {
    /// How many snapshots were taken apart.
    pub(super) snapshots: u64,
    /// What was found in them.
    pub(super) kinds: BTreeMap<Kind, Share>,
    scratch: Vec<u8>,
}

/// A kind of part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// All but what follows: the first byte, the header's fields and the lengths of lists.
    Header,
    /// What the whole room is told.
    Room,
    /// [`Change::Steer`].
    Steer,
    /// [`Change::Patch`].
    Patch,
    /// [`Change::Set`], by kind of entity.
    Set(&'static str),
    /// [`Change::Remove`].
    Remove,
}

impl Kind {
    /// Its name in the report.
    pub(super) fn name(self) -> String {
        match self {
            Self::Header => "header".to_owned(),
            Self::Room => "room".to_owned(),
            Self::Steer => "steer".to_owned(),
            Self::Patch => "patch".to_owned(),
            Self::Set(entity) => format!("set_{entity}"),
            Self::Remove => "remove".to_owned(),
        }
    }
}

/// What one kind of part took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// In bytes.
    pub(super) bytes: u64,
    /// How many there were.
    pub(super) count: u64,
}

impl Breakdown {
    /// Takes a snapshot of that many bytes apart.
    pub(super) fn add<G: Playable>(&mut self, snapshot: &Snapshot<G>, bytes: usize) {
        self.snapshots += 1;
        let mut rest = bytes;
        for event in &snapshot.room {
            rest -= self.measure(Kind::Room, |scratch| codec::encode_into(event, scratch));
        }
        for change in &snapshot.changes {
            rest -= self.measure(kind_of(change), |scratch| codec::encode_into(change, scratch));
        }
        self.count(Kind::Header, rest);
    }

    fn measure(&mut self, kind: Kind, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.scratch.clear();
        encode(&mut self.scratch);
        self.count(kind, self.scratch.len())
    }

    fn count(&mut self, kind: Kind, bytes: usize) -> usize {
        let share = self.kinds.entry(kind).or_default();
        share.bytes += bytes as u64;
        share.count += 1;
        bytes
    }
}

fn kind_of<G: Playable>(change: &Change<G>) -> Kind {
    match change {
        Change::Steer(..) => Kind::Steer,
        Change::Patch(..) => Kind::Patch,
        Change::Set(_, entity) => Kind::Set(G::kind(entity)),
        Change::Remove(_) => Kind::Remove,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::arena::{Arena, Controls, Damage, Destroyed};
    use tickcast_protocol::{EntityId, Game, PlayerId, RoomEvent, ServerMessage, SnapshotHeader, Tick};

    #[test]
    fn the_parts_add_up_to_the_whole() {
        let mut changes: Vec<Change<Arena>> =
            Arena::specimens().entities.into_iter().map(|(id, entity)| Change::Set(id, entity)).collect();
        changes.push(Change::Steer(EntityId(300), Controls::default()));
        changes.push(Change::Patch(EntityId(1), Damage { hull: 3 }));
        changes.push(Change::Remove(EntityId(1)));
        let killed = Destroyed { victim: PlayerId(1), by: tickcast_protocol::arena::Destroyer::Rock };
        let room = vec![RoomEvent::Left(PlayerId(1)), RoomEvent::Game(killed)];
        let header = SnapshotHeader { reset: Some(Tick(7)), ..SnapshotHeader::default() };
        let snapshot = Snapshot { header, room, changes };
        let bytes = codec::encode_server(&ServerMessage::Snapshot(snapshot.clone())).len();

        let mut breakdown = Breakdown::default();
        breakdown.add(&snapshot, bytes);
        let share = |kind| breakdown.kinds[&kind];
        assert_eq!(breakdown.kinds.values().map(|share| share.bytes).sum::<u64>(), bytes as u64);
        assert_eq!(share(Kind::Header), Share { bytes: 4, count: 1 }, "flags, tick, and the lengths of two lists");
        assert_eq!(share(Kind::Steer), Share { bytes: 4, count: 1 }, "a key of two bytes, controls of two");
        assert_eq!(share(Kind::Set("ship")).count, 3);
        assert_eq!(share(Kind::Room).count, 2);
    }
}
