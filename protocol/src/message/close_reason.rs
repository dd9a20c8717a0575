//! Reasons for closing a connection.

use core::time::Duration;

/// Generates the enum, its list of all variants and its functions from one table, so that none of them can miss a reason.
macro_rules! close_reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $label:literal, $text:literal;)*) => {
        /// Reason for closing a connection: code and reason of the WebSocket close frame (RFC 6455, section 7.4).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CloseReason {
            $($(#[$doc])* $name,)*
        }

        impl CloseReason {
            /// All reasons, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The close code. Taken from RFC 6455 or the IANA registry if a suitable code exists, otherwise from the range for
            /// private use.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The value of the `reason` label in metrics.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)*
                }
            }

            /// The reason in words, as sent in the close frame.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

close_reasons! {
    /// The client closed the connection.
    Left = 1000, "left", "the client left";
    /// A frame violates RFC 6455.
    ProtocolError = 1002, "protocol_error", "WebSocket protocol error";
    /// The client sent a text message or a fragmented message. Only binary messages in one frame are accepted.
    UnsupportedData = 1003, "unsupported_data", "only binary messages are accepted";
    /// A message exceeds the size limit.
    MessageTooBig = 1009, "message_too_big", "message too big";
    /// The code of the room's game panicked. The client may reconnect at once: the server creates a new room of this name.
    RoomFailed = 1011, "room_failed", "the room has failed";
    /// The server is shutting down or restarting; reconnect later.
    ServerShutdown = 1012, "server_shutdown", "the server is shutting down";
    /// The client sent no Hello within the time limit.
    HelloTimeout = 4000, "hello_timeout", "no Hello within the time limit";
    /// Client and server were built from different protocol versions or games.
    VersionMismatch = 4001, "version_mismatch", "client and server versions differ";
    /// A message could not be decoded or is not allowed in this state.
    InvalidMessage = 4002, "invalid_message", "invalid message";
    /// All seats of the room, or all places for spectators, are taken.
    RoomFull = 4003, "room_full", "the room is full";
    /// The room has closed.
    RoomClosed = 4004, "room_closed", "the room has closed";
    /// The client sent no message within the time limit.
    IdleTimeout = 4005, "idle_timeout", "no message within the time limit";
    /// The client exceeded its message rate.
    RateLimited = 4006, "rate_limited", "message rate limit exceeded";
    /// The server accepts no more players or rooms at present.
    Overloaded = 4007, "overloaded", "the server is overloaded";
    /// Another connection presented the seat's resume token and took over the seat.
    SessionReplaced = 4008, "session_replaced", "another connection resumed this seat";
    /// The server requires a ticket, and the client has sent no valid one.
    Unauthorized = 4009, "unauthorized", "a valid ticket is required";
    /// The client reads more slowly than the server sends, or has left snapshots unacknowledged for too long.
    SlowConsumer = 4010, "slow_consumer", "the client does not read fast enough";
    /// The server has reached its limit of connections.
    ServerFull = 4011, "server_full", "the server is full; try again in 10 s";
    /// The client, identified by its IP address or address prefix, has too many connections, opens connections too often,
    /// or sends HTTP requests too often.
    TooManyConnections = 4012, "too_many_connections", "too many connections from your network; try again in 10 s";
    /// The client joins too often.
    TooManyJoins = 4013, "too_many_joins", "too many players join from your network; try again in 2 s";
    /// The client sends too many messages, pings or bytes over all its connections.
    TooMuchTraffic = 4014, "too_much_traffic", "too much traffic from your network; try again in 5 s";
    /// The client has too many seats.
    TooManyPlayers = 4015, "too_many_players", "too many players from your network; try again in 30 s";
    /// The client has created too many rooms.
    TooManyRooms = 4016, "too_many_rooms", "too many rooms from your network; join one, or try again in 30 s";
    /// The room admits no new clients.
    RoomLocked = 4017, "room_locked", "the room is locked";
    /// The team that the player wants to join is full, or the room has no such team.
    TeamUnavailable = 4018, "team_unavailable", "the team is full or does not exist";
    /// An operator has removed the client from the room, or has closed the room.
    Removed = 4019, "removed", "an operator removed you from the room";
    /// An operator has banned the client's address or user.
    Banned = 4020, "banned", "an operator has banned you";
}

impl CloseReason {
    /// The reason with this close code, if there is one.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// Minimum time that a client waits before it reconnects by itself; `None` if it must not reconnect by itself.
    #[must_use]
    pub const fn reconnect_after(self) -> Option<Duration> {
        match self {
            Self::RoomFailed
            | Self::ServerShutdown
            | Self::HelloTimeout
            | Self::RoomClosed
            | Self::IdleTimeout
            | Self::SlowConsumer => Some(Duration::ZERO),
            Self::Overloaded | Self::TooManyJoins => Some(Duration::from_secs(2)),
            Self::TooMuchTraffic => Some(Duration::from_secs(5)),
            Self::ServerFull | Self::TooManyConnections => Some(Duration::from_secs(10)),
            Self::TooManyPlayers | Self::TooManyRooms => Some(Duration::from_secs(30)),
            Self::Left
            | Self::ProtocolError
            | Self::UnsupportedData
            | Self::MessageTooBig
            | Self::VersionMismatch
            | Self::InvalidMessage
            | Self::RoomFull
            | Self::RateLimited
            | Self::SessionReplaced
            | Self::Unauthorized
            | Self::RoomLocked
            | Self::TeamUnavailable
            | Self::Removed
            | Self::Banned => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_identifies_one_reason_whose_text_fits_a_control_frame() {
        for &reason in CloseReason::ALL {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
            assert!(reason.text().len() <= 123, "a close frame holds 123 bytes of reason");
        }
        assert_eq!(CloseReason::from_code(1006), None);
    }

    #[test]
    fn the_text_names_the_delay() {
        for &reason in CloseReason::ALL {
            let named = reason.text().split_once("try again in ").and_then(|(_, rest)| rest.strip_suffix(" s"));
            let named = named.map(|seconds| Duration::from_secs(seconds.parse().expect("a number")));
            if let Some(named) = named {
                assert_eq!(reason.reconnect_after(), Some(named), "{reason:?}");
            }
        }
    }
}
