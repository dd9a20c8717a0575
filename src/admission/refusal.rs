//! Reasons for refusing connections and requests, and their counters.

use std::sync::atomic::{AtomicU64, Ordering};

use tickcast_protocol::CloseReason;

/// Defines all refusals in one table, so that `ALL` and every method cover every refusal.
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
    /// The TLS handshake failed or took too long. The client gets no response.
    TlsHandshake = 400, None, "tls_handshake", "the TLS handshake failed";
    /// The server has reached its limit of connections.
    ServerFull = 503, Some(10), "server_full", "the server has reached its limit of connections";
    /// The client's address has reached its limit of connections.
    AddressFull = 429, Some(10), "address_full", "too many connections from your address";
    /// The client opens connections too often.
    ConnectRate = 429, Some(5), "connect_rate", "too many new connections from your address";
    /// The client sends requests too often.
    RequestRate = 429, Some(5), "request_rate", "too many requests from your address";
    /// The client joins or creates rooms too often.
    JoinRate = 429, Some(2), "join_rate", "too many joins from your address; try again in a moment";
    /// The client sends WebSocket messages too often.
    MessageRate = 429, Some(5), "message_rate", "too many messages from your address";
    /// The client sends Pings too often.
    PingRate = 429, Some(5), "ping_rate", "too many pings from your address";
    /// The client sends too many bytes in WebSocket messages.
    ByteRate = 429, Some(5), "byte_rate", "too many bytes from your address";
    /// The client seeks too often in replays. This reason is never sent to a client: instead of refusing seeks, the server
    /// carries out only the newest one.
    SeekRate = 429, Some(1), "seek_rate", "too many seeks from your address";
    /// The client requests descriptions or lists of matches too often.
    MatchQueryRate = 429, Some(1), "match_query_rate", "too many requests for replays from your address";
    /// The client has reached its limit of replays.
    ClientReplays = 429, Some(30), "client_replays", "too many replays are watched from your address";
    /// The client has reached its limit of seats.
    ClientSeats = 429, Some(30), "client_seats", "too many players from your address";
    /// The client has reached its limit of rooms.
    ClientRooms = 429, Some(30), "client_rooms", "too many rooms were created from your address";
    /// The client's rooms have reached their limit of cost.
    ClientRoomCost = 429, Some(30), "client_room_cost", "the rooms created from your address need too much computing time";
    /// The client has reached its limit of event streams.
    ClientEventStreams = 429, Some(10), "client_event_streams", "too many event streams from your address";
    /// The server has reached its limit of event streams.
    EventStreamsFull = 503, Some(10), "event_streams_full", "too many subscribers";
    /// A trusted proxy has sent no valid PROXY protocol header. The connection is closed without a response.
    InvalidProxyHeader = 400, None, "invalid_proxy_header", "the PROXY protocol header is invalid";
    /// The page's origin is not allowed.
    OriginNotAllowed = 403, None, "origin_not_allowed",
        "this page's origin is not allowed; the server's operator can allow it with --allow-origin";
    /// The page's host name resolves to this server, but is not one of the server's known names. This may be DNS rebinding.
    HostNotAllowed = 403, None, "host_not_allowed",
        "this host name is not known to the server; its operator can make it known with --allow-host";
    /// The client did not offer the WebSocket subprotocol.
    SubprotocolMissing = 400, None, "subprotocol_missing", "offer the WebSocket subprotocol";
    /// The room name is invalid.
    InvalidRoomName = 400, None, "invalid_room_name", "room";
    /// The head of the request is too large.
    HeadTooLarge = 431, None, "head_too_large", "the head of the request is too large";
    /// A request of the HTTP fallback names no session of this server.
    UnknownSession = 404, None, "unknown_session", "there is no such session";
    /// A session of the HTTP fallback has too many requests at a time.
    SessionRequests = 429, Some(1), "session_requests", "too many requests of this session at a time";
    /// The server is shutting down.
    ShuttingDown = 503, Some(10), "shutting_down", "the server is shutting down";
    /// An operator has banned the client's address, or the user that the ticket names.
    Banned = 403, None, "banned", "banned by an operator";
    /// A request to create a room has no valid ticket.
    Unauthorized = 401, None, "unauthorized", "a valid ticket is required";
    /// A request to lock or unlock a room does not contain the room's manage key, or there is no such room.
    ManageUnauthorized = 401, None, "manage_unauthorized", "the manage key of the room is required";
    /// A request for a profile has neither the secret of a profile nor a valid ticket.
    ProfileUnauthorized = 401, None, "profile_unauthorized", "the secret of a profile is required";
    /// Too many requests for profiles and leaderboards wait for the store.
    QueriesFull = 503, Some(2), "queries_full", "too many requests for profiles at present";
    /// Clients cannot create rooms through the room API of this server.
    RoomApiOff = 403, None, "room_api_off", "this server does not create rooms on request";
    /// The server accepts no more rooms: it has reached its limit, or is overloaded.
    RoomLimit = 503, Some(10), "room_limit", "the server accepts no more rooms at present";
}

impl Refusal {
    /// The close reason that explains the refusal to a script in a browser. Such a script cannot read the HTTP status of a
    /// failed upgrade to WebSocket, so the server completes the upgrade and then sends the close reason. `None` if there is
    /// no close reason for this refusal: the upgrade then fails with an HTTP status.
    #[must_use]
    pub const fn close_reason(self) -> Option<CloseReason> {
        match self {
            Self::ServerFull => Some(CloseReason::ServerFull),
            Self::AddressFull | Self::ConnectRate | Self::RequestRate => Some(CloseReason::TooManyConnections),
            Self::JoinRate => Some(CloseReason::TooManyJoins),
            Self::MessageRate | Self::PingRate | Self::ByteRate | Self::SeekRate => Some(CloseReason::TooMuchTraffic),
            Self::Banned => Some(CloseReason::Banned),
            Self::ClientSeats | Self::ClientReplays => Some(CloseReason::TooManyPlayers),
            Self::ClientRooms | Self::ClientRoomCost => Some(CloseReason::TooManyRooms),
            _ => None,
        }
    }
}

/// Counters of refusals, by reason.
#[derive(Debug)]
pub struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Default for Refusals {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Refusal::ALL.len()])
    }
}

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
