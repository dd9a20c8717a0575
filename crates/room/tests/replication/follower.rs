//! A replica that receives the snapshots of a replication and is compared with the world after each tick.

use tickcast_game::Game;
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    EntityId, EntityMap, Grid, Replica, ReplicaError, ServerMessage, Snapshot, Tick, ViewRect, Welcome,
};
use tickcast_room::replication::{Delivery, Replication, RoomSections, TickFrame};

use crate::worlds::CELL_SIZE;

/// Why a replica is not equal to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The replica rejected the snapshot.
    Rejected(ReplicaError),
    /// This entity differs, is missing in the replica, or should not be in it.
    Difference(EntityId),
}

/// A replication, and a replica that applies its snapshots.
pub struct Follower<G: Game> {
    grid: Grid,
    replication: Replication<G>,
    replica: Replica<G>,
    tick: Tick,
    view: ViewRect,
}

impl<G: Game> Follower<G> {
    /// Starts at `tick`, with a full snapshot of the part of `world` in `view`.
    pub fn new(rules: G::Rules, tick: Tick, world: &EntityMap<G::Entity>, view: ViewRect) -> Self {
        let grid = Grid::new(G::extent(&rules), CELL_SIZE).expect("the cell size fits the world");
        let room = "test".parse().expect("the room name is valid");
        let welcome = Welcome { seat: None, room, tick_rate: 30, cell_size: CELL_SIZE, rules: rules.clone() };
        let mut replica = Replica::new(&welcome).expect("the cell size fits the world");
        let mut replication = Replication::new(rules, grid);
        let frame = replication.encode(tick, world, RoomSections::default());
        replica.apply(&snapshot(&frame, view, None)).expect("a full snapshot is accepted");
        Self { grid, replication, replica, tick, view }
    }

    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    pub fn replica(&self) -> &Replica<G> {
        &self.replica
    }

    /// Replicates the next tick to a client that now has this view, and compares the replica with `world`.
    pub fn advance(&mut self, world: &EntityMap<G::Entity>, view: ViewRect) -> Result<(), Mismatch> {
        self.tick = self.tick.next();
        let frame = self.replication.encode(self.tick, world, RoomSections::default());
        self.replica.apply(&snapshot(&frame, view, Some(self.view))).map_err(Mismatch::Rejected)?;
        self.view = view;
        self.compare(world)
    }

    /// Compares the replica with the part of the world in view.
    fn compare(&self, world: &EntityMap<G::Entity>) -> Result<(), Mismatch> {
        let is_in_view = |entity: &G::Entity| self.view.contains(self.grid.cell(G::position(entity)));
        let missing = world
            .iter()
            .filter(|(_, entity)| is_in_view(entity))
            .find(|(id, entity)| self.replica.entities().get(*id) != Some(entity));
        let surplus =
            self.replica.entities().iter().find(|(id, entity)| !is_in_view(entity) || world.get(*id) != Some(entity));
        match missing.or(surplus) {
            None => Ok(()),
            Some((id, _)) => Err(Mismatch::Difference(id)),
        }
    }
}

/// Composes a snapshot and decodes it. The snapshot is full if there is no previous view.
fn snapshot<G: Game>(frame: &TickFrame<G>, view: ViewRect, previous_view: Option<ViewRect>) -> Snapshot<G> {
    let mut bytes = Vec::new();
    let delivery = Delivery { player: None, view, previous_view, report: None, lists_players: false };
    frame.compose(&delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
    match codec::decode_server(&bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => snapshot,
        other => panic!("expected a snapshot, got {other:?}"),
    }
}
