//! Test fixture: an empty world with two player ids.

use tickcast_game::Simulation;
use tickcast_game::protocol::PlayerId;

use super::Options;
use crate::World;

pub(super) const PLAYER: PlayerId = PlayerId(3);
pub(super) const RIVAL: PlayerId = PlayerId(5);

/// A world without entities. Its side is 1024 world units, its tick rate 30 per second.
pub(super) fn empty_world() -> World {
    empty_world_at(30)
}

/// As [`empty_world`], with this tick rate.
pub(super) fn empty_world_at(tick_rate: u16) -> World {
    World::new(&Options { world_size: 1024, rocks: 0, orbs: 0, round_s: 0 }, tick_rate, 1)
}
