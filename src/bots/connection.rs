//! One WebSocket, which never blocks.

use std::io::ErrorKind;
use std::net::SocketAddr;

use bytes::Bytes;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use tickcast_protocol::{CloseReason, codec};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::MidHandshake;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{ClientRequestBuilder, Error, HandshakeError, Message, WebSocket};

use super::socket::Socket;

/// What is read at once. A snapshot is much smaller, and thousands of connections have a buffer each.
const READ_BYTES: usize = 4 << 10;
/// What waits for a server that does not read, before the connection is given up.
const UNSENT_BYTES_MAX: usize = 64 << 10;

/// A WebSocket on its way from connecting to closed.
#[derive(Debug)]
pub(super) struct Connection {
    phase: Phase,
    request: ClientRequestBuilder,
    is_blocked: bool,
}

#[derive(Debug)]
enum Phase {
    Connecting(Socket),
    Handshaking(MidHandshake<ClientHandshake<Socket>>),
    Open(WebSocket<Socket>),
    Closed,
}

/// Why a connection is over, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Farewell(pub(super) String);

/// Whether an event opened the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// It did: now there is somebody to greet.
    Now,
    /// It was open before, or is not yet.
    No,
}

impl Connection {
    /// Starts to connect; the registry will tell of the socket's events under that token.
    pub(super) fn start(
        address: SocketAddr,
        request: &ClientRequestBuilder,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, Farewell> {
        let connect = || {
            let mut stream = TcpStream::connect(address)?;
            registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let stream = connect().map_err(Error::Io)?;
        Ok(Self { phase: Phase::Connecting(Socket::new(stream)), request: request.clone(), is_blocked: false })
    }

    /// Takes an event of the socket, and gets as far towards being open as that allows.
    pub(super) fn handle_event(&mut self, event: &Event) -> Result<Opening, Farewell> {
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Connecting(socket) => self.handle_connecting(socket),
            Phase::Handshaking(mut handshake) => {
                handshake.get_mut().get_mut().handle_event(event);
                self.handle_handshake(handshake)
            }
            Phase::Open(mut websocket) => {
                websocket.get_mut().handle_event(event);
                self.phase = Phase::Open(websocket);
                if self.is_blocked { self.flush().map(|()| Opening::No) } else { Ok(Opening::No) }
            }
            Phase::Closed => Ok(Opening::No),
        }
    }

    fn handle_connecting(&mut self, socket: Socket) -> Result<Opening, Farewell> {
        if let Some(error) = socket.stream().take_error().map_err(Error::Io)? {
            return Err(Error::Io(error).into());
        }
        match socket.stream().peer_addr() {
            Ok(_) => self.handle_handshake(ClientHandshake::start(
                socket,
                self.request.clone().into_client_request()?,
                Some(config()),
            )?),
            Err(error) if error.kind() == ErrorKind::NotConnected => {
                self.phase = Phase::Connecting(socket);
                Ok(Opening::No)
            }
            Err(error) => Err(Error::Io(error).into()),
        }
    }

    fn handle_handshake(&mut self, handshake: MidHandshake<ClientHandshake<Socket>>) -> Result<Opening, Farewell> {
        match handshake.handshake() {
            Ok((websocket, _)) => {
                self.phase = Phase::Open(websocket);
                Ok(Opening::Now)
            }
            Err(HandshakeError::Interrupted(handshake)) => {
                self.phase = Phase::Handshaking(handshake);
                Ok(Opening::No)
            }
            Err(HandshakeError::Failure(error)) => Err(error.into()),
        }
    }

    /// The next message that has arrived.
    pub(super) fn receive(&mut self) -> Result<Option<Bytes>, Farewell> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(None) };
        loop {
            match websocket.read() {
                Ok(Message::Binary(bytes)) => return Ok(Some(bytes)),
                Ok(Message::Close(frame)) => return Err(frame.into()),
                Ok(Message::Text(_)) => return Err(Farewell("the server sent text".to_owned())),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Puts a message behind those that wait to be [flushed](Self::flush).
    pub(super) fn send(&mut self, bytes: Vec<u8>) -> Result<(), Farewell> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(()) };
        self.is_blocked = is_blocked(websocket.write(Message::binary(bytes)))?;
        Ok(())
    }

    /// Sends what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self) -> Result<(), Farewell> {
        let Phase::Open(websocket) = &mut self.phase else { return Ok(()) };
        self.is_blocked = is_blocked(websocket.flush())?;
        Ok(())
    }

    /// Says goodbye, if there is somebody to hear it.
    pub(super) fn close(&mut self) {
        if let Phase::Open(websocket) = &mut self.phase {
            // Whether the server hears it or is gone already: this side is done.
            let _ = websocket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }));
        }
    }

    /// Lets go of the socket.
    pub(super) fn drop_socket(&mut self) {
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

fn is_blocked(sent: tungstenite::Result<()>) -> Result<bool, Farewell> {
    match sent {
        Ok(()) => Ok(false),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error.into()),
    }
}

impl From<Option<CloseFrame>> for Farewell {
    fn from(frame: Option<CloseFrame>) -> Self {
        Self(match frame {
            Some(frame) => match CloseReason::from_code(frame.code.into()) {
                Some(reason) => reason.text().to_owned(),
                None if frame.reason.is_empty() => format!("closed with code {}", u16::from(frame.code)),
                None => frame.reason.as_str().to_owned(),
            },
            None => "closed without a reason".to_owned(),
        })
    }
}

impl From<Error> for Farewell {
    fn from(error: Error) -> Self {
        Self(match error {
            Error::Http(response) => {
                let body = response.body().as_deref().unwrap_or_default();
                format!("{} {}", response.status(), String::from_utf8_lossy(body).trim()).trim_end().to_owned()
            }
            Error::WriteBufferFull(_) => "the server does not read".to_owned(),
            Error::Io(error) => error.kind().to_string(),
            error => error.to_string(),
        })
    }
}
