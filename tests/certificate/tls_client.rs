//! A blocking TLS client.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tickcast_arena::Arena;
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{ClientMessage, Hello, Replica, Role, ServerMessage, Viewport};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::test_certificate::server_name;

/// Maximum time for which a test waits for the server.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A TLS connection.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// Connects and performs the handshake.
pub fn connect(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<TlsStream, std::io::Error> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(READ_TIMEOUT))?;
    let client = ClientConnection::new(Arc::clone(config), server_name()).expect("the configuration is valid");
    let mut stream = StreamOwned::new(client, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Sends a request for a path, and returns the response.
pub fn get(mut stream: TlsStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the connection is open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the response is UTF-8, and ends with an alert");
    response
}

/// Upgrades a connection to WebSocket. Sends an `Origin` header if `origin` is given. The error is the HTTP status of a
/// refusal.
pub fn upgrade(stream: TlsStream, origin: Option<&str>) -> Result<WebSocket<TlsStream>, u16> {
    let mut request = "wss://localhost/ws?room=tls".into_client_request().expect("the URL is valid");
    let headers = [("Sec-WebSocket-Protocol", SUBPROTOCOL)].into_iter().chain(origin.map(|origin| ("Origin", origin)));
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().expect("the header value is valid"));
    }
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// A player on a TLS connection.
pub struct TlsPlayer {
    socket: WebSocket<TlsStream>,
    replica: Replica<Arena>,
}

impl TlsPlayer {
    pub fn join(stream: TlsStream) -> Self {
        let mut socket = upgrade(stream, None).expect("the server accepts the upgrade");
        let role = Role::Player("Ada".to_owned().try_into().expect("the name is valid"));
        let hello = ClientMessage::<Arena>::Hello(Hello::new::<Arena>(role, Viewport::default()));
        socket.send(Message::binary(codec::encode_client(&hello))).expect("the connection is open");
        let ServerMessage::Welcome(welcome) = receive(&mut socket) else { panic!("the first message is a Welcome") };
        Self { socket, replica: Replica::new(&welcome).expect("the Welcome is valid") }
    }

    /// Receives, verifies and acknowledges this number of snapshots.
    pub fn play(&mut self, ticks: u32) {
        for _ in 0..ticks {
            let ServerMessage::Snapshot(snapshot) = receive(&mut self.socket) else { panic!("a snapshot was expected") };
            self.replica.apply(&snapshot).expect("the snapshot applies");
            let tick = self.replica.tick().expect("a snapshot was applied");
            let acknowledgement = ClientMessage::<Arena>::Acknowledge(tick);
            self.socket.send(Message::binary(codec::encode_client(&acknowledgement))).expect("the connection is open");
        }
    }
}

fn receive(socket: &mut WebSocket<TlsStream>) -> ServerMessage<Arena> {
    match socket.read().expect("the server responds within the timeout") {
        Message::Binary(bytes) => codec::decode_server(&bytes).expect("server messages are valid"),
        other => panic!("unexpected frame: {other:?}"),
    }
}
