//! Direction from one position to another.

use tickcast_game::protocol::{Angle, Position};

/// The direction from `from` to `to`, rounded towards the x axis. If the positions are equal, the direction is +x.
///
/// Uses a binary search in the sine table, because the result of a floating-point arctangent may differ between machines.
pub(in crate::rules) fn bearing(from: Position, to: Position) -> Angle {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    if (dx, dy) == (0, 0) {
        return Angle::default();
    }
    let is_below = |steps: i32| {
        let angle = Angle::new(steps);
        i64::from(angle.sin()) * dx.abs() <= i64::from(angle.cos()) * dy.abs()
    };
    let (mut below, mut above) = (0, Angle::TURN / 4 + 1);
    while above - below > 1 {
        let middle = (below + above) / 2;
        if is_below(middle) {
            below = middle;
        } else {
            above = middle;
        }
    }
    Angle::new(match (dx < 0, dy < 0) {
        (false, false) => below,
        (true, false) => Angle::TURN / 2 - below,
        (true, true) => Angle::TURN / 2 + below,
        (false, true) => -below,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_direction_is_accurate_to_one_step() {
        let from = Position::at_units(2000, 2000);
        for steps in 0..Angle::TURN {
            let angle = Angle::new(steps);
            let bearing = bearing(from, Position { x: from.x + angle.cos() * 4, y: from.y + angle.sin() * 4 });
            assert!(bearing.steps_to(angle).abs() <= 1, "{steps} became {}", bearing.steps());
        }
    }

    #[test]
    fn the_axes_are_exact() {
        let bearings = [(1, 0), (0, 1), (-1, 0), (0, -1), (0, 0)]
            .map(|(x, y)| bearing(Position::default(), Position::at_units(x, y)).steps());
        assert_eq!(bearings, [0, 256, 512, 768, 0]);
    }
}
