//! When a room ticks.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// When a room ticks. A property of the game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pace {
    /// The room ticks at its tick rate. All ticks take the same time.
    #[default]
    Steady,
    /// The room ticks when a client has done something, but at most as often as its tick rate permits. Otherwise, it ticks
    /// every [`Pace::IDLE_INTERVAL`]. Ticks take different times, so the kernel must not treat ticks as time. Suitable for
    /// turn-based games: a room in which nothing happens costs hardly any CPU time.
    OnDemand,
}

impl Pace {
    /// Maximum time between two ticks of a room with pace on demand, so that clients detect a lost connection.
    pub const IDLE_INTERVAL: Duration = Duration::from_secs(1);
}
