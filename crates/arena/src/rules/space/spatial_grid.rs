//! Broad phase of collision detection.

use crate::wire::Rules;
use tickcast_game::protocol::{EntityId, Position};

/// A disc, and its motion in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Body {
    pub(in crate::rules) id: EntityId,
    /// Position before coasting.
    pub(in crate::rules) from: Position,
    /// Position after coasting.
    pub(in crate::rules) to: Position,
    pub(in crate::rules) radius: i32,
}

/// Uniform grid of bodies, rebuilt in every tick, as in Christer Ericson's "Real-Time Collision Detection" (2005), chapter 7.
///
/// A body belongs to the cell of its position after coasting. A search finds all near bodies, but may also return others.
#[derive(Debug)]
pub(in crate::rules) struct SpatialGrid {
    /// Number of columns. The number of rows is the same.
    columns: i32,
    /// For each cell, the index in `bodies` at which the bodies of the cell start. An additional last element is the number
    /// of bodies.
    starts: Vec<u32>,
    /// Sorted by cell in row-major order, then by id.
    bodies: Vec<Body>,
    /// Maximum distance, along either axis, between the position of a body after coasting and any point that the body covered
    /// in this tick.
    reach: i32,
}

/// Side of a cell. If cells were larger, a search would check more bodies. If they were smaller, it would visit more cells.
/// With this side, few searches visit more than four cells.
const CELL: i32 = 128 * Position::UNIT;

impl SpatialGrid {
    /// A grid of these bodies, which are in ascending order of id. Uses a counting sort.
    pub(in crate::rules) fn new(rules: &Rules, bodies: &[Body]) -> Self {
        let columns = (rules.extent() - 1) / CELL + 1;
        let cell = |body: &Body| (column(columns, body.to.y) * columns + column(columns, body.to.x)) as usize;
        // At first, each element is the end of a cell. Bodies are placed from the last to the first. Each placed body
        // decreases the element of its cell by 1. When all bodies are placed, each element is the start of its cell.
        let mut starts = vec![0; (columns * columns + 1) as usize];
        bodies.iter().for_each(|body| starts[cell(body)] += 1);
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut sorted = bodies.to_vec();
        for body in bodies.iter().rev() {
            let start = &mut starts[cell(body)];
            *start -= 1;
            sorted[*start as usize] = *body;
        }
        let reach = bodies.iter().map(Body::reach).max().unwrap_or(0);
        Self { columns, starts, bodies: sorted, reach }
    }

    /// Returns all bodies that were within `distance` of the line segment from `from` to `to` in this tick, and possibly
    /// others.
    pub(in crate::rules) fn near(&self, from: Position, to: Position, distance: i32) -> impl Iterator<Item = &Body> {
        let margin = self.reach + distance;
        let first = |a: i32, b: i32| column(self.columns, a.min(b) - margin);
        let last = |a: i32, b: i32| column(self.columns, a.max(b) + margin);
        let (left, right) = (first(from.x, to.x), last(from.x, to.x));
        (first(from.y, to.y)..=last(from.y, to.y)).flat_map(move |row| {
            let start = self.starts[(row * self.columns + left) as usize];
            let end = self.starts[(row * self.columns + right + 1) as usize];
            &self.bodies[start as usize..end as usize]
        })
    }
}

impl Body {
    fn reach(&self) -> i32 {
        self.radius + (self.to.x - self.from.x).abs().max((self.to.y - self.from.y).abs())
    }
}

/// Column (or row) of a coordinate. Coordinates outside the world belong to the outermost column.
fn column(columns: i32, coordinate: i32) -> i32 {
    (coordinate / CELL).clamp(0, columns - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::rng::Rng;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1000, round_s: 0 };

    fn body(id: u32, to: Position, radius: i32) -> Body {
        Body { id: EntityId(id), from: to, to, radius }
    }

    #[test]
    fn a_search_finds_every_near_body() {
        let mut rng = Rng::new(3);
        let bodies: Vec<Body> = (0..300).map(|id| body(id, rng.position(&RULES, 0), 20 * Position::UNIT)).collect();
        let grid = SpatialGrid::new(&RULES, &bodies);
        for _ in 0..300 {
            let position = rng.position(&RULES, 0);
            let found: Vec<EntityId> = grid.near(position, position, Position::UNIT).map(|body| body.id).collect();
            let near = bodies.iter().filter(|body| body.to.is_within(position, 21 * Position::UNIT));
            assert!(near.clone().all(|body| found.contains(&body.id)));
            assert!(found.len() < 100, "most of the world is skipped");
        }
    }

    #[test]
    fn a_search_covers_the_whole_line() {
        let grid = SpatialGrid::new(&RULES, &[body(1, Position::at_units(500, 500), 10 * Position::UNIT)]);
        let found = |x| grid.near(Position::at_units(0, 500), Position::at_units(x, 500), 0).count();
        assert_eq!((found(100), found(999)), (0, 1));
    }

    #[test]
    fn bodies_outside_the_world_are_in_the_outermost_cells() {
        let outside = Position::at_units(-300, 2000);
        let grid = SpatialGrid::new(&RULES, &[body(1, outside, 0)]);
        assert_eq!(grid.near(outside, outside, 0).count(), 1);
    }
}
