//! Representation of the world on server and client: the map of entities, the grid for views, and the coasting step.
//!
//! Depends on [`crate::game`] and [`crate::units`], but not on messages or clients.

pub mod entity_map;
pub mod grid;
mod kernel;

pub use entity_map::EntityMap;
pub use grid::{Cell, Grid, ViewRect};
pub use kernel::{coast_all, coast_all_with};
