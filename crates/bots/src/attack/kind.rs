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
    /// Join with the longest possible name and leave, continuously
    Churn,
    /// Join as a spectator, and request full snapshots continuously
    #[value(name = "resets")]
    #[serde(rename = "resets")]
    Resyncs,
    /// Join as a spectator, and send Ping messages and WebSocket pings within the rate limit
    Pings,
    /// Join, and resize the window within the rate limit
    Viewports,
    /// Join as a spectator with the largest viewport, and acknowledge the snapshots
    Spectators,
    /// Request page files and the list of rooms, on persistent and on new connections
    Gets,
    /// Send HTTP requests that violate the syntax, and bodies that consist of newlines
    MalformedHttp,
    /// Subscribe to the list of rooms, and stay idle
    EventStreams,
    /// Join, and reset the connection without acknowledging the Welcome, continuously
    LostSeats,
    /// Create rooms that are expensive to simulate, continuously
    Rooms,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Flood,
        Self::Garbage,
        Self::HalfFrames,
        Self::SlowHandshake,
        Self::NeverRead,
        Self::HugeLengths,
        Self::Churn,
        Self::Resyncs,
        Self::Pings,
        Self::Viewports,
        Self::Spectators,
        Self::Gets,
        Self::MalformedHttp,
        Self::EventStreams,
        Self::LostSeats,
        Self::Rooms,
    ];

    /// Whether clients of this kind read what the server sends.
    pub(super) const fn reads(self) -> bool {
        !matches!(self, Self::NeverRead)
    }

    /// Whether clients of this kind send HTTP requests only, without an upgrade to WebSocket.
    pub(super) const fn is_http(self) -> bool {
        matches!(self, Self::Gets | Self::MalformedHttp | Self::EventStreams | Self::Rooms)
    }

    /// Whether clients of this kind connect again as soon as a connection has ended.
    pub(super) const fn reconnects_at_once(self) -> bool {
        matches!(self, Self::Churn | Self::LostSeats | Self::Gets | Self::MalformedHttp)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().expect("no kind is hidden on the command line").get_name())
    }
}
