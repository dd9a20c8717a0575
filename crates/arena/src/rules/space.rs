//! Geometry of a step: bearings, broad-phase search, swept collision tests and collision response.
//!
//! Uses positions, velocities and sizes only, and is independent of players and scores.

mod bearing;
mod bullet_path;
mod collision;
mod obstacles;
mod spatial_grid;

pub(super) use bearing::bearing;
pub(super) use bullet_path::BulletPath;
pub(super) use collision::{collide, rebound};
pub(super) use obstacles::{Obstacles, PreviousPositions};
pub(super) use spatial_grid::SpatialGrid;
