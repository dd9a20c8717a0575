//! Where the rules are tried.

use tickcast_protocol::PlayerId;

use super::{Options, World};
use crate::simulation::Simulation;

/// Somebody.
pub(super) const PLAYER: PlayerId = PlayerId(3);
/// Somebody else.
pub(super) const RIVAL: PlayerId = PlayerId(5);

/// A world of 1024 units and 30 ticks a second, with nothing in it.
pub(super) fn open_space() -> World {
    World::new(&Options { world_size: 1024, rocks: 0, orbs: 0 }, 30, 1)
}
