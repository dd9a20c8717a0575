//! Where to look for what is near.

use tickcast_protocol::arena::Rules;
use tickcast_protocol::{EntityId, Position};

/// A disc and how it went in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) id: EntityId,
    /// Where it was a tick ago.
    pub(super) from: Position,
    /// Where it is.
    pub(super) to: Position,
    pub(super) radius: i32,
}

/// Bodies sorted by the square cell of the world they are in: those of a row of cells lie side by side.
///
/// The broad phase of collision detection, a uniform grid as in Christer Ericson's "Real-Time Collision Detection" (2005),
/// chapter 7. It is built anew in every tick. A search may find bodies that are not near, and misses none that is.
#[derive(Debug)]
pub(super) struct Buckets {
    /// How many cells make a row, and rows the world.
    across: i32,
    /// At which body each cell begins, and after the last cell the number of bodies.
    starts: Vec<u32>,
    bodies: Vec<Body>,
    /// How far from where a body is some part of it has been in this tick, along either axis.
    reach: i32,
}

/// The side of a cell: some cells hold several ships in a crowd, and few searches touch more than four.
const CELL: i32 = 128 * Position::UNIT;

impl Buckets {
    pub(super) fn new(rules: &Rules, mut bodies: Vec<Body>) -> Self {
        let across = (rules.extent() - 1) / CELL + 1;
        let cell = |body: &Body| column(across, body.to.y) * across + column(across, body.to.x);
        bodies.sort_unstable_by_key(|body| (cell(body), body.id));
        let mut starts = Vec::with_capacity((across * across + 1) as usize);
        for (index, body) in bodies.iter().enumerate() {
            while starts.len() <= cell(body) as usize {
                starts.push(index as u32);
            }
        }
        starts.resize((across * across + 1) as usize, bodies.len() as u32);
        let reach = bodies.iter().map(Body::reach).max().unwrap_or(0);
        Self { across, starts, bodies, reach }
    }

    /// All bodies of which some part may have been, in this tick, within `distance` of the line from `from` to `to`.
    pub(super) fn near(&self, from: Position, to: Position, distance: i32) -> impl Iterator<Item = &Body> {
        let margin = self.reach + distance;
        let first = |a: i32, b: i32| column(self.across, a.min(b) - margin);
        let last = |a: i32, b: i32| column(self.across, a.max(b) + margin);
        let (left, right) = (first(from.x, to.x), last(from.x, to.x));
        (first(from.y, to.y)..=last(from.y, to.y)).flat_map(move |row| {
            let start = self.starts[(row * self.across + left) as usize];
            let end = self.starts[(row * self.across + right + 1) as usize];
            &self.bodies[start as usize..end as usize]
        })
    }
}

impl Body {
    fn reach(&self) -> i32 {
        self.radius + (self.to.x - self.from.x).abs().max((self.to.y - self.from.y).abs())
    }
}

/// In which of `across` columns a coordinate lies; what is outside belongs to the outermost.
fn column(across: i32, at: i32) -> i32 {
    (at / CELL).clamp(0, across - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::dice::Dice;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1000 };

    fn body(id: u32, to: Position, radius: i32) -> Body {
        Body { id: EntityId(id), from: to, to, radius }
    }

    #[test]
    fn a_search_misses_nothing_that_is_near() {
        let mut dice = Dice::new(3);
        let bodies: Vec<Body> = (0..300).map(|id| body(id, dice.place(&RULES, 0), 20 * Position::UNIT)).collect();
        let buckets = Buckets::new(&RULES, bodies.clone());
        for _ in 0..300 {
            let place = dice.place(&RULES, 0);
            let found: Vec<EntityId> = buckets.near(place, place, Position::UNIT).map(|body| body.id).collect();
            let near = bodies.iter().filter(|body| body.to.is_within(place, 21 * Position::UNIT));
            assert!(near.clone().all(|body| found.contains(&body.id)));
            assert!(found.len() < 100, "most of the world is left out");
        }
    }

    #[test]
    fn a_line_is_searched_along_its_length() {
        let buckets = Buckets::new(&RULES, vec![body(1, Position::at_units(500, 500), 10 * Position::UNIT)]);
        let found = |x| buckets.near(Position::at_units(0, 500), Position::at_units(x, 500), 0).count();
        assert_eq!((found(100), found(999)), (0, 1));
    }

    #[test]
    fn the_outermost_cells_hold_what_is_outside() {
        let outside = Position::at_units(-300, 2000);
        let buckets = Buckets::new(&RULES, vec![body(1, outside, 0)]);
        assert_eq!(buckets.near(outside, outside, 0).count(), 1);
    }
}
