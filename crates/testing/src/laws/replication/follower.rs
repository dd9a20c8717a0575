//! A replica that receives the snapshots of a replication and is compared with the world after each tick.

use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    EntityId, EntityMap, GameProtocol, Grid, Pace, Replica, ReplicaError, ServerMessage, Snapshot, Tick, ViewRect, Welcome,
};
use tickcast_room::replication::{Delivery, EncodingPanicked, Replication, RoomSections, TickFrame};

use crate::comparison::check_entities;

/// Why a replica is not equal to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The replica rejected the snapshot.
    Rejected(ReplicaError),
    /// The game panicked while the snapshot was encoded.
    EncodingPanicked,
    /// An entity differs, is missing in the replica, or should not be in it.
    Difference {
        /// The entity.
        id: EntityId,
        /// What differs.
        what: String,
    },
}

/// A replication, and a replica that applies its snapshots.
#[derive(Debug)]
pub struct Follower<G: GameProtocol> {
    grid: Grid,
    replication: Replication<G>,
    replica: Replica<G>,
    tick: Tick,
    view: ViewRect,
    /// Size of the last snapshot in bytes.
    snapshot_bytes: usize,
}

impl<G: GameProtocol> Follower<G> {
    /// Starts at `tick`, with a full snapshot of the part of `world` in `view`. The sides of the cells are `cell_size` world
    /// units long.
    ///
    /// # Panics
    /// If the world has more than 256 cells in one direction, or if the game cannot be encoded.
    #[must_use]
    pub fn new(rules: G::Rules, cell_size: u16, tick: Tick, world: &EntityMap<G::Entity>, view: ViewRect) -> Self {
        let grid = Grid::new(G::extent(&rules), cell_size).expect("the cell size fits the world");
        let room = "test".parse().expect("the room name is valid");
        let welcome = Welcome { seat: None, room, tick_rate: 30, pace: Pace::Steady, cell_size, rules: rules.clone() };
        let mut replica = Replica::new(&welcome).expect("the cell size fits the world");
        let mut replication = Replication::new(rules, grid);
        let frame = replication.encode(tick, world, RoomSections::default());
        let (full, snapshot_bytes) = snapshot(&frame, view, None).expect("the game does not panic");
        replica.apply(&full).expect("a full snapshot is accepted");
        Self { grid, replication, replica, tick, view, snapshot_bytes }
    }

    /// The cells of the world.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The view of the client.
    #[must_use]
    pub const fn view(&self) -> ViewRect {
        self.view
    }

    /// The replica of the client.
    #[must_use]
    pub const fn replica(&self) -> &Replica<G> {
        &self.replica
    }

    /// Size of the last snapshot in bytes.
    #[must_use]
    pub const fn snapshot_bytes(&self) -> usize {
        self.snapshot_bytes
    }

    /// Replicates the next tick to a client that now has this view, and compares the replica with `world`.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn advance(&mut self, world: &EntityMap<G::Entity>, view: ViewRect) -> Result<(), Mismatch> {
        self.tick = self.tick.next();
        let frame = self.replication.encode(self.tick, world, RoomSections::default());
        let (snapshot, bytes) = snapshot(&frame, view, Some(self.view)).map_err(|_| Mismatch::EncodingPanicked)?;
        self.snapshot_bytes = bytes;
        self.replica.apply(&snapshot).map_err(Mismatch::Rejected)?;
        self.view = view;
        check_entities(&self.replica, world, &self.grid).map_err(|violation| {
            let id = violation.entity.expect("a difference is about an entity");
            Mismatch::Difference { id, what: violation.what }
        })
    }
}

/// Composes a snapshot and decodes it. Also returns its size in bytes. The snapshot is full if there is no previous view.
fn snapshot<G: GameProtocol>(
    frame: &TickFrame<G>,
    view: ViewRect,
    previous_view: Option<ViewRect>,
) -> Result<(Snapshot<G>, usize), EncodingPanicked> {
    let mut bytes = Vec::new();
    let delivery = Delivery { player: None, view, previous_view, report: None, lists_players: false };
    frame.compose(&delivery, &mut Chunk::default(), &mut bytes)?;
    match codec::decode_server(&bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => Ok((snapshot, bytes.len())),
        other => panic!("a snapshot cannot be decoded: {other:?}"),
    }
}
