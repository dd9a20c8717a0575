//! Teams of a room.

use serde::{Deserialize, Serialize};

/// A team of a room, below the room's number of teams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Team(pub u8);

impl Team {
    /// Maximum number of teams in a room.
    pub const COUNT_MAX: u16 = 16;
}
