//! The grid that decides who is told about what.

use serde::{Deserialize, Serialize};

use crate::Position;

/// A world cut into square cells. What lies beyond the edge belongs to the cell at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    cell_size: i32,
    columns: u8,
    rows: u8,
}

/// A cell's column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// From the left.
    pub column: u8,
    /// From the top.
    pub row: u8,
}

/// A rectangle of cells: what one client sees. All four are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRect {
    /// First column.
    pub left: u8,
    /// First row.
    pub top: u8,
    /// Last column.
    pub right: u8,
    /// Last row.
    pub bottom: u8,
}

impl Grid {
    /// Cuts a world of that extent (its bottom right corner) into cells of `cell_size_units` world units, at most 256 each way.
    /// None if the cells would be empty or too many.
    #[must_use]
    pub fn new(extent: Position, cell_size_units: u16) -> Option<Self> {
        let cell_size = i32::from(cell_size_units) * Position::UNIT;
        let last = |length: i32| u8::try_from((length - 1).max(0).checked_div(cell_size)?).ok();
        Some(Self { cell_size, columns: last(extent.x)?, rows: last(extent.y)? })
    }

    /// The cell that a place belongs to.
    #[must_use]
    pub fn cell(&self, place: Position) -> Cell {
        let along = |at: i32, last: u8| (at.max(0) / self.cell_size).min(i32::from(last)) as u8;
        Cell { column: along(place.x, self.columns), row: along(place.y, self.rows) }
    }

    /// The cells that a rectangle of world around `centre` touches.
    #[must_use]
    pub fn around(&self, centre: Position, half_width: i32, half_height: i32) -> ViewRect {
        let first = self.cell(Position { x: centre.x - half_width, y: centre.y - half_height });
        let last = self.cell(Position { x: centre.x + half_width, y: centre.y + half_height });
        ViewRect { left: first.column, top: first.row, right: last.column, bottom: last.row }
    }

    /// The whole world.
    #[must_use]
    pub fn everything(&self) -> ViewRect {
        ViewRect { left: 0, top: 0, right: self.columns, bottom: self.rows }
    }

    /// A cell's number, counted row by row.
    #[must_use]
    pub fn index(&self, cell: Cell) -> usize {
        usize::from(cell.row) * (usize::from(self.columns) + 1) + usize::from(cell.column)
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        (usize::from(self.columns) + 1) * (usize::from(self.rows) + 1)
    }

    /// Whether there are no cells: never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Cell {
    /// Whether it is that cell or one that touches it.
    #[must_use]
    pub const fn is_beside(self, other: Self) -> bool {
        self.column.abs_diff(other.column) <= 1 && self.row.abs_diff(other.row) <= 1
    }
}

impl ViewRect {
    /// Whether the cell is in view.
    #[must_use]
    pub const fn contains(&self, cell: Cell) -> bool {
        self.left <= cell.column && cell.column <= self.right && self.top <= cell.row && cell.row <= self.bottom
    }

    /// The cells in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let both = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (both.left <= both.right && both.top <= both.bottom).then_some(both)
    }

    /// The first and the last cell of each of its rows.
    pub fn rows(self) -> impl Iterator<Item = (Cell, Cell)> + Clone {
        (self.top..=self.bottom).map(move |row| (Cell { column: self.left, row }, Cell { column: self.right, row }))
    }

    /// The view of a client that wants `wanted` and has `self`: the same one while it still covers what is wanted and is
    /// not more than `slack` cells too large on any side, so that moving along a border of cells does not flap.
    #[must_use]
    pub fn following(self, wanted: Self, slack: u8) -> Self {
        let side = |has: u8, wants: u8, outwards: bool| {
            let too_large = if outwards { has.saturating_sub(wants) } else { wants.saturating_sub(has) };
            let too_small = if outwards { has < wants } else { has > wants };
            if too_small || too_large > slack { wants } else { has }
        };
        Self {
            left: side(self.left, wanted.left, false),
            top: side(self.top, wanted.top, false),
            right: side(self.right, wanted.right, true),
            bottom: side(self.bottom, wanted.bottom, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: u8, top: u8, right: u8, bottom: u8) -> ViewRect {
        ViewRect { left, top, right, bottom }
    }

    #[test]
    fn places_beyond_the_edge_belong_to_the_edge() {
        let grid = Grid::new(Position::at_units(1000, 500), 128).expect("few cells");
        assert_eq!(grid.everything(), rect(0, 0, 7, 3));
        assert_eq!(grid.cell(Position::at_units(-5, 9999)), Cell { column: 0, row: 3 });
        assert_eq!(grid.cell(Position::at_units(128, 127)), Cell { column: 1, row: 0 });
        assert_eq!(grid.len(), 32);
        assert_eq!(grid.index(Cell { column: 7, row: 3 }), 31);
    }

    #[test]
    fn cells_are_neither_empty_nor_too_many() {
        assert_eq!(Grid::new(Position::at_units(1000, 1000), 0), None);
        assert_eq!(Grid::new(Position::at_units(1000, 257), 1), None);
        assert!(Grid::new(Position::at_units(256, 256), 1).is_some());
    }

    #[test]
    fn a_view_follows_with_slack() {
        let has = rect(2, 2, 6, 6);
        assert_eq!(has.following(rect(3, 3, 6, 6), 1), has, "one cell too large is kept");
        assert_eq!(has.following(rect(4, 2, 7, 6), 1), rect(4, 2, 7, 6), "two too large are dropped, one too few is added");
    }

    #[test]
    fn a_view_does_not_flap_along_a_border_of_cells() {
        let grid = Grid::new(Position::at_units(4096, 4096), 128).expect("few cells");
        let around = |x| grid.around(Position::at_units(x, 2000), 400 * Position::UNIT, 400 * Position::UNIT);
        let first = around(2031);
        let settled = first.following(around(2033), 1);
        let views = (0..100).map(|step| settled.following(around(2031 + step % 2 * 2), 1));
        assert!(views.into_iter().all(|view| view == settled));
    }

    #[test]
    fn cells_touch_at_their_corners_too() {
        let cell = |column, row| Cell { column, row };
        assert!(cell(0, 0).is_beside(cell(1, 1)) && cell(3, 3).is_beside(cell(3, 3)) && cell(3, 3).is_beside(cell(2, 4)));
        assert!(!cell(0, 0).is_beside(cell(2, 0)) && !cell(5, 9).is_beside(cell(5, 7)));
    }

    #[test]
    fn views_intersect() {
        assert_eq!(rect(0, 0, 4, 4).intersection(&rect(3, 2, 9, 9)), Some(rect(3, 2, 4, 4)));
        assert_eq!(rect(0, 0, 4, 4).intersection(&rect(5, 0, 9, 9)), None);
        assert_eq!(rect(1, 2, 5, 2).rows().collect::<Vec<_>>(), [(Cell { column: 1, row: 2 }, Cell { column: 5, row: 2 })]);
    }
}
