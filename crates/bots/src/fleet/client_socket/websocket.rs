//! Non-blocking WebSocket client.

use std::io::ErrorKind;

use bytes::Bytes;
use mio::{Registry, Token};
use tickcast_protocol::codec;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::MidHandshake;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{ClientRequestBuilder, Error, HandshakeError, Message, WebSocket};

use super::{DisconnectReason, Handshake};
use crate::endpoint::{ClientStream, Connector, Encryption};
use crate::fleet::socket::{Readiness, Socket};

/// Size of the read buffer of each connection. Snapshots are much smaller, and there are thousands of connections.
const READ_BYTES: usize = 4 << 10;
/// Maximum number of unsent bytes. If a server reads so slowly that more would accumulate, the bot disconnects.
const UNSENT_BYTES_MAX: usize = 64 << 10;

/// A WebSocket in any state from connecting to closed.
#[derive(Debug)]
pub(in crate::fleet) struct WebSocketClient {
    phase: Phase,
    encryption: Encryption,
    request: ClientRequestBuilder,
    /// Whether the send buffer of the socket is full.
    is_blocked: bool,
}

#[derive(Debug)]
enum Phase {
    Connecting(Socket),
    Handshaking(MidHandshake<ClientHandshake<ClientStream<Socket>>>),
    Open(WebSocket<ClientStream<Socket>>),
    Closed,
}

impl WebSocketClient {
    /// Starts to connect a client. `number` determines its source address. The socket's events are registered under
    /// `token`.
    pub(in crate::fleet) fn start(
        connector: &Connector,
        number: u32,
        request: ClientRequestBuilder,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, DisconnectReason> {
        let stream = connector.connect_registered(number, registry, token).map_err(Error::Io)?;
        let encryption = connector.encryption().clone();
        Ok(Self { phase: Phase::Connecting(Socket::new(stream)), encryption, request, is_blocked: false })
    }

    /// Handles an event of the socket: continues connecting, or sends queued messages.
    pub(in crate::fleet) fn handle_event(&mut self, readiness: Readiness) -> Result<Handshake, DisconnectReason> {
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Connecting(socket) => self.handle_connecting(socket),
            Phase::Handshaking(mut handshake) => {
                handshake.get_mut().get_mut().socket_mut().handle_event(readiness);
                self.handle_handshake(handshake)
            }
            Phase::Open(mut websocket) => {
                websocket.get_mut().socket_mut().handle_event(readiness);
                self.phase = Phase::Open(websocket);
                if self.is_blocked {
                    self.flush()?;
                }
                Ok(Handshake::Unchanged)
            }
            Phase::Closed => Ok(Handshake::Unchanged),
        }
    }

    fn handle_connecting(&mut self, socket: Socket) -> Result<Handshake, DisconnectReason> {
        if let Some(error) = socket.stream().take_error().map_err(Error::Io)? {
            return Err(Error::Io(error).into());
        }
        match socket.stream().peer_addr() {
            Ok(_) => {
                let request = self.request.clone().into_client_request()?;
                let stream = self.encryption.client(socket).map_err(Error::Io)?;
                self.handle_handshake(ClientHandshake::start(stream, request, Some(config()))?)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => {
                self.phase = Phase::Connecting(socket);
                Ok(Handshake::Unchanged)
            }
            Err(error) => Err(Error::Io(error).into()),
        }
    }

    fn handle_handshake(
        &mut self,
        handshake: MidHandshake<ClientHandshake<ClientStream<Socket>>>,
    ) -> Result<Handshake, DisconnectReason> {
        match handshake.handshake() {
            Ok((websocket, _)) => {
                self.phase = Phase::Open(websocket);
                Ok(Handshake::Completed)
            }
            Err(HandshakeError::Interrupted(handshake)) => {
                self.phase = Phase::Handshaking(handshake);
                Ok(Handshake::Unchanged)
            }
            Err(HandshakeError::Failure(error)) => Err(error.into()),
        }
    }

    /// The next message, or `None` if no complete one has arrived.
    pub(in crate::fleet) fn receive(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(None) };
        loop {
            match websocket.read() {
                Ok(Message::Binary(bytes)) => return Ok(Some(bytes)),
                Ok(Message::Close(frame)) => return Err(frame.into()),
                Ok(Message::Text(_)) => return Err(DisconnectReason::TextMessage),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Queues a message to be sent by [`flush`](Self::flush).
    pub(in crate::fleet) fn send(&mut self, bytes: Vec<u8>) -> Result<(), DisconnectReason> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(()) };
        self.is_blocked = is_blocked(websocket.write(Message::binary(bytes)))?;
        Ok(())
    }

    /// Sends as much of the queued messages as the socket accepts.
    pub(in crate::fleet) fn flush(&mut self) -> Result<(), DisconnectReason> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(()) };
        self.is_blocked = is_blocked(websocket.flush())?;
        Ok(())
    }

    /// Sends a close frame with this code if the connection is open.
    pub(in crate::fleet) fn close(&mut self, code: CloseCode) {
        if let Phase::Open(websocket) = &mut self.phase {
            // An error means that the connection is closed already.
            let _ = websocket.close(Some(CloseFrame { code, reason: "".into() }));
        }
    }

    /// Drops the TCP connection.
    pub(in crate::fleet) fn disconnect(&mut self) {
        self.phase = Phase::Closed;
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(READ_BYTES)
        .max_write_buffer_size(UNSENT_BYTES_MAX)
        .max_message_size(Some(codec::SERVER_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(codec::SERVER_MESSAGE_BYTES_MAX))
}

fn is_blocked(sent: tungstenite::Result<()>) -> Result<bool, DisconnectReason> {
    match sent {
        Ok(()) => Ok(false),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error.into()),
    }
}

impl From<Option<CloseFrame>> for DisconnectReason {
    fn from(frame: Option<CloseFrame>) -> Self {
        frame.map_or(Self::ClosedWithoutReason, |frame| Self::closed(frame.code.into(), &frame.reason))
    }
}

impl From<Error> for DisconnectReason {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => {
                let body = response.body().as_deref().unwrap_or_default();
                let text = format!("{} {}", response.status(), String::from_utf8_lossy(body).trim());
                Self::Refused(text.trim_end().to_owned())
            }
            Error::WriteBufferFull(_) => Self::SendBufferFull,
            Error::Io(error) => Self::Io(error.kind()),
            error => Self::WebSocket(error.to_string()),
        }
    }
}
