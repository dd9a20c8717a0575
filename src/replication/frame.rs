//! One tick, encoded once for all clients.

use std::sync::{Arc, OnceLock};

use tickcast_protocol::codec::{Chunk, compose_snapshot};
use tickcast_protocol::{Change, Digest, EntityMap, Game, Grid, InputReport, SnapshotHeader, Tick, ViewRect};

use super::cells::{Cells, CellsBuilder, Crossings};

/// Snapshots carry a checksum whenever the tick is a multiple of this: every two seconds at 30 ticks a second.
const CHECKSUM_TICKS: u32 = 64;

/// One tick, encoded once for all clients. What only some clients may need is encoded when the first one does.
#[derive(Debug)]
pub struct Frame<G: Game> {
    tick: Tick,
    grid: Grid,
    world: Arc<EntityMap<G::Entity>>,
    changes: Cells,
    crossings: Crossings,
    room: Chunk,
    roster: Chunk,
    keyframes: OnceLock<Cells>,
    /// Sums of entity checksums over the cells before each cell.
    checksums: OnceLock<Vec<u32>>,
}

/// What one client gets of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it sees from now on.
    pub view: ViewRect,
    /// What it saw a tick ago; nothing if it starts anew.
    pub saw: Option<ViewRect>,
    /// What became of its input.
    pub report: Option<InputReport>,
}

impl<G: Game> Frame<G> {
    pub(super) fn new(
        tick: Tick,
        grid: Grid,
        world: Arc<EntityMap<G::Entity>>,
        changes: Cells,
        crossings: Crossings,
        [room, roster]: [Chunk; 2],
    ) -> Self {
        let (keyframes, checksums) = (OnceLock::new(), OnceLock::new());
        Self { tick, grid, world, changes, crossings, room, roster, keyframes, checksums }
    }

    /// The tick it tells of.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// Appends one client's snapshot. `changes` is space to put it together in.
    pub fn compose(&self, delivery: &Delivery, changes: &mut Chunk, bytes: &mut Vec<u8>) {
        let Delivery { view, saw, report } = *delivery;
        let header = SnapshotHeader {
            reset: saw.is_none().then_some(self.tick),
            report,
            view: (saw != Some(view)).then_some(view),
            checksum: self.tick.0.is_multiple_of(CHECKSUM_TICKS).then(|| self.checksum(view)),
        };
        changes.clear();
        match saw.and_then(|saw| saw.intersection(&view)) {
            Some(kept) => {
                self.gather_changes(kept, changes);
                rest(view, kept).for_each(|fresh| self.gather_keyframes(fresh, changes));
            }
            None => self.gather_keyframes(view, changes),
        }
        let room = if saw.is_some() { &self.room } else { &self.roster };
        compose_snapshot(&header, room.as_run(), changes.as_run(), bytes);
    }

    /// What changed in cells that were in view before, and then what came into them from elsewhere.
    fn gather_changes(&self, kept: ViewRect, changes: &mut Chunk) {
        for (first, last) in self.rows(kept) {
            changes.extend(self.changes.run(first, last));
        }
        for (first, last) in self.rows(kept) {
            for crossing in self.crossings.range(first, last) {
                if !crossing.from.is_some_and(|from| kept.contains(from)) {
                    changes.extend(crossing.as_run());
                }
            }
        }
    }

    /// Everything in those cells.
    fn gather_keyframes(&self, view: ViewRect, changes: &mut Chunk) {
        let keyframes = self.keyframes.get_or_init(|| self.encode_keyframes());
        for (first, last) in self.rows(view) {
            changes.extend(keyframes.run(first, last));
        }
    }

    /// The numbers of the first and the last cell of each row.
    fn rows(&self, view: ViewRect) -> impl Iterator<Item = (usize, usize)> {
        view.rows().map(|(first, last)| (self.grid.index(first), self.grid.index(last)))
    }

    fn encode_keyframes(&self) -> Cells {
        let mut keyframes = CellsBuilder::default();
        for (id, entity) in self.world.iter() {
            let set: Change<G> = Change::Set(id, entity.clone());
            keyframes.push(self.grid.index(self.grid.cell(G::position(entity))), &set);
        }
        keyframes.build(self.grid.len())
    }

    fn checksum(&self, view: ViewRect) -> u32 {
        let sums = self.checksums.get_or_init(|| self.sum_checksums());
        let row = |(first, last)| sums[self.grid.index(last) + 1].wrapping_sub(sums[self.grid.index(first)]);
        view.rows().map(row).fold(self.tick.0, u32::wrapping_add)
    }

    fn sum_checksums(&self) -> Vec<u32> {
        let mut sums = vec![0_u32; self.grid.len() + 1];
        for (id, entity) in self.world.iter() {
            let sum = &mut sums[self.grid.index(self.grid.cell(G::position(entity))) + 1];
            *sum = sum.wrapping_add(Digest::of_entity::<G>(id, entity));
        }
        for cell in 1..sums.len() {
            sums[cell] = sums[cell].wrapping_add(sums[cell - 1]);
        }
        sums
    }
}

/// The parts of `view` outside `kept`: above, below, left and right of it.
fn rest(view: ViewRect, kept: ViewRect) -> impl Iterator<Item = ViewRect> + Clone {
    let above = (view.top < kept.top).then(|| ViewRect { bottom: kept.top - 1, ..view });
    let below = (view.bottom > kept.bottom).then(|| ViewRect { top: kept.bottom + 1, ..view });
    let left = (view.left < kept.left).then(|| ViewRect { left: view.left, right: kept.left - 1, ..kept });
    let right = (view.right > kept.right).then(|| ViewRect { left: kept.right + 1, right: view.right, ..kept });
    [above, below, left, right].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_view_covers_every_other_cell_once() {
        let view = ViewRect { left: 2, top: 3, right: 8, bottom: 9 };
        let kept = ViewRect { left: 3, top: 3, right: 6, bottom: 8 };
        let cells = |rect: ViewRect| (u32::from(rect.right - rect.left) + 1) * (u32::from(rect.bottom - rect.top) + 1);
        let parts: Vec<_> = rest(view, kept).collect();
        assert_eq!(parts.iter().map(|part| cells(*part)).sum::<u32>(), cells(view) - cells(kept));
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(part.intersection(&kept), None);
            assert_eq!(part.intersection(&view), Some(*part));
            assert!(parts[..index].iter().all(|other| other.intersection(part).is_none()));
        }
    }
}
