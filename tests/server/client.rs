//! A test client built from the protocol crate and a WebSocket library.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{
    ClientMessage, CloseReason, GameProtocol, Hello, Input, PlayerId, Replica, ResumeToken, Role, ServerMessage, Snapshot,
    SnapshotEffects, Tick, Viewport, Welcome,
};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, Utf8Bytes, WebSocket};

/// Maximum time for which a test waits for the server.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

type Response = tungstenite::http::Response<Option<Vec<u8>>>;

/// A WebSocket connection to a server.
pub struct Connection(pub WebSocket<TcpStream>);

/// A client that has joined a room.
pub struct Client<G: GameProtocol> {
    pub connection: Connection,
    pub welcome: Welcome<G>,
    pub replica: Replica<G>,
    /// The newest snapshot.
    pub snapshot: Option<Snapshot<G>>,
}

impl Connection {
    /// Connects and upgrades to WebSocket. The error is the HTTP status of a refusal.
    pub fn open(address: SocketAddr, query: &str) -> Result<Self, u16> {
        let opened = Self::open_with(address, query, &[("Sec-WebSocket-Protocol", SUBPROTOCOL)]);
        opened.map_err(|response| response.status().as_u16())
    }

    /// Connects and upgrades with these additional headers. The error is the response of a refusal.
    pub fn open_with(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, Box<Response>> {
        Self::upgrade(TcpStream::connect(address).expect("the server listens"), address, query, headers)
    }

    /// Upgrades an existing TCP connection. The error is the response of a refusal.
    pub fn upgrade(
        stream: TcpStream,
        address: SocketAddr,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Box<Response>> {
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        let mut request = format!("ws://{address}/ws{query}").into_client_request().expect("the URL is valid");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("the header value is valid"));
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(response),
            Err(other) => panic!("{other}"),
        }
    }

    pub fn send<G: GameProtocol>(&mut self, message: &ClientMessage<G>) {
        self.send_bytes(codec::encode_client(message));
    }

    pub fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::Binary(bytes.into())).expect("the connection is open");
    }

    /// Receives the next message. The error is the code of the server's Close frame.
    pub fn read<G: GameProtocol>(&mut self) -> Result<ServerMessage<G>, u16> {
        loop {
            match self.0.read().expect("the server responds within the timeout") {
                Message::Binary(bytes) => return Ok(codec::decode_server(&bytes).expect("server messages are valid")),
                Message::Close(Some(CloseFrame { code, .. })) => return Err(code.into()),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("unexpected frame: {other:?}"),
            }
        }
    }

    /// Sends a Close frame with code 1000: the player leaves for good.
    pub fn close(&mut self) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        self.0.close(Some(frame)).expect("the connection is open");
    }

    /// Reads until the server's Close frame and returns its reason.
    pub fn read_close<G: GameProtocol>(&mut self) -> CloseReason {
        loop {
            if let Err(code) = self.read::<G>() {
                return reason_of(code);
            }
        }
    }
}

fn reason_of(code: u16) -> CloseReason {
    CloseReason::from_code(code).unwrap_or_else(|| panic!("no reason has the close code {code}"))
}

pub fn hello<G: GameProtocol>(role: Role) -> ClientMessage<G> {
    ClientMessage::Hello(Hello::new::<G>(role, Viewport::default()))
}

pub fn player(name: &str) -> Role {
    Role::Player(name.to_owned().try_into().expect("the name is valid"))
}

impl<G: GameProtocol> Client<G> {
    /// Joins as a player. The error is the reason of a refusal.
    pub fn join(address: SocketAddr, room: &str, name: &str) -> Result<Self, CloseReason> {
        Self::join_as(address, room, player(name))
    }

    /// Joins in this role.
    pub fn join_as(address: SocketAddr, room: &str, role: Role) -> Result<Self, CloseReason> {
        Self::join_with(address, room, Hello::new::<G>(role, Viewport::default()))
    }

    /// Joins with the resume token of a lost seat. If the token is not valid, the client gets another seat.
    pub fn resume(address: SocketAddr, room: &str, name: &str, token: ResumeToken) -> Result<Self, CloseReason> {
        let hello = Hello { resume: Some(token), ..Hello::new::<G>(player(name), Viewport::default()) };
        Self::join_with(address, room, hello)
    }

