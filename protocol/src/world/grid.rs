//! Uniform grid for interest management: a client sees the entities in a rectangle of grid cells.

use serde::{Deserialize, Serialize};

use crate::units::Position;

/// Division of a world into square cells, at most 256 in each direction. Positions outside the world belong to the nearest
/// cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Side of a cell, in 64ths of a world unit.
    cell_size: i32,
    last_column: u8,
    last_row: u8,
}

/// Column and row of a grid cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Counted from the left.
    pub column: u8,
    /// Counted from the top.
    pub row: u8,
}

/// A rectangle of cells: the view of one client. All four bounds are inclusive.
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
    /// Divides a world with this bottom right corner into cells with a side of `cell_size_units` world units. Returns
    /// `None` if the cell size is zero or there would be more than 256 columns or rows.
    #[must_use]
    pub fn new(extent: Position, cell_size_units: u16) -> Option<Self> {
        let cell_size = i32::from(cell_size_units) * Position::UNIT;
        let last = |length: i32| u8::try_from((length - 1).max(0).checked_div(cell_size)?).ok();
        Some(Self { cell_size, last_column: last(extent.x)?, last_row: last(extent.y)? })
    }

    /// The cell that contains a position.
    #[must_use]
    pub fn cell(&self, position: Position) -> Cell {
        let index = |coordinate: i32, last: u8| (coordinate.max(0) / self.cell_size).min(i32::from(last)) as u8;
        Cell { column: index(position.x, self.last_column), row: index(position.y, self.last_row) }
    }

    /// The cells that intersect a rectangle around `centre`. Lengths are in 64ths of a world unit.
    #[must_use]
    pub fn around(&self, centre: Position, half_width: i32, half_height: i32) -> ViewRect {
        let first = self.cell(Position { x: centre.x - half_width, y: centre.y - half_height });
        let last = self.cell(Position { x: centre.x + half_width, y: centre.y + half_height });
        ViewRect { left: first.column, top: first.row, right: last.column, bottom: last.row }
    }

    /// All cells.
    #[must_use]
    pub fn everything(&self) -> ViewRect {
        ViewRect { left: 0, top: 0, right: self.last_column, bottom: self.last_row }
    }

    /// Index of a cell in row-major order.
    #[must_use]
    pub fn index(&self, cell: Cell) -> usize {
        usize::from(cell.row) * (usize::from(self.last_column) + 1) + usize::from(cell.column)
    }

    /// Number of cells, at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        (usize::from(self.last_column) + 1) * (usize::from(self.last_row) + 1)
    }

    /// Always false: a grid has at least one cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Cell {
    /// Whether the cells are equal or share an edge or a corner.
    #[must_use]
    pub const fn is_beside(self, other: Self) -> bool {
        self.column.abs_diff(other.column) <= 1 && self.row.abs_diff(other.row) <= 1
    }
}

impl ViewRect {
    /// Whether the rectangle contains the cell.
    #[must_use]
    pub const fn contains(&self, cell: Cell) -> bool {
        self.left <= cell.column && cell.column <= self.right && self.top <= cell.row && cell.row <= self.bottom
    }

    /// The cells in both rectangles; `None` if there are none.
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

    /// The first and the last cell of each row, from top to bottom.
    pub fn rows(self) -> impl Iterator<Item = (Cell, Cell)> + Clone {
        (self.top..=self.bottom).map(move |row| (Cell { column: self.left, row }, Cell { column: self.right, row }))
    }

    /// The next view of a client, with hysteresis. `self` is the client's current view. `wanted` is the smallest view that
    /// the client needs.
    ///
    /// Each side of the view stays if it lies at most `slack` cells outside the same side of `wanted`. Otherwise, the side
    /// moves to the side of `wanted`. The view of a client that moves along a cell border therefore does not change back
    /// and forth.
    #[must_use]
    pub fn following(self, wanted: Self, slack: u8) -> Self {
        let first = |current: u8, wanted: u8| {
            let is_kept = current <= wanted && wanted - current <= slack;
            if is_kept { current } else { wanted }
        };
        let last = |current: u8, wanted: u8| {
            let is_kept = current >= wanted && current - wanted <= slack;
            if is_kept { current } else { wanted }
        };
        Self {
            left: first(self.left, wanted.left),
            top: first(self.top, wanted.top),
            right: last(self.right, wanted.right),
            bottom: last(self.bottom, wanted.bottom),
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
    fn positions_outside_the_world_belong_to_the_nearest_cell() {
        let grid = Grid::new(Position::at_units(1000, 500), 128).expect("the grid is valid");
        assert_eq!(grid.everything(), rect(0, 0, 7, 3));
        assert_eq!(grid.cell(Position::at_units(-5, 9999)), Cell { column: 0, row: 3 });
        assert_eq!(grid.cell(Position::at_units(128, 127)), Cell { column: 1, row: 0 });
        assert_eq!(grid.len(), 32);
        assert_eq!(grid.index(Cell { column: 7, row: 3 }), 31);
    }

    #[test]
    fn a_grid_with_empty_cells_or_more_than_256_columns_is_rejected() {
        assert_eq!(Grid::new(Position::at_units(1000, 1000), 0), None);
        assert_eq!(Grid::new(Position::at_units(1000, 257), 1), None);
        assert!(Grid::new(Position::at_units(256, 256), 1).is_some());
    }

    #[test]
    fn a_side_of_a_view_moves_only_beyond_the_slack() {
        let has = rect(2, 2, 6, 6);
        assert_eq!(has.following(rect(3, 3, 6, 6), 1), has, "one excess cell is kept");
        assert_eq!(
            has.following(rect(4, 2, 7, 6), 1),
            rect(4, 2, 7, 6),
            "two excess cells are dropped, a missing one is added"
        );
    }

    #[test]
    fn a_view_is_stable_while_the_client_moves_along_a_cell_border() {
        let grid = Grid::new(Position::at_units(4096, 4096), 128).expect("the grid is valid");
        let around = |x| grid.around(Position::at_units(x, 2000), 400 * Position::UNIT, 400 * Position::UNIT);
        let first = around(2031);
        let settled = first.following(around(2033), 1);
        let views = (0..100).map(|step| settled.following(around(2031 + step % 2 * 2), 1));
        assert!(views.into_iter().all(|view| view == settled));
    }

    #[test]
    fn cells_that_share_a_corner_are_neighbours() {
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
