//! Extrapolation of straight courses.

use tickcast_game::protocol::{Position, Velocity};

/// Factor that converts [`Velocity`] components to [`Position`] steps per second.
pub(super) const POSITION_PER_VELOCITY: i32 = Position::UNIT / Velocity::UNIT;
/// How far ahead collisions are predicted.
const COLLISION_MS_MAX: i64 = 1_200;

/// The position after `ms` milliseconds at constant velocity.
pub(super) fn drifted(position: Position, velocity: Velocity, ms: i64) -> Position {
    let along = |coordinate: i32, speed: i32| coordinate + (i64::from(speed * POSITION_PER_VELOCITY) * ms / 1000) as i32;
    Position { x: along(position.x, velocity.x), y: along(position.y, velocity.y) }
}

/// The time in milliseconds until a body moving from `from` is closest to `obstacle`, but at most [`COLLISION_MS_MAX`].
/// `velocity` is relative to the obstacle. Returns `None` if the body moves away from the obstacle, or if the distance between
/// them exceeds `distance` at that time.
pub(super) fn time_to_collision_ms(from: Position, velocity: Velocity, obstacle: Position, distance: i32) -> Option<i64> {
    let (x, y) = (i64::from(obstacle.x - from.x), i64::from(obstacle.y - from.y));
    let (vx, vy) = (i64::from(velocity.x * POSITION_PER_VELOCITY), i64::from(velocity.y * POSITION_PER_VELOCITY));
    let (approach, squared_speed) = (x * vx + y * vy, vx * vx + vy * vy);
    if approach <= 0 {
        return None;
    }
    let time = (approach * 1000 / squared_speed).min(COLLISION_MS_MAX);
    drifted(from, velocity, time).is_within(obstacle, distance).then_some(time)
}
