//! What each client is told: every entity is compared with its coasted self once a tick, every difference encoded once,
//! and a client's snapshot put together from what its view needs.
//!
//! ```text
//! world of the last tick ─ steer, coast ─▶ what every replica computes ┐
//! world of this tick ──────────────────────────────────────────────────┴─ compare ─▶ Frame ─ compose ─▶ snapshots
//! ```

mod cells;
mod frame;

pub use frame::{Delivery, Frame};

use std::sync::Arc;

use tickcast_protocol::codec::Chunk;
use tickcast_protocol::game::{coast_all, steer_all};
use tickcast_protocol::grid::Cell;
use tickcast_protocol::{Change, EntityId, EntityMap, Game, Grid, Tick};

use cells::{Cells, CellsBuilder, Crossing, Crossings};

/// The last tick's world, as every replica has it, and the comparison with the next.
#[derive(Debug)]
pub struct Replication<G: Game> {
    rules: G::Rules,
    grid: Grid,
    told: Arc<EntityMap<G::Entity>>,
}

impl<G: Game> Replication<G> {
    /// Begins with an empty world.
    #[must_use]
    pub fn new(rules: G::Rules, grid: Grid) -> Self {
        Self { rules, grid, told: Arc::default() }
    }

    /// The grid that views are cut from.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Compares the world with what replicas compute, and encodes the differences. The sections are what everybody is told,
    /// and what those are told who start anew.
    pub fn encode(&mut self, tick: Tick, world: &EntityMap<G::Entity>, sections: [Chunk; 2]) -> Frame<G> {
        let world = Arc::new(world.clone());
        let (changes, crossings) = Comparison::<G>::new(&self.rules, &self.grid, &self.told, &world).encode();
        self.told = Arc::clone(&world);
        Frame::new(tick, self.grid, world, changes, crossings, sections)
    }
}

/// One tick's comparison of what replicas compute with what is true.
struct Comparison<'a, G: Game> {
    grid: &'a Grid,
    /// The world a tick ago.
    before: &'a EntityMap<G::Entity>,
    /// What replicas make of it.
    coasted: EntityMap<G::Entity>,
    /// What is true.
    truth: &'a EntityMap<G::Entity>,
    /// Who was born while coasting, and of whom, by the child's id.
    births: Vec<(EntityId, EntityId)>,
    changes: CellsBuilder,
    crossings: Vec<Crossing>,
}

impl<'a, G: Game> Comparison<'a, G> {
    fn new(rules: &G::Rules, grid: &'a Grid, before: &'a EntityMap<G::Entity>, truth: &'a EntityMap<G::Entity>) -> Self {
        let mut changes = CellsBuilder::default();
        let steers = steers::<G>(before, truth);
        for steer in &steers {
            let entity = before.get(steer.id()).expect("who steers was there a tick ago");
            changes.push(grid.index(grid.cell(G::position(entity))), steer);
        }
        let mut coasted = before.clone();
        steer_all(&mut coasted, &steers).expect("who steers is there");
        let mut births: Vec<_> =
            coast_all::<G>(rules, &mut coasted).into_iter().map(|(parent, child)| (child, parent)).collect();
        births.sort_unstable();
        Self { grid, before, coasted, truth, births, changes, crossings: Vec::new() }
    }

    fn encode(mut self) -> (Cells, Crossings) {
        let coasted = std::mem::take(&mut self.coasted);
        for (id, guess, truth) in merged(&coasted, self.truth) {
            match (guess, truth) {
                (Some(_), None) => self.change(id, &Change::Remove(id)),
                (Some(_), Some(truth)) if self.jumps(id, truth) => self.change(id, &Change::Remove(id)),
                (None, Some(truth)) if self.jumps(id, truth) => {}
                (None, Some(truth)) => self.change(id, &Change::Set(id, truth.clone())),
                (Some(guess), Some(truth)) if guess != truth => {
                    let patch = G::patch_between(guess, truth);
                    let change = patch.map_or_else(|| Change::Set(id, truth.clone()), |patch| Change::Patch(id, patch));
                    self.change(id, &change);
                }
                _ => {}
            }
            if let Some(truth) = truth {
                self.cross(id, truth);
            }
        }
        (self.changes.build(self.grid.len()), Crossings::new(self.crossings, self.grid))
    }

    /// A change belongs to the cell in which its receivers knew the entity: the one it, or its parent, was in a tick ago.
    fn change(&mut self, id: EntityId, change: &Change<G>) {
        let cell = self.origin(id).or_else(|| self.truth.get(id).map(|entity| self.grid.cell(G::position(entity))));
        let cell = cell.expect("what changes was there, or is there, or was born");
        self.changes.push(self.grid.index(cell), change);
    }

