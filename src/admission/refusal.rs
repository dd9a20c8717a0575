//! Reasons for refusing connections and requests, and their counters.

use std::sync::atomic::{AtomicU64, Ordering};

/// Defines the refusals in one table, so that `ALL` and every method cover each of them.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $retry_after_s:expr, $label:literal, $text:literal;)*) => {
        /// Reason for refusing a connection or a request before a session exists.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
        }

        impl Refusal {
            /// All refusals, in the order of their discriminants.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The HTTP status of the response.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }

            /// The value of the response's `Retry-After` header in seconds, or `None` for no header.
            #[must_use]
            pub const fn retry_after_s(self) -> Option<u32> {
                match self {
                    $(Self::$name => $retry_after_s,)*
                }
            }

            /// The value of the `reason` label in metrics.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)*
                }
            }

            /// The reason in words, for the body of the response.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

refusals! {
    /// The server has reached its limit of connections.
    ServerFull = 503, Some(10), "server_full", "the server has reached its limit of connections";
    /// The client's address has reached its limit of connections.
    AddressFull = 429, Some(10), "address_full", "too many connections from your address";
    /// The client's address has exceeded its rate of joins.
    JoinRate = 429, Some(1), "join_rate", "too many joins from your address; try again in a moment";
    /// The page's origin is not allowed.
    OriginNotAllowed = 403, None, "origin_not_allowed",
        "this page's origin is not allowed; the server's operator can allow it with --allow-origin";
    /// The page was loaded from the server, but under a name that is not known to be the server's.
    HostNotAllowed = 403, None, "host_not_allowed",
        "this host name is not known to the server; its operator can make it known with --allow-host";
    /// The WebSocket subprotocol was not offered.
    SubprotocolMissing = 400, None, "subprotocol_missing", "offer the WebSocket subprotocol";
    /// The room name is invalid.
    InvalidRoomName = 400, None, "invalid_room_name", "room";
    /// The head of the request is too large.
    HeadTooLarge = 431, None, "head_too_large", "the head of the request is too large";
    /// The server is shutting down.
    ShuttingDown = 503, Some(10), "shutting_down", "the server is shutting down";
    /// A request to create a room has no valid ticket.
    Unauthorized = 401, None, "unauthorized", "a valid ticket is required";
    /// The server accepts no more rooms: it has reached its limit, or is overloaded.
    RoomLimit = 503, Some(10), "room_limit", "the server accepts no more rooms at present";
}

/// Counters of refusals, by reason.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusals {
    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        self.0[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// All reasons and how often each was counted.
    pub fn counts(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.iter().zip(&self.0).map(|(refusal, count)| (*refusal, count.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_counter() {
        let refusals = Refusals::default();
        for (refusal, times) in Refusal::ALL.iter().zip(1..) {
            (0..times).for_each(|_| refusals.count(*refusal));
        }
        let counts: Vec<_> = refusals.counts().map(|(_, count)| count).collect();
        assert!(counts.into_iter().eq(1..=Refusal::ALL.len() as u64));
    }
}
