//! Why somebody is not let in, and how often that was.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a connection or a request is refused before there is a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The server has as many connections as it takes.
    Crowded,
    /// That address has as many connections as it may.
    AddressCrowded,
    /// Too many joins were asked for from that address.
    JoinsTooOften,
    /// The page is not one that may connect.
    ForeignOrigin,
    /// The WebSocket subprotocol was not offered.
    Subprotocol,
    /// The room's name is none.
    BadRoom,
    /// The server is about to stop.
    Draining,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Crowded,
        Self::AddressCrowded,
        Self::JoinsTooOften,
        Self::ForeignOrigin,
        Self::Subprotocol,
        Self::BadRoom,
        Self::Draining,
    ];

    /// The HTTP status that says so.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Crowded | Self::Draining => 503,
            Self::AddressCrowded | Self::JoinsTooOften => 429,
            Self::ForeignOrigin => 403,
            Self::Subprotocol | Self::BadRoom => 400,
        }
    }

    /// After how many seconds it may be worth another try.
    #[must_use]
    pub const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::Crowded | Self::AddressCrowded | Self::Draining => Some(10),
            Self::JoinsTooOften => Some(1),
            Self::ForeignOrigin | Self::Subprotocol | Self::BadRoom => None,
        }
    }

    /// It in words, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Crowded => "the server has as many connections as it takes",
            Self::AddressCrowded => "there are too many connections from your address",
            Self::JoinsTooOften => "too many have come from your address just now",
            Self::ForeignOrigin => "this page may not connect here",
            Self::Subprotocol => "offer the WebSocket subprotocol",
            Self::BadRoom => "room",
            Self::Draining => "the server is about to stop",
        }
    }

    /// One word for it, for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Crowded => "crowded",
            Self::AddressCrowded => "address_crowded",
            Self::JoinsTooOften => "joins_too_often",
            Self::ForeignOrigin => "foreign_origin",
            Self::Subprotocol => "subprotocol",
            Self::BadRoom => "bad_room",
            Self::Draining => "draining",
        }
    }
}

/// How often what was refused.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusals {
    /// Counts one.
    pub fn count(&self, refusal: Refusal) {
        self.0[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often each was.
    pub fn counts(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().zip(&self.0).map(|(refusal, count)| (refusal, count.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_by_itself() {
        let refusals = Refusals::default();
        Refusal::ALL.into_iter().zip(1..).for_each(|(refusal, times)| (0..times).for_each(|_| refusals.count(refusal)));
        let counts: Vec<_> = refusals.counts().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7]);
    }
}
