//! Encoded changes, sorted by grid cell. The changes of adjacent cells in the same row of the grid are therefore one slice
//! of bytes.

use tickcast_protocol::codec::{Chunk, Run};

/// Encoded changes of one tick, sorted by cell.
#[derive(Debug, Default)]
pub(super) struct Cells {
    bytes: Vec<u8>,
    /// For each cell, where its changes start: the offset in `bytes`, and the number of changes in all previous cells. The
    /// last element is the end of all changes.
    starts: Vec<Start>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Start {
    byte: u32,
    count: u32,
}

impl Cells {
    /// The changes of the cells from index `first` to index `last`, inclusive.
    pub(super) fn run(&self, first: usize, last: usize) -> Run<'_> {
        let (start, end) = (self.starts[first], self.starts[last + 1]);
        Run { count: end.count - start.count, bytes: &self.bytes[start.byte as usize..end.byte as usize] }
    }
}

/// Collects changes, whose cells may come in any order.
#[derive(Debug, Default)]
pub(super) struct CellsBuilder {
    chunk: Chunk,
    /// Cell index and end offset of each change in the chunk.
    ends: Vec<(u32, u32)>,
}

impl CellsBuilder {
    /// Encodes a change that belongs to the cell with this index.
    pub(super) fn push(&mut self, cell: usize, change: &impl serde::Serialize) {
        self.chunk.push(change);
        self.ends.push((cell as u32, self.chunk.bytes.len() as u32));
    }

    /// Sorts the changes by cell with a stable counting sort.
    pub(super) fn build(self, cell_count: usize) -> Cells {
        let starts = self.starts(cell_count);
        let mut bytes = vec![0; self.chunk.bytes.len()];
        let mut next: Vec<u32> = starts.iter().map(|start| start.byte).collect();
        for (cell, begin, end) in self.spans() {
            let target = next[cell] as usize;
            let change = &self.chunk.bytes[begin as usize..end as usize];
            bytes[target..target + change.len()].copy_from_slice(change);
            next[cell] += end - begin;
        }
        Cells { bytes, starts }
    }

    /// Prefix sums of the bytes and changes per cell.
    fn starts(&self, cell_count: usize) -> Vec<Start> {
        let mut starts = vec![Start::default(); cell_count + 1];
        for (cell, begin, end) in self.spans() {
            starts[cell + 1].count += 1;
            starts[cell + 1].byte += end - begin;
        }
        for cell in 0..cell_count {
            starts[cell + 1].count += starts[cell].count;
            starts[cell + 1].byte += starts[cell].byte;
        }
        starts
    }

    /// Cell index, start and end offset of each change.
    fn spans(&self) -> impl Iterator<Item = (usize, u32, u32)> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        self.ends.iter().zip(begins).map(|((cell, end), begin)| (*cell as usize, begin, *end))
    }
}
