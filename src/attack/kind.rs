//! What an attacker does.

use clap::ValueEnum;
use serde::Serialize;

/// What an attacker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Join, and send valid inputs much faster than anybody may
    Flood,
    /// Send random bytes in frames of all shapes
    Garbage,
    /// Join, begin a frame, and never end it
    HalfFrames,
    /// Ask for the upgrade letter by letter
    SlowHandshake,
    /// Join to watch everything, acknowledge it, and read nothing
    NeverRead,
    /// Declare a frame of a gigabyte, and begin to send it
    HugeLengths,
    /// Join and leave, again and again
    Churn,
    /// Join to watch everything, and ask for it anew all the time
    Resets,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Flood,
        Self::Garbage,
        Self::HalfFrames,
        Self::SlowHandshake,
        Self::NeverRead,
        Self::HugeLengths,
        Self::Churn,
        Self::Resets,
    ];

    /// Whether it takes what the server sends.
    pub(super) const fn reads(self) -> bool {
        !matches!(self, Self::NeverRead)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().expect("no kind is hidden").get_name())
    }
}
