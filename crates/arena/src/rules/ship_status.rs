//! Whether players have ships.

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::Position;

/// Whether a player has a ship. Points in time are numbers of ticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ShipStatus {
    /// The ship is among the entities.
    Alive {
        /// Tick in which the ship was last damaged.
        damaged_at: Option<u64>,
    },
    /// The ship spawns at the end of tick `until`.
    Respawning {
        until: u64,
        /// Centre of the player's view until the ship spawns.
        focus: Position,
    },
}

impl ShipStatus {
    /// Records damage to the ship.
    pub(super) const fn handle_damage(&mut self, now: u64) {
        if let Self::Alive { damaged_at } = self {
            *damaged_at = Some(now);
        }
    }

    /// Whether there is a ship that was damaged less than `ticks` ago.
    pub(super) fn was_damaged_within(&self, ticks: u32, now: u64) -> bool {
        matches!(self, Self::Alive { damaged_at: Some(at) } if now - at < ticks.into())
    }

    /// Whether the next ship is due to spawn.
    pub(super) fn is_due(&self, now: u64) -> bool {
        matches!(self, Self::Respawning { until, .. } if *until <= now)
    }
}
