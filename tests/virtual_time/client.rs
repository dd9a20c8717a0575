//! A test client on an in-memory pipe, and a server that it connects to.

use std::ops::ControlFlow;
use std::time::Duration;

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::codec;
use tickcast_protocol::{
    ClientMessage, CloseReason, Hello, Input, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick, Viewport, Welcome,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep, timeout};

use crate::memory_server::recorder::Recorder;
use crate::memory_server::websocket::{BINARY, Decoder, Received, close_frame, frame, upgrade_request, upgrade_with};
use crate::memory_server::{MemoryServer, MemoryServerOptions};

/// Maximum virtual time for which a test waits. If the expected event has not happened by then, the test fails.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server and the journal of its rooms.
pub struct TestServer {
    pub server: MemoryServer,
    pub journal: Recorder,
}

impl TestServer {
    /// Starts a server. `change` adjusts its options.
    pub async fn start(change: impl FnOnce(&mut MemoryServerOptions)) -> Self {
        let journal = Recorder::default();
        let mut options = MemoryServerOptions::new(journal.factory());
        change(&mut options);
        Self { server: MemoryServer::start(options).await, journal }
    }

    /// Opens a WebSocket.
    pub async fn open(&mut self) -> Wire {
        self.open_room("test").await
    }

    /// Opens a WebSocket for this room.
    pub async fn open_room(&mut self, room: &str) -> Wire {
        let pipe = self.server.connect();
        Wire::open(pipe, Some(room)).await
    }

    /// Joins as a player.
    pub async fn join(&mut self, name: &str) -> Client {
        self.greet(hello(name)).await.unwrap_or_else(|reason| panic!("{name} was refused: {reason:?}"))
    }

    /// Joins as a player, in a room that the server selects.
    pub async fn join_any_room(&mut self, name: &str) -> Client {
        let pipe = self.server.connect();
        let joined = Wire::open(pipe, None).await.greet(hello(name)).await;
        joined.unwrap_or_else(|reason| panic!("{name} was refused: {reason:?}"))
    }

    /// Joins with this Hello.
    pub async fn greet(&mut self, hello: Hello) -> Result<Client, CloseReason> {
        self.greet_room("test", hello).await
    }

    /// Joins this room with this Hello.
    pub async fn greet_room(&mut self, room: &str, hello: Hello) -> Result<Client, CloseReason> {
        self.open_room(room).await.greet(hello).await
    }
}

/// Asserts that the time since `start` is `expected` or up to 1 ms longer. One millisecond is the resolution of the
/// runtime's timers.
#[track_caller]
pub fn assert_elapsed(start: Instant, expected: Duration) {
    let elapsed = start.elapsed();
    let bounds = expected..=expected + Duration::from_millis(1);
    assert!(bounds.contains(&elapsed), "{elapsed:?} have passed instead of {expected:?}");
}

/// Waits until a condition holds. Checks the condition every millisecond.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "this never happened: {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// The Hello of a player.
pub fn hello(name: &str) -> Hello {
    let role = Role::Player(name.to_owned().try_into().expect("the name is valid"));
    Hello::new::<Arena>(role, Viewport::default())
}

/// The Hello of a player who resumes a seat.
pub fn resume(name: &str, token: ResumeToken) -> Hello {
    Hello { resume: Some(token), ..hello(name) }
}

/// A WebSocket.
pub struct Wire {
    pub pipe: DuplexStream,
    decoder: Decoder,
}

/// An item that a client receives.
#[derive(Debug)]
pub enum Item {
    Message(ServerMessage<Arena>),
    /// The connection ended: with a Close frame of this reason, or without a Close frame (`None`).
    Closed(Option<CloseReason>),
}

impl Wire {
    /// Requests an upgrade to a WebSocket, optionally for a certain room.
    pub async fn open(pipe: DuplexStream, room: Option<&str>) -> Self {
        let mut wire = Self { pipe, decoder: Decoder::default() };
        wire.send_bytes(&upgrade_request(room)).await;
        wire
    }

    /// Requests an upgrade to a WebSocket with this query, such as `?replay=main`.
    pub async fn open_with(pipe: DuplexStream, query: &str) -> Self {
        let mut wire = Self { pipe, decoder: Decoder::default() };
        wire.send_bytes(&upgrade_with(query)).await;
        wire
    }

