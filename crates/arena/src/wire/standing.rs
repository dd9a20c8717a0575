//! Score and statistics of a player.

use serde::{Deserialize, Serialize};

/// Score and statistics of a player. All counters saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Points. The leaderboard ranks players by them.
    pub score: u32,
    /// Number of ships destroyed.
    pub kills: u16,
    /// Number of ships lost.
    pub deaths: u16,
    /// Number of ships destroyed since the player last lost a ship. The higher it is, the more orbs the ship leaves when it is
    /// destroyed.
    pub streak: u16,
}

impl Standing {
    /// Points for destroying a ship.
    const KILL_SCORE: u32 = 100;
    /// Points for collecting an orb.
    const ORB_SCORE: u32 = 5;

    /// Counts a ship that the player destroyed, and adds the points for it.
    pub const fn add_kill(&mut self) {
        self.kills = self.kills.saturating_add(1);
        self.streak = self.streak.saturating_add(1);
        self.score = self.score.saturating_add(Self::KILL_SCORE);
    }

    /// Adds the points for an orb that the player collected.
    pub const fn add_orb(&mut self) {
        self.score = self.score.saturating_add(Self::ORB_SCORE);
    }

    /// Counts a ship that the player lost, and ends the streak.
    pub const fn add_death(&mut self) {
        self.deaths = self.deaths.saturating_add(1);
        self.streak = 0;
    }
}
