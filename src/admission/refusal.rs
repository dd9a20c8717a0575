//! Why connections and requests are refused, and counters of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a connection or a request is refused before there is a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The server has reached its limit of connections.
    ServerFull,
    /// The client's address has reached its limit of connections.
    AddressFull,
    /// The client's address has exceeded its rate of joins.
    JoinRate,
    /// The page's origin is not allowed.
    OriginNotAllowed,
    /// The WebSocket subprotocol was not offered.
    SubprotocolMissing,
    /// The room name is invalid.
    InvalidRoomName,
    /// The server is shutting down.
    ShuttingDown,
}

impl Refusal {
    /// All refusals, in the order of their discriminants.
    pub const ALL: [Self; 7] = [
        Self::ServerFull,
        Self::AddressFull,
        Self::JoinRate,
        Self::OriginNotAllowed,
        Self::SubprotocolMissing,
        Self::InvalidRoomName,
        Self::ShuttingDown,
    ];

    /// The HTTP status of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::ServerFull | Self::ShuttingDown => 503,
            Self::AddressFull | Self::JoinRate => 429,
            Self::OriginNotAllowed => 403,
            Self::SubprotocolMissing | Self::InvalidRoomName => 400,
        }
    }

    /// The `Retry-After` header of the response, in seconds.
    #[must_use]
    pub const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::ServerFull | Self::AddressFull | Self::ShuttingDown => Some(10),
            Self::JoinRate => Some(1),
            Self::OriginNotAllowed | Self::SubprotocolMissing | Self::InvalidRoomName => None,
        }
    }

    /// The reason in words, for the body of the response.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ServerFull => "the server has reached its limit of connections",
            Self::AddressFull => "too many connections from your address",
            Self::JoinRate => "too many joins from your address; try again in a moment",
            Self::OriginNotAllowed => "this page's origin is not allowed",
            Self::SubprotocolMissing => "offer the WebSocket subprotocol",
            Self::InvalidRoomName => "room",
            Self::ShuttingDown => "the server is shutting down",
        }
    }

    /// The value of the `reason` label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ServerFull => "server_full",
            Self::AddressFull => "address_full",
            Self::JoinRate => "join_rate",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::SubprotocolMissing => "subprotocol_missing",
            Self::InvalidRoomName => "invalid_room_name",
            Self::ShuttingDown => "shutting_down",
        }
    }
}

/// Counters of refusals, by reason.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusals {
    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        self.0[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// All reasons with their counts.
    pub fn counts(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().zip(&self.0).map(|(refusal, count)| (refusal, count.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_counter() {
        let refusals = Refusals::default();
        Refusal::ALL.into_iter().zip(1..).for_each(|(refusal, times)| (0..times).for_each(|_| refusals.count(refusal)));
        let counts: Vec<_> = refusals.counts().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7]);
    }
}