    /// Joins with this Hello.
    pub async fn greet(mut self, hello: Hello) -> Result<Client, CloseReason> {
        self.send(&ClientMessage::Hello(hello)).await;
        self.read_welcome().await
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.pipe.write_all(bytes).await.expect("the connection is open");
    }

    pub async fn send(&mut self, message: &ClientMessage<Arena>) {
        self.send_bytes(&frame(BINARY, &codec::encode_client(message))).await;
    }

    /// Sends a Close frame.
    pub async fn close(&mut self, code: u16) {
        self.send_bytes(&close_frame(code)).await;
    }

    /// Receives the next item.
    pub async fn read(&mut self) -> Item {
        let item = async {
            loop {
                if let ControlFlow::Break(item) = self.poll().await {
                    return item;
                }
            }
        };
        timeout(PATIENCE, item).await.expect("the server sends something")
    }

    /// Receives the response to a Hello.
    pub async fn read_welcome(mut self) -> Result<Client, CloseReason> {
        match self.read().await {
            Item::Message(ServerMessage::Welcome(welcome)) => {
                let replica = Replica::new(&welcome).expect("the Welcome is valid");
                Ok(Client { wire: self, welcome, replica })
            }
            Item::Closed(Some(reason)) => Err(reason),
            other => panic!("the response to a Hello was {other:?}"),
        }
    }

    async fn poll(&mut self) -> ControlFlow<Item> {
        match self.decoder.next() {
            Some(Received::Binary(bytes)) => {
                return ControlFlow::Break(Item::Message(codec::decode_server(&bytes).expect("the message is valid")));
            }
            Some(Received::Close(reason)) => return ControlFlow::Break(Item::Closed(Some(reason))),
            Some(Received::Refused(status)) => panic!("the upgrade was refused with status {status}"),
            None => {}
        }
        let mut bytes = [0; 4096];
        match self.pipe.read(&mut bytes).await {
            Ok(count @ 1..) => {
                self.decoder.push(&bytes[..count]);
                ControlFlow::Continue(())
            }
            Ok(0) | Err(_) => ControlFlow::Break(Item::Closed(None)),
        }
    }

    /// Reads until the connection closes.
    pub async fn read_close(&mut self) -> Option<CloseReason> {
        loop {
            if let Item::Closed(reason) = self.read().await {
                return reason;
            }
        }
    }
}

/// A client in a room.
pub struct Client {
    pub wire: Wire,
    pub welcome: Welcome<Arena>,
    pub replica: Replica<Arena>,
}

impl Client {
    pub async fn send(&mut self, message: &ClientMessage<Arena>) {
        self.wire.send(message).await;
    }

    /// Sends an input: controls stamped with a tick.
    pub async fn hold(&mut self, tick: Tick, controls: Controls) {
        let acknowledged = self.replica.tick().unwrap_or(Tick(0));
        self.send(&ClientMessage::Input(Input { tick, acknowledged, controls })).await;
    }

    /// Acknowledges the newest snapshot.
    pub async fn acknowledge(&mut self) {
        let tick = self.now();
        self.send(&ClientMessage::Acknowledge(tick)).await;
    }

    /// Receives and applies the next snapshot.
    pub async fn snapshot(&mut self) -> Snapshot<Arena> {
        match self.wire.read().await {
            Item::Message(ServerMessage::Snapshot(snapshot)) => {
                self.replica.apply(&snapshot).expect("the snapshot applies");
                snapshot
            }
            other => panic!("a snapshot was expected instead of {other:?}"),
        }
    }

    /// Receives snapshots for this long, and acknowledges each of them.
    pub async fn play(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while tokio::time::timeout_at(end, self.snapshot()).await.is_ok() {
            self.acknowledge().await;
        }
    }

    /// The tick of the newest snapshot.
    pub fn now(&self) -> Tick {
        self.replica.tick().expect("a snapshot was applied")
    }

    /// The token for the client's seat.
    pub fn token(&self) -> ResumeToken {
        self.welcome.seat.expect("players have a seat").token
    }
}
