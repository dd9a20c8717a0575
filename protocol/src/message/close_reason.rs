//! Reasons for closing a connection, with their WebSocket close codes and metric labels.

/// Reason for closing a connection: code and text of the WebSocket close frame (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client closed the connection.
    Left,
    /// A frame violates RFC 6455.
    ProtocolError,
    /// A message is not a single binary frame.
    UnsupportedData,
    /// A message exceeds the size limit.
    MessageTooBig,
    /// The rules of the room's game panicked. Another room is available at once.
    RoomFailed,
    /// The server is shutting down or restarting; reconnect later.
    ServerShutdown,
    /// The client sent no Hello within the time limit.
    HelloTimeout,
    /// Client and server were built from different protocol versions or games.
    VersionMismatch,
    /// A message could not be decoded or is not allowed in this state.
    InvalidMessage,
    /// All seats of the room are taken.
    RoomFull,
    /// The room has closed.
    RoomClosed,
    /// The client sent no message within the time limit.
    IdleTimeout,
    /// The client exceeded its message rate.
    RateLimited,
    /// The server accepts no more players or rooms at present.
    Overloaded,
    /// Another connection resumed the seat with its token.
    SessionReplaced,
    /// The server requires a ticket, and the client has sent no valid one.
    Unauthorized,
    /// The client reads more slowly than the server sends.
    SlowConsumer,
}

impl CloseReason {
    /// All reasons, in the order of their discriminants.
    pub const ALL: [Self; 17] = [
        Self::Left,
        Self::ProtocolError,
        Self::UnsupportedData,
        Self::MessageTooBig,
        Self::RoomFailed,
        Self::ServerShutdown,
        Self::HelloTimeout,
        Self::VersionMismatch,
        Self::InvalidMessage,
        Self::RoomFull,
        Self::RoomClosed,
        Self::IdleTimeout,
        Self::RateLimited,
        Self::Overloaded,
        Self::SessionReplaced,
        Self::Unauthorized,
        Self::SlowConsumer,
    ];

    /// The close code: a registered one where it fits, otherwise one of the private range from 4000.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::ProtocolError => 1002,
            Self::UnsupportedData => 1003,
            Self::MessageTooBig => 1009,
            Self::RoomFailed => 1011,
            Self::ServerShutdown => 1012,
            Self::HelloTimeout => 4000,
            Self::VersionMismatch => 4001,
            Self::InvalidMessage => 4002,
            Self::RoomFull => 4003,
            Self::RoomClosed => 4004,
            Self::IdleTimeout => 4005,
            Self::RateLimited => 4006,
            Self::Overloaded => 4007,
            Self::SessionReplaced => 4008,
            Self::Unauthorized => 4009,
            Self::SlowConsumer => 4010,
        }
    }

    /// The value of the `reason` label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::ProtocolError => "protocol_error",
            Self::UnsupportedData => "unsupported_data",
            Self::MessageTooBig => "message_too_big",
            Self::RoomFailed => "room_failed",
            Self::ServerShutdown => "server_shutdown",
            Self::HelloTimeout => "hello_timeout",
            Self::VersionMismatch => "version_mismatch",
            Self::InvalidMessage => "invalid_message",
            Self::RoomFull => "room_full",
            Self::RoomClosed => "room_closed",
            Self::IdleTimeout => "idle_timeout",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::SessionReplaced => "session_replaced",
            Self::Unauthorized => "unauthorized",
            Self::SlowConsumer => "slow_consumer",
        }
    }

    /// The text of the close frame, at most 123 bytes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Left => "the client left",
            Self::ProtocolError => "WebSocket protocol error",
            Self::UnsupportedData => "only binary messages are accepted",
            Self::MessageTooBig => "message too big",
            Self::RoomFailed => "the room has failed",
            Self::ServerShutdown => "the server is shutting down",
            Self::HelloTimeout => "no Hello within the time limit",
            Self::VersionMismatch => "client and server versions differ",
            Self::InvalidMessage => "invalid message",
            Self::RoomFull => "the room is full",
            Self::RoomClosed => "the room has closed",
            Self::IdleTimeout => "no message within the time limit",
            Self::RateLimited => "message rate limit exceeded",
            Self::Overloaded => "the server is overloaded",
            Self::SessionReplaced => "another connection resumed this seat",
            Self::Unauthorized => "a valid ticket is required",
            Self::SlowConsumer => "the client does not read fast enough",
        }
    }

    /// The reason with this close code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_identifies_one_reason_whose_text_fits_a_control_frame() {
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
            assert!(reason.text().len() <= 123, "a close frame holds 123 bytes of reason");
        }
        assert_eq!(CloseReason::from_code(1006), None);
    }

    #[test]
    fn discriminants_follow_the_order_of_all() {
        assert!(CloseReason::ALL.into_iter().enumerate().all(|(index, reason)| reason as usize == index));
    }
}
