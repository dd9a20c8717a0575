//! Replication. Once per tick, every entity is compared with its coasted state, and each difference is encoded once. The
//! snapshot of each client is composed of the differences in its view. Uses no other crate of the workspace than
//! `tickcast-protocol`.
//!
//! ```text
//! world of the last tick ─ apply controls, coast, interact ─▶ predicted world ┐
//! world of this tick ─────────────────────────────────────────────────────────┴─ compare ─▶ TickFrame ─ compose ─▶ snapshots
//! ```

mod beat;
mod cells;
mod comparison;
mod crossings;
mod history;
mod replacements;
mod tick_frame;

pub(crate) use beat::Beats;
pub use beat::{Beat, TickTime};
pub(crate) use history::{History, PastTick};
pub use tick_frame::{Delivery, EncodingPanicked, RoomSections, TickFrame};

use std::sync::Arc;

use tickcast_protocol::{EntityMap, GameProtocol, Grid, Position, Tick};

use comparison::Comparison;

/// Minimum side of a grid cell in world units. A grid has at most 256 columns and 256 rows, so a very large world has
/// larger cells.
const CELL_SIZE: i32 = 128;

/// Encodes ticks. The world of the last tick is the baseline of the next delta, because every replica already contains the
/// part of that world that is in its view.
#[derive(Debug)]
pub struct Replication<G: GameProtocol> {
    rules: G::Rules,
    grid: Grid,
    baseline: Arc<EntityMap<G::Entity>>,
}

impl<G: GameProtocol> Replication<G> {
    /// Starts with the empty world as the baseline.
    ///
    /// # Panics
    /// If entities interact, and the world has more than one cell: clients that do not see all entities cannot compute their
    /// interactions.
    #[must_use]
    pub fn new(rules: G::Rules, grid: Grid) -> Self {
        assert!(
            !G::INTERACTS || grid.len() == 1,
            "{}: the world of a game whose entities interact has one cell, so that clients see all entities",
            G::NAME
        );
        Self { rules, grid, baseline: Arc::default() }
    }

    /// The grid whose cells make up the views.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Encodes the differences between `world` and the coasted baseline, and makes `world` the new baseline.
    pub fn encode(
        &mut self,
        time: impl Into<TickTime>,
        world: &EntityMap<G::Entity>,
        sections: RoomSections,
    ) -> TickFrame<G> {
        let world = Arc::new(world.clone());
        let differences = Comparison::<G>::new(&self.rules, &self.grid, &self.baseline, &world).encode();
        self.baseline = Arc::clone(&world);
        TickFrame::new(time.into(), self.grid, world, differences, sections)
    }

    /// Encodes the empty world, for a tick before the first call of [`Self::encode`]. The first call then encodes the
    /// changes from this empty world.
    #[must_use]
    pub fn empty(&self, tick: Tick) -> TickFrame<G> {
        let world = Arc::default();
        let differences = Comparison::<G>::new(&self.rules, &self.grid, &world, &world).encode();
        TickFrame::new(tick.into(), self.grid, world, differences, RoomSections::default())
    }
}

/// The grid of a world.
pub(crate) fn grid_of<G: GameProtocol>(rules: &G::Rules) -> Grid {
    let extent = G::extent(rules);
    Grid::new(extent, cell_size(extent)).expect("the cell size admits at most 256 cells each way")
}

/// Side of a grid cell in world units: at least [`CELL_SIZE`], and large enough for 256 cells to cover the world.
pub(crate) fn cell_size(extent: Position) -> u16 {
    let size_min = extent.x.max(extent.y) / (256 * Position::UNIT) + 1;
    u16::try_from(CELL_SIZE.max(size_min)).expect("a world is at most 2^24 units wide")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Entity, Orb, Rules};
    use tickcast_protocol::codec::{self, Chunk};
    use tickcast_protocol::{Change, EntityId, Position, ServerMessage, ViewRect};

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1024, round_s: 0 };
    const ORB: EntityId = EntityId(9000);
    const LEFT: ViewRect = ViewRect { left: 0, top: 0, right: 3, bottom: 7 };
    const RIGHT: ViewRect = ViewRect { left: 4, top: 0, right: 7, bottom: 7 };
    const ALL: ViewRect = ViewRect { left: 0, top: 0, right: 7, bottom: 7 };

    fn orb(x: i32, y: i32) -> Entity {
        Entity::Orb(Orb { position: Position::at_units(x, y) })
    }

    /// The changes sent to a client with this view when an orb moves between two positions.
    fn changes_sent(from: &Entity, to: &Entity, view: ViewRect) -> Vec<Change<Arena>> {
        let grid = Grid::new(Arena::extent(&RULES), 128).expect("the world has at most 256 cells each way");
        let mut replication = Replication::<Arena>::new(RULES, grid);
        let mut encode = |tick, orb: &Entity| {
            replication.encode(Tick(tick), &[(ORB, orb.clone())].into_iter().collect(), RoomSections::default())
        };
        encode(1, from);
        let mut bytes = Vec::new();
        let delivery = Delivery { player: None, view, previous_view: Some(view), report: None, lists_players: false };
        encode(2, to).compose(&delivery, &mut Chunk::default(), &mut bytes).expect("arenas are encoded without panics");
        match codec::decode_server(&bytes) {
            Ok(ServerMessage::Snapshot(snapshot)) => snapshot.changes,
            other => panic!("expected a snapshot, got {other:?}"),
        }
    }

    #[test]
    fn a_move_to_an_adjacent_cell_is_sent_to_all_clients_that_see_either_cell() {
        let (from, to) = (orb(500, 500), orb(520, 500));
        for view in [LEFT, RIGHT, ALL] {
            assert_eq!(changes_sent(&from, &to, view), [Change::Upsert(ORB, to.clone())], "{view:?}");
        }
    }

    #[test]
    fn the_new_position_after_a_jump_is_sent_only_to_clients_that_see_it() {
        for (from, to) in [(orb(100, 100), orb(900, 900)), (orb(100, 900), orb(900, 100))] {
            let (despawn, upsert) = (Change::Despawn(ORB), Change::Upsert(ORB, to.clone()));
            assert_eq!(changes_sent(&from, &to, LEFT), std::slice::from_ref(&despawn));
            assert_eq!(changes_sent(&from, &to, RIGHT), std::slice::from_ref(&upsert));
            assert_eq!(changes_sent(&from, &to, ALL), [despawn, upsert], "the despawn comes first");
        }
    }
}
