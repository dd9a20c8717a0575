//! Kinds of hostile clients. Depends on no other part of this crate.

use clap::ValueEnum;
use serde::Serialize;

/// Kind of a hostile client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Join, and send valid inputs far above the rate limit
    Flood,
    /// Send random bytes in valid and invalid frames
    Garbage,
    /// Join, send part of a frame, and stop
    HalfFrames,
    /// Send the upgrade request byte by byte
    SlowHandshake,
    /// Join as a spectator, send acknowledgements, and read nothing
    NeverRead,
    /// Announce a frame of one gigabyte, and send part of it
    HugeLengths,
    /// Join and leave continuously
    Churn,
    /// Join as a spectator, and request full snapshots continuously
    #[value(name = "resets")]
    #[serde(rename = "resets")]
    Resyncs,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Flood,
        Self::Garbage,
        Self::HalfFrames,
        Self::SlowHandshake,
        Self::NeverRead,
        Self::HugeLengths,
        Self::Churn,
        Self::Resyncs,
    ];

    /// Whether clients of this kind read what the server sends.
    pub(super) const fn reads(self) -> bool {
        !matches!(self, Self::NeverRead)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().expect("no kind is hidden on the command line").get_name())
    }
}