    /// Joins with this Hello.
    pub fn join_with(address: SocketAddr, room: &str, hello: Hello) -> Result<Self, CloseReason> {
        let query = if room.is_empty() { String::new() } else { format!("?room={room}") };
        Self::greet(Connection::open(address, &query).expect("the server accepts the upgrade"), hello)
    }

    /// Joins as a player, with this query in the URL.
    pub fn join_with_query(address: SocketAddr, query: &str, name: &str) -> Result<Self, CloseReason> {
        let connection = Connection::open(address, query).expect("the server accepts the upgrade");
        Self::greet(connection, Hello::new::<G>(player(name), Viewport::default()))
    }

    /// Joins with this Hello, over an open connection.
    pub fn greet(mut connection: Connection, hello: Hello) -> Result<Self, CloseReason> {
        connection.send::<G>(&ClientMessage::Hello(hello));
        match connection.read::<G>() {
            Ok(ServerMessage::Welcome(welcome)) => {
                let replica = Replica::new(&welcome).expect("the cell size fits the world");
                Ok(Self { connection, welcome, replica, snapshot: None })
            }
            Ok(other) => panic!("the first message is not a Welcome: {other:?}"),
            Err(code) => Err(reason_of(code)),
        }
    }

    /// Leaves the room and waits for the server's Close frame.
    pub fn leave(mut self) {
        self.connection.close();
        assert_eq!(self.connection.read_close::<G>(), CloseReason::Left);
    }

    /// The resume token of the client's seat.
    pub fn token(&self) -> ResumeToken {
        self.welcome.seat.expect("the client is a player").token
    }

    pub fn player(&self) -> PlayerId {
        self.welcome.player().expect("the client is a player")
    }

    /// Whether the client has resumed a seat.
    pub fn has_resumed(&self) -> bool {
        self.welcome.seat.is_some_and(|seat| seat.resumed)
    }

    /// Receives and applies the next snapshot. Acknowledges every full snapshot, and every snapshot whose tick is a
    /// multiple of 16.
    pub fn tick(&mut self) -> SnapshotEffects<G> {
        self.try_tick().expect("the server keeps the connection open")
    }

    /// Like [`Client::tick`], but returns an error when the connection ends. The error is the reason of the server's Close
    /// frame.
    pub fn try_tick(&mut self) -> Result<SnapshotEffects<G>, CloseReason> {
        loop {
            match self.connection.read::<G>().map_err(reason_of)? {
                ServerMessage::Snapshot(snapshot) => {
                    let effects = self.replica.apply(&snapshot).expect("the snapshot fits the replica");
                    self.snapshot = Some(snapshot);
                    let tick = self.now();
                    if tick.0.is_multiple_of(16) || self.is_full() {
                        self.connection.send::<G>(&ClientMessage::Acknowledge(tick));
                    }
                    return Ok(effects);
                }
                ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
                ServerMessage::Welcome(_) => panic!("the server sent a second Welcome"),
            }
        }
    }

    /// Receives snapshots until `holds` returns true. `what` describes this condition.
    pub fn tick_until(&mut self, what: &str, mut holds: impl FnMut(&Self, &SnapshotEffects<G>) -> bool) {
        const TICKS_MAX: usize = 1_200;
        let has_held = (0..TICKS_MAX).any(|_| {
            let effects = self.tick();
            holds(self, &effects)
        });
        assert!(has_held, "not within {TICKS_MAX} ticks: {what}");
    }

    /// The tick of the newest snapshot.
    pub fn now(&self) -> Tick {
        self.replica.tick().expect("a snapshot was received")
    }

    /// Whether the newest snapshot is a full one.
    pub fn is_full(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.header.full.is_some())
    }

    /// Whether the newest snapshot reports an input as applied.
    pub fn has_report(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.header.report.is_some())
    }

    /// Sends controls that are stamped three ticks ahead of the newest snapshot.
    pub fn hold(&mut self, controls: G::Controls) {
        let now = self.now();
        self.connection.send::<G>(&ClientMessage::Input(Input { tick: now.plus(3), acknowledged: now, controls }));
    }
}
