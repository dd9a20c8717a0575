//! The socket of a bot, on any transport.

mod datagrams;
mod http;
mod websocket;

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use mio::{Registry, Token};
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{ClientMessage, CloseReason, GameProtocol, RoomName};

use super::socket::Readiness;
use crate::endpoint::{Connector, Endpoint};
use datagrams::DatagramClient;
pub(super) use datagrams::DatagramNetwork;
use http::HttpClient;
use websocket::WebSocketClient;

/// The socket of a bot, in any state from connecting to closed.
#[derive(Debug)]
pub(super) enum ClientSocket {
    WebSocket(Box<WebSocketClient>),
    Http(Box<HttpClient>),
    Datagrams(DatagramClient),
}

/// How the bots connect.
#[derive(Debug)]
pub(super) enum Network {
    WebSocket,
    Http,
    Datagrams(DatagramNetwork),
}

impl Network {
    /// The tokens of the sockets that have news, in addition to those in the poll's events.
    pub(super) fn take_ready(&self) -> Vec<Token> {
        match self {
            Self::WebSocket | Self::Http => Vec::new(),
            Self::Datagrams(network) => network.take_ready(),
        }
    }
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
        network: &Network,
        connector: &Connector,
        number: u32,
        (endpoint, room): (&Endpoint, Option<&RoomName>),
        (registry, token): (&Registry, Token),
    ) -> Result<Self, DisconnectReason> {
        Ok(match network {
            Network::WebSocket => {
                let request = endpoint.request(room);
                Self::WebSocket(Box::new(WebSocketClient::start(connector, number, request, registry, token)?))
            }
            Network::Datagrams(network) => Self::Datagrams(network.connect(connector, number, (endpoint, room), token)?),
            Network::Http => {
                let registry = registry.try_clone().map_err(|error| DisconnectReason::Io(error.kind()))?;
                Self::Http(Box::new(HttpClient::start(connector.clone(), number, endpoint, room, registry, token)?))
            }
        })
    }

    /// Handles an event of the socket: continues connecting, or sends queued messages.
    pub(super) fn handle_event(&mut self, readiness: Readiness) -> Result<Handshake, DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.handle_event(readiness),
            Self::Http(socket) => socket.handle_event(readiness),
            Self::Datagrams(socket) => socket.handle_event(),
        }
    }

    /// The next message, or `None` if no complete one has arrived.
    pub(super) fn receive(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.receive(),
            Self::Http(socket) => socket.receive(),
            Self::Datagrams(socket) => socket.receive(),
        }
    }

    /// Queues a message to be sent by [`flush`](Self::flush).
    pub(super) fn send<G: GameProtocol>(&mut self, message: &ClientMessage<G>) -> Result<(), DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.send(codec::encode_client(message)),
            Self::Http(socket) => {
                socket.send(&codec::encode_client(message));
                Ok(())
            }
            Self::Datagrams(socket) => socket.send(message),
        }
    }

    /// Sends as much of the queued messages as the socket accepts.
    pub(super) fn flush(&mut self) -> Result<(), DisconnectReason> {
        match self {
            Self::WebSocket(socket) => socket.flush(),
            Self::Http(socket) => socket.flush(),
            // Messages are sent at once.
            Self::Datagrams(_) => Ok(()),
        }
    }

    /// Closes the session with this code, if it is open.
    pub(super) fn close(&mut self, code: u16) {
        match self {
            Self::WebSocket(socket) => socket.close(code.into()),
            Self::Http(socket) => socket.close(code),
            Self::Datagrams(socket) => socket.close(code),
        }
    }

    /// Drops the connections.
    pub(super) fn disconnect(&mut self) {
        match self {
            Self::WebSocket(socket) => socket.disconnect(),
            Self::Http(socket) => socket.disconnect(),
            Self::Datagrams(socket) => socket.disconnect(),
        }
    }
}
