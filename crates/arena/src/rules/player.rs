//! Players of an arena.

use crate::wire::{Controls, Standing};
use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{Position, Tick};

/// The part of a player's state that does not belong to the ship. It is kept when the ship is destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Player {
    pub(super) standing: Standing,
    pub(super) status: ShipStatus,
}

/// Whether a player has a ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ShipStatus {
    /// The ship is among the entities.
    Alive {
        /// Tick in which the ship was last damaged.
        damaged_at: Option<Tick>,
    },
    /// The ship spawns at the end of tick `until`.
    Respawning {
        until: Tick,
        /// Centre of the player's view until the ship spawns.
        focus: Position,
        /// Controls that the player holds. The ship spawns with these controls.
        controls: Controls,
    },
}

impl Player {
    /// A new player, whose ship spawns at the end of tick `until`.
    pub(super) fn respawning(until: Tick, focus: Position) -> Self {
        let status = ShipStatus::Respawning { until, focus, controls: Controls::default() };
        Self { standing: Standing::default(), status }
    }

    /// Records damage to the player's ship.
    pub(super) fn handle_damage(&mut self, now: Tick) {
        if let ShipStatus::Alive { damaged_at } = &mut self.status {
            *damaged_at = Some(now);
        }
    }

    /// Whether the player has a ship that was damaged less than `ticks` ago.
    pub(super) fn was_damaged_within(&self, ticks: i32, now: Tick) -> bool {
        matches!(self.status, ShipStatus::Alive { damaged_at: Some(at) } if (0..ticks).contains(&now.since(at)))
    }

    /// Stores the controls of a player without a ship.
    pub(super) fn hold(&mut self, held: Controls) {
        if let ShipStatus::Respawning { controls, .. } = &mut self.status {
            *controls = held;
        }
    }

    /// If the player's next ship is due to spawn, returns the controls for this ship, otherwise returns `None`.
    pub(super) fn due(&self, now: Tick) -> Option<Controls> {
        match self.status {
            ShipStatus::Respawning { until, controls, .. } if !until.is_newer_than(now) => Some(controls),
            _ => None,
        }
    }
}