    /// Notes an entity that is now in another cell than those who can compute it saw it in.
    fn cross(&mut self, id: EntityId, truth: &G::Entity) {
        let to = self.grid.cell(G::position(truth));
        if let Some(from) = self.origin(id).filter(|from| *from != to) {
            let set: Change<G> = Change::Set(id, truth.clone());
            let from = from.is_beside(to).then_some(from);
            self.crossings.push(Crossing { from, to, bytes: tickcast_protocol::codec::encode(&set) });
        }
    }

    /// Whether it went further than to the next cell. Those who saw where it was must not be told where it is: for them it
    /// is taken out, and it is put in for those who see where it is now.
    fn jumps(&self, id: EntityId, truth: &G::Entity) -> bool {
        let to = self.grid.cell(G::position(truth));
        self.origin(id).is_some_and(|from| !from.is_beside(to))
    }

    fn origin(&self, id: EntityId) -> Option<Cell> {
        let birth = self.births.binary_search_by_key(&id, |(child, _)| *child).ok().map(|index| self.births[index].1);
        self.before.get(birth.unwrap_or(id)).map(|entity| self.grid.cell(G::position(entity)))
    }
}

/// The controls that changed between two ticks.
fn steers<G: Game>(before: &EntityMap<G::Entity>, truth: &EntityMap<G::Entity>) -> Vec<Change<G>> {
    let steer = |(id, before, truth): (EntityId, Option<&G::Entity>, Option<&G::Entity>)| {
        let (held, holds) = (G::controls(before?)?, G::controls(truth?)?);
        (held != holds).then_some(Change::Steer(id, holds))
    };
    merged(before, truth).filter_map(steer).collect()
}

/// Walks two maps in the order of their ids.
fn merged<'a, E>(
    left: &'a EntityMap<E>,
    right: &'a EntityMap<E>,
) -> impl Iterator<Item = (EntityId, Option<&'a E>, Option<&'a E>)> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    std::iter::from_fn(move || {
        let id = match (left.peek(), right.peek()) {
            (Some((left, _)), Some((right, _))) => *left.min(right),
            (Some((id, _)), None) | (None, Some((id, _))) => *id,
            (None, None) => return None,
        };
        let left = left.next_if(|(at, _)| *at == id).map(|(_, entity)| entity);
        let right = right.next_if(|(at, _)| *at == id).map(|(_, entity)| entity);
        Some((id, left, right))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::arena::{Arena, Entity, Orb, Rules};
    use tickcast_protocol::{Position, ServerMessage, ViewRect, codec};

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1024 };
    const ORB: EntityId = EntityId(9000);
    const LEFT: ViewRect = ViewRect { left: 0, top: 0, right: 3, bottom: 7 };
    const RIGHT: ViewRect = ViewRect { left: 4, top: 0, right: 7, bottom: 7 };
    const ALL: ViewRect = ViewRect { left: 0, top: 0, right: 7, bottom: 7 };

    fn orb(x: i32, y: i32) -> Entity {
        Entity::Orb(Orb { position: Position::at_units(x, y) })
    }

    /// What somebody with that view is told when an orb goes from one place to another.
    fn told(from: &Entity, to: &Entity, view: ViewRect) -> Vec<Change<Arena>> {
        let grid = Grid::new(Arena::extent(&RULES), 128).expect("few cells");
        let mut replication = Replication::<Arena>::new(RULES, grid);
        let mut encode = |tick, orb: &Entity| {
            replication.encode(Tick(tick), &[(ORB, orb.clone())].into_iter().collect(), Default::default())
        };
        encode(1, from);
        let mut bytes = Vec::new();
        let delivery = Delivery { view, saw: Some(view), report: None };
        encode(2, to).compose(&delivery, &mut Chunk::default(), &mut bytes);
        match codec::decode_server(&bytes) {
            Ok(ServerMessage::Snapshot(snapshot)) => snapshot.changes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_goes_to_the_next_cell_is_set_for_all() {
        let (from, to) = (orb(500, 500), orb(520, 500));
        for view in [LEFT, RIGHT, ALL] {
            assert_eq!(told(&from, &to, view), [Change::Set(ORB, to.clone())], "{view:?}");
        }
    }

    #[test]
    fn where_something_has_jumped_is_told_only_to_those_who_see_that_place() {
        for (from, to) in [(orb(100, 100), orb(900, 900)), (orb(100, 900), orb(900, 100))] {
            let (gone, here) = (Change::Remove(ORB), Change::Set(ORB, to.clone()));
            assert_eq!(told(&from, &to, LEFT), std::slice::from_ref(&gone));
            assert_eq!(told(&from, &to, RIGHT), std::slice::from_ref(&here));
            assert_eq!(told(&from, &to, ALL), [gone, here], "in this order");
        }
    }
}
