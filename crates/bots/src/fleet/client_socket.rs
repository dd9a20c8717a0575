//! The socket of a bot, on any transport.

mod http;
mod websocket;

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use mio::event::Event;
use mio::{Registry, Token};
use tickcast_protocol::codec::DecodeError;
use tickcast_protocol::{CloseReason, RoomName};

use crate::endpoint::{Connector, Endpoint};
use crate::options::Transport;
use http::HttpClient;
use websocket::WebSocketClient;

/// The socket of a bot, in any state from connecting to closed.
#[derive(Debug)]
pub(super) enum ClientSocket {
    WebSocket(Box<WebSocketClient>),
    Http(Box<HttpClient>),
}

/// Effect of an event on the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// The event completed the handshake: the connection is open now.
    Completed,
    /// The handshake was complete before, or is not complete yet.
    Unchanged,
}

/// Reason for the end of a connection. The texts appear in the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DisconnectReason {
    /// The first snapshot did not arrive in time.
    #[error("no snapshot within the time limit")]
    JoinTimeout,
    /// The server sent a close frame with this code and reason.
    #[error("{1}")]
    Closed(u16, String),
    /// The server sent a close frame without code and reason.
    #[error("closed without a reason")]
    ClosedWithoutReason,
    /// The server refused the upgrade with this status and text.
    #[error("{0}")]
    Refused(String),
    /// The server sent a text message.
    #[error("the server sent a text message")]
    TextMessage,
    /// The server sent a message that is invalid, or not allowed in the state of the client.
    #[error(transparent)]
    InvalidMessage(#[from] DecodeError),
    /// The server does not read fast enough.
    #[error("the server does not read")]
    SendBufferFull,
    /// The operating system reported an error.
    #[error("{0}")]
    Io(ErrorKind),
    /// The server violated the WebSocket protocol.
    #[error("{0}")]
    WebSocket(String),
    /// The server sent an invalid HTTP response.
    #[error("the server sent an invalid HTTP response")]
    InvalidResponse,
}

impl DisconnectReason {
    /// Whether the client closes the connection because the server does not follow PROTOCOL.md.
    pub(super) const fn is_violation(&self) -> bool {
        matches!(self, Self::TextMessage | Self::InvalidMessage(_))
    }

    /// The reason of a server that has closed the session with this code and text.
    fn closed(code: u16, text: &str) -> Self {
        let text = match CloseReason::from_code(code) {
            // If the versions differ, the server appends the name of its game to the text of the reason.
            Some(reason) if !text.starts_with(reason.text()) => reason.text().to_owned(),
            None if text.is_empty() => format!("closed with code {code}"),
            Some(_) | None => text.to_owned(),
        };
        Self::Closed(code, text)
    }

    /// Minimum time that the bot waits before it reconnects; `None` if it must not reconnect.
    pub(super) fn reconnect_after(&self) -> Option<Duration> {
        match self {
            Self::Closed(code, _) => CloseReason::from_code(*code)?.reconnect_after(),
            Self::TextMessage | Self::InvalidMessage(_) => None,
            Self::JoinTimeout
            | Self::ClosedWithoutReason
            | Self::Refused(_)
            | Self::SendBufferFull
            | Self::Io(_)
            | Self::WebSocket(_)
            | Self::InvalidResponse => Some(Duration::ZERO),
        }
    }
}

impl ClientSocket {
    /// Starts to connect a client that joins `room`. `number` determines its source address. The socket's events are
    /// registered under `token`.
    pub(super) fn start(
        transport: Transport,
        connector: &Connector,
        number: u32,
        (endpoint, room): (&Endpoint, Option<&RoomName>),
        (registry, token): (&Registry, Token),
    ) -> Result<Self, DisconnectReason> {
        Ok(match transport {
            Transport::Websocket => {
                let request = endpoint.request(room);
                Self::WebSocket(Box::new(WebSocketClient::start(connector, number, request, registry, token)?))
            }
            Transport::Http => {
                let registry = registry.try_clone().map_err(|error| DisconnectReason::Io(error.kind()))?;
                Self::Http(Box::new(HttpClient::start(connector.clone(), number, endpoint, room, registry, token)?))
            }
        })
    }

    /// Handles an event of the socket: continues connecting, or sends queued messages.
    pub(super) fn handle_event(&mut self, event: &Event) -> Result<Handshake, DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.handle_event(event),
            Self::Http(socket) => socket.handle_event(event),
        }
    }

    /// The next message, or `None` if no complete one has arrived.
    pub(super) fn receive(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.receive(),
            Self::Http(socket) => socket.receive(),
        }
    }

    /// Queues a message to be sent by [`flush`](Self::flush).
    pub(super) fn send(&mut self, bytes: Vec<u8>) -> Result<(), DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.send(bytes),
            Self::Http(socket) => {
                socket.send(&bytes);
                Ok(())
            }
        }
    }

    /// Sends as much of the queued messages as the socket accepts.
    pub(super) fn flush(&mut self) -> Result<(), DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.flush(),
            Self::Http(socket) => socket.flush(),
        }
    }

    /// Closes the session with this code, if it is open.
    pub(super) fn close(&mut self, code: u16) {
        match self {
            Self::WebSocket(socket) => socket.close(code.into()),
            Self::Http(socket) => socket.close(code),
        }
    }

    /// Drops the TCP connections.
    pub(super) fn disconnect(&mut self) {
        match self {
            Self::WebSocket(socket) => socket.disconnect(),
            Self::Http(socket) => socket.disconnect(),
        }
    }
}
