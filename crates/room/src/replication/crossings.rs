//! Entities that moved into another cell, sorted by the new cell.

use tickcast_protocol::Grid;
use tickcast_protocol::codec::Run;
use tickcast_protocol::world::Cell;

/// An entity that entered a cell. The clients that see this cell and do not have the entity yet receive its full state.
#[derive(Debug)]
pub(super) struct Crossing {
    /// The adjacent cell that the entity came from, or `None` after a jump, which is a move beyond the adjacent cells.
    /// Replicas despawn an entity that jumps, so after a jump no replica has it.
    pub(super) from: Option<Cell>,
    /// The cell in which the entity is now.
    pub(super) to: Cell,
    /// The encoded upsert.
    pub(super) bytes: Vec<u8>,
}

impl Crossing {
    /// The crossing as a run of one change.
    pub(super) fn as_run(&self) -> Run<'_> {
        Run { count: 1, bytes: &self.bytes }
    }
}

/// Crossings of one tick, sorted by the new cell.
#[derive(Debug)]
pub(super) struct Crossings {
    sorted: Vec<Crossing>,
    /// Index in `sorted` of the first crossing into each cell. The last element is the number of crossings.
    starts: Vec<u32>,
}

impl Crossings {
    /// Sorts the crossings.
    pub(super) fn new(mut sorted: Vec<Crossing>, grid: &Grid) -> Self {
        sorted.sort_by_key(|crossing| grid.index(crossing.to));
        let mut starts = vec![0; grid.len() + 1];
        for crossing in &sorted {
            starts[grid.index(crossing.to) + 1] += 1;
        }
        for cell in 0..grid.len() {
            starts[cell + 1] += starts[cell];
        }
        Self { sorted, starts }
    }

    /// The crossings into the cells from index `first` to index `last`, inclusive.
    pub(super) fn range(&self, first: usize, last: usize) -> &[Crossing] {
        &self.sorted[self.starts[first] as usize..self.starts[last + 1] as usize]
    }
}
