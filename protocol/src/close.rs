//! Why a connection ends.

/// Why the server closed a connection: the code and the reason of the WebSocket close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The client left, and the server agrees.
    Left,
    /// A frame broke RFC 6455.
    BadFrame,
    /// The frame was neither binary nor a control frame.
    NotBinary,
    /// The message was longer than the server takes.
    TooLong,
    /// The room came to an end by a fault of its game; a new one can be had at once.
    RoomFailed,
    /// The server is shutting down or starting again; come back later.
    ServerStopping,
    /// The first message did not come in time.
    HelloTimeout,
    /// Client and server were built from different protocols or games.
    WrongVersion,
    /// A message could not be decoded, or came when it must not.
    Malformed,
    /// All seats of the room are taken.
    RoomFull,
    /// The room is gone.
    RoomClosed,
    /// Nothing was heard from the client for too long.
    Silent,
    /// The client sent more than it may.
    Flooding,
    /// The server takes no more players or rooms for now.
    Busy,
    /// Another connection took the seat with its resume token.
    TakenOver,
    /// The server asks for a ticket, and there was none or none that is good.
    Unauthorized,
    /// The client did not read what it was sent.
    NotReading,
}

impl CloseReason {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Left,
        Self::BadFrame,
        Self::NotBinary,
        Self::TooLong,
        Self::RoomFailed,
        Self::ServerStopping,
        Self::HelloTimeout,
        Self::WrongVersion,
        Self::Malformed,
        Self::RoomFull,
        Self::RoomClosed,
        Self::Silent,
        Self::Flooding,
        Self::Busy,
        Self::TakenOver,
        Self::Unauthorized,
        Self::NotReading,
    ];

    /// The close code: RFC 6455's where one fits, else one from the range that is free for applications.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::BadFrame => 1002,
            Self::NotBinary => 1003,
            Self::TooLong => 1009,
            Self::RoomFailed => 1011,
            Self::ServerStopping => 1012,
            Self::HelloTimeout => 4000,
            Self::WrongVersion => 4001,
            Self::Malformed => 4002,
            Self::RoomFull => 4003,
            Self::RoomClosed => 4004,
            Self::Silent => 4005,
            Self::Flooding => 4006,
            Self::Busy => 4007,
            Self::TakenOver => 4008,
            Self::Unauthorized => 4009,
            Self::NotReading => 4010,
        }
    }

    /// The reason in words, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Left => "you left",
            Self::BadFrame => "a frame broke the WebSocket protocol",
            Self::NotBinary => "only binary messages are taken",
            Self::TooLong => "a message was too long",
            Self::RoomFailed => "the room has failed",
            Self::ServerStopping => "the server is shutting down",
            Self::HelloTimeout => "the first message did not come in time",
            Self::WrongVersion => "client and server do not speak the same version",
            Self::Malformed => "a message could not be understood",
            Self::RoomFull => "the room is full",
            Self::RoomClosed => "the room has closed",
            Self::Silent => "nothing was heard from you for too long",
            Self::Flooding => "too many messages were sent",
            Self::Busy => "the server takes no more players or rooms for now",
            Self::TakenOver => "another connection took your seat",
            Self::Unauthorized => "a valid ticket is needed",
            Self::NotReading => "you did not read what you were sent",
        }
    }

    /// The reason that belongs to a close code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_names_one_reason_and_fits_a_control_frame() {
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
            assert!(reason.text().len() <= 123, "a close frame holds 123 bytes of reason");
        }
        assert_eq!(CloseReason::from_code(1006), None);
    }
}
