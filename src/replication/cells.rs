//! Encoded changes, sorted by grid cell, so that a view's row of cells is one slice of bytes.

use tickcast_protocol::Grid;
use tickcast_protocol::codec::{Chunk, Run};
use tickcast_protocol::grid::Cell;

/// Encoded changes by cell.
#[derive(Debug, Default)]
pub(super) struct Cells {
    bytes: Vec<u8>,
    /// Where each cell's changes begin, and one more for where the last cell's end.
    starts: Vec<Start>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Start {
    byte: u32,
    count: u32,
}

impl Cells {
    /// The changes of the cells from `first` to `last`.
    pub(super) fn run(&self, first: usize, last: usize) -> Run<'_> {
        let (start, end) = (self.starts[first], self.starts[last + 1]);
        Run { count: end.count - start.count, bytes: &self.bytes[start.byte as usize..end.byte as usize] }
    }
}

/// Collects changes in any order.
#[derive(Debug, Default)]
pub(super) struct CellsBuilder {
    chunk: Chunk,
    /// Cell and end of each change within the chunk.
    ends: Vec<(u32, u32)>,
}

impl CellsBuilder {
    /// Encodes a change that belongs to the cell of that index.
    pub(super) fn push(&mut self, cell: usize, change: &impl serde::Serialize) {
        self.chunk.push(change);
        self.ends.push((cell as u32, self.chunk.bytes.len() as u32));
    }

    /// Sorts them by cell, keeping the order within a cell.
    pub(super) fn build(self, cell_count: usize) -> Cells {
        let mut starts = vec![Start::default(); cell_count + 1];
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        let spans: Vec<(usize, u32, u32)> =
            self.ends.iter().zip(begins).map(|((cell, end), begin)| (*cell as usize, begin, *end)).collect();
        for (cell, begin, end) in &spans {
            starts[cell + 1].count += 1;
            starts[cell + 1].byte += end - begin;
        }
        for cell in 0..cell_count {
            starts[cell + 1].count += starts[cell].count;
            starts[cell + 1].byte += starts[cell].byte;
        }
        let mut bytes = vec![0; self.chunk.bytes.len()];
        let mut next: Vec<u32> = starts.iter().map(|start| start.byte).collect();
        for (cell, begin, end) in spans {
            let to = next[cell] as usize;
            let change = &self.chunk.bytes[begin as usize..end as usize];
            bytes[to..to + change.len()].copy_from_slice(change);
            next[cell] += end - begin;
        }
        Cells { bytes, starts }
    }
}

/// An entity that came into a cell, with its whole state for those who could not compute that.
#[derive(Debug)]
pub(super) struct Crossing {
    /// Where those who could have computed it saw it a tick ago; nowhere if nobody could.
    pub(super) from: Option<Cell>,
    /// Where it is now.
    pub(super) to: Cell,
    /// The encoded change that sets it.
    pub(super) bytes: Vec<u8>,
}

impl Crossing {
    /// The crossing as a run of one change.
    pub(super) fn as_run(&self) -> Run<'_> {
        Run { count: 1, bytes: &self.bytes }
    }
}

/// Crossings, sorted by the cell they lead into.
#[derive(Debug)]
pub(super) struct Crossings {
    sorted: Vec<Crossing>,
    /// How many lead into the cells before each cell.
    starts: Vec<u32>,
}

impl Crossings {
    /// Sorts them.
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

    /// Those into the cells from `first` to `last`.
    pub(super) fn range(&self, first: usize, last: usize) -> &[Crossing] {
        &self.sorted[self.starts[first] as usize..self.starts[last + 1] as usize]
    }
}
