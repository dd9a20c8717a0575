//! Replication. Once per tick, every entity is compared with its coasted state, and each difference is encoded once. The
//! snapshot of each client is composed of the differences in its view. Uses no other crate of the workspace than
//! `tickcast-protocol`.
//!
//! ```text
//! world of the last tick ─ apply controls, coast ─▶ predicted world ───────┐
//! world of this tick ──────────────────────────────────────────────────────┴─ compare ─▶ TickFrame ─ compose ─▶ snapshots
//! ```

mod cells;
mod comparison;
mod crossings;
mod history;
mod replacements;
mod tick_frame;

pub(crate) use history::History;
pub use tick_frame::{Delivery, EncodingPanicked, RoomSections, TickFrame};

use std::sync::Arc;

use tickcast_protocol::{EntityMap, Game, Grid, Tick};

use comparison::Comparison;

/// Encodes ticks. The world of the last tick is the baseline of the next delta, because every replica already contains the
/// part of that world that is in its view.
#[derive(Debug)]
pub struct Replication<G: Game> {
    rules: G::Rules,
    grid: Grid,
    baseline: Arc<EntityMap<G::Entity>>,
}

impl<G: Game> Replication<G> {
    /// Starts with the empty world as the baseline.
    #[must_use]
    pub fn new(rules: G::Rules, grid: Grid) -> Self {
        Self { rules, grid, baseline: Arc::default() }
    }

    /// The grid whose cells make up the views.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Encodes the differences between `world` and the coasted baseline, and makes `world` the new baseline.
    pub fn encode(&mut self, tick: Tick, world: &EntityMap<G::Entity>, sections: RoomSections) -> TickFrame<G> {
        let world = Arc::new(world.clone());
        let differences = Comparison::<G>::new(&self.rules, &self.grid, &self.baseline, &world).encode();
        self.baseline = Arc::clone(&world);
        TickFrame::new(tick, self.grid, world, differences, sections)
    }

    /// Encodes the empty world, for a tick before the first call of [`Self::encode`]. The first call then encodes the
    /// changes from this empty world.
    #[must_use]
    pub fn empty(&self, tick: Tick) -> TickFrame<G> {
        let world = Arc::default();
        let differences = Comparison::<G>::new(&self.rules, &self.grid, &world, &world).encode();
        TickFrame::new(tick, self.grid, world, differences, RoomSections::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Entity, Orb, Rules};
    use tickcast_protocol::codec::{self, Chunk};
    use tickcast_protocol::{Change, EntityId, Position, ServerMessage, ViewRect};

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1024 };
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
