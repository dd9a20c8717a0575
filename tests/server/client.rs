//! A client made of the protocol crate and a WebSocket library.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{
    Applied, ClientMessage, CloseReason, Game, Hello, Input, PlayerId, Replica, ResumeToken, Role, ServerMessage, Snapshot,
    Tick, Viewport, Welcome,
};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, Utf8Bytes, WebSocket};

/// A test that waits for longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

type Response = tungstenite::http::Response<Option<Vec<u8>>>;

/// A connection that speaks bytes.
pub struct Wire(pub WebSocket<TcpStream>);

/// A client in a room.
pub struct Client<G: Game> {
    pub wire: Wire,
    pub welcome: Welcome<G>,
    pub replica: Replica<G>,
    /// What the newest snapshot was.
    pub snapshot: Option<Snapshot<G>>,
}

impl Wire {
    /// Opens a connection; an HTTP refusal comes back as its status.
    pub fn open(address: SocketAddr, query: &str) -> Result<Self, u16> {
        Self::open_offering(address, query, Some(SUBPROTOCOL))
    }

    pub fn open_offering(address: SocketAddr, query: &str, protocol: Option<&str>) -> Result<Self, u16> {
        let headers: Vec<_> = protocol.map(|protocol| ("Sec-WebSocket-Protocol", protocol)).into_iter().collect();
        Self::open_with(address, query, &headers).map_err(|refusal| refusal.status().as_u16())
    }

    /// Opens a connection with headers of one's own; an HTTP refusal comes back whole.
    pub fn open_with(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, Box<Response>> {
        Self::upgrade(TcpStream::connect(address).expect("the server listens"), address, query, headers)
    }

    /// Opens a connection over a socket of one's own.
    pub fn over(stream: TcpStream, address: SocketAddr, query: &str) -> Result<Self, Box<Response>> {
        Self::upgrade(stream, address, query, &[("Sec-WebSocket-Protocol", SUBPROTOCOL)])
    }

    fn upgrade(
        stream: TcpStream,
        address: SocketAddr,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Box<Response>> {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut request = format!("ws://{address}/ws{query}").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(response),
            Err(other) => panic!("{other}"),
        }
    }

    pub fn send<G: Game>(&mut self, message: &ClientMessage<G>) {
        self.send_bytes(codec::encode_client(message));
    }

    pub fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::Binary(bytes.into())).expect("the connection is open");
    }

    /// The next message, or the code that the server closed with.
    pub fn read<G: Game>(&mut self) -> Result<ServerMessage<G>, u16> {
        loop {
            match self.0.read().expect("the server answers in time") {
                Message::Binary(bytes) => return Ok(codec::decode_server(&bytes).expect("a message")),
                Message::Close(Some(CloseFrame { code, .. })) => return Err(code.into()),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Says goodbye, as whoever does not mean to come back.
    pub fn close(&mut self) {
        let goodbye = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        self.0.close(Some(goodbye)).expect("the connection is open");
    }

    /// Reads on until the server closes, and says why it did.
    pub fn read_close<G: Game>(&mut self) -> CloseReason {
        let code = loop {
            if let Err(code) = self.read::<G>() {
                break code;
            }
        };
        known(code)
    }
}

fn known(code: u16) -> CloseReason {
    CloseReason::from_code(code).unwrap_or_else(|| panic!("close code {code} has no reason"))
}

pub fn hello<G: Game>(role: Role) -> ClientMessage<G> {
    ClientMessage::Hello(Hello::new::<G>(role, Viewport::default()))
}

pub fn player(name: &str) -> Role {
    Role::Player(name.to_owned().try_into().expect("a name"))
}

impl<G: Game> Client<G> {
    /// Joins as a player, or says why that was refused.
    pub fn join(address: SocketAddr, room: &str, name: &str) -> Result<Self, CloseReason> {
        Self::enter(address, room, player(name))
    }

    pub fn enter(address: SocketAddr, room: &str, role: Role) -> Result<Self, CloseReason> {
        Self::greet(address, room, Hello::new::<G>(role, Viewport::default()))
    }

    /// Says hello in words of one's own.
    pub fn greet(address: SocketAddr, room: &str, hello: Hello) -> Result<Self, CloseReason> {
        let query = if room.is_empty() { String::new() } else { format!("?room={room}") };
        let mut wire = Wire::open(address, &query).expect("the upgrade is granted");
        wire.send::<G>(&ClientMessage::Hello(hello));
        match wire.read::<G>() {
            Ok(ServerMessage::Welcome(welcome)) => {
                let replica = Replica::new(&welcome).expect("a sound welcome");
                Ok(Self { wire, welcome, replica, snapshot: None })
            }
            Ok(other) => panic!("the first message was {other:?}"),
            Err(code) => Err(known(code)),
        }
    }

    /// AcceptedFrames a lost seat again, or another if the token is good no more.
    pub fn resume(address: SocketAddr, room: &str, name: &str, token: ResumeToken) -> Result<Self, CloseReason> {
        let hello = Hello { resume: Some(token), ..Hello::new::<G>(player(name), Viewport::default()) };
        Self::greet(address, room, hello)
    }

    /// Says goodbye, and hears it.
    pub fn leave(mut self) {
        self.wire.close();
        assert_eq!(self.wire.read_close::<G>(), CloseReason::Left);
    }

    /// How to come back.
    pub fn token(&self) -> ResumeToken {
        self.welcome.seat.expect("this client plays").token
    }

    pub fn player(&self) -> PlayerId {
        self.welcome.player().expect("this client plays")
    }

    /// AcceptedFrames in the next snapshot, whose replica must be true.
    pub fn tick(&mut self) -> Applied<G> {
        self.try_tick().expect("the server stays")
    }

    /// AcceptedFrames in the next snapshot, or the server's goodbye.
    pub fn try_tick(&mut self) -> Result<Applied<G>, CloseReason> {
        loop {
            match self.wire.read::<G>().map_err(known)? {
                ServerMessage::Snapshot(snapshot) => {
                    let applied = self.replica.apply(&snapshot).expect("replica and server agree");
                    self.snapshot = Some(snapshot);
                    let tick = self.now();
                    if tick.0.is_multiple_of(16) {
                        self.wire.send::<G>(&ClientMessage::Acknowledge(tick));
                    }
                    return Ok(applied);
                }
                ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
                ServerMessage::Welcome(_) => panic!("a second welcome"),
            }
        }
    }

    /// AcceptedFrames in snapshots until something holds.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&Self, &Applied<G>) -> bool) {
        const TICKS_MAX: usize = 1_200;
        let came = (0..TICKS_MAX).any(|_| {
            let applied = self.tick();
            holds(self, &applied)
        });
        assert!(came, "it never came to this: {what}");
    }

    pub fn now(&self) -> Tick {
        self.replica.tick().expect("a snapshot came")
    }

    /// Holds these controls from a few ticks on.
    pub fn hold(&mut self, controls: G::Controls) {
        let now = self.now();
        self.wire.send::<G>(&ClientMessage::Input(Input { tick: now.plus(3), acknowledged: now, controls }));
    }
}
