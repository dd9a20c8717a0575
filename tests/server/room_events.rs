//! The list of rooms as Server-Sent Events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tickcast_arena::Arena;
use tickcast_protocol::Role;

use crate::client::Client;
use crate::test_server::{TestServer, room_options};

/// Time after which a test that waits for an event fails.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A subscriber of the room list.
pub struct Subscriber(BufReader<TcpStream>);

impl Subscriber {
    pub fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        write!(stream, "GET /api/rooms/events HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("the connection is open");
        let mut subscriber = Self(BufReader::new(stream));
        let head: Vec<_> = subscriber.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.iter().any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream")), "{head:?}");
        subscriber
    }

    /// The lines of the response until the connection ends.
    fn lines(&mut self) -> impl Iterator<Item = String> {
        self.0.by_ref().lines().map(|line| line.expect("the server sends a line within the timeout"))
    }

    /// The room lists that the events contain.
    pub fn lists(&mut self) -> impl Iterator<Item = Value> {
        self.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).expect("the data is JSON"))
    }

    /// Reads events until the list is the expected one.
    fn wait_for(&mut self, expected: &Value) {
        let list = self.lists().find(|list| list == expected);
        assert!(list.is_some(), "the stream ended before {expected}");
    }
}

fn duel(players: u32, spectators: u32) -> Value {
    json!([{ "name": "duel", "players": players, "seats": 4, "spectators": spectators, "tick_rate": 60 }])
}

#[test]
fn a_subscriber_receives_each_change_of_the_list() {
    let server = TestServer::arena(room_options());
    let mut subscriber = Subscriber::open(server.address());
    subscriber.wait_for(&json!([]));
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    subscriber.wait_for(&duel(1, 0));
    let spectator = Client::<Arena>::join_as(server.address(), "duel", Role::Spectator).expect("spectators are allowed");
    subscriber.wait_for(&duel(1, 1));
    ada.connection.close();
    subscriber.wait_for(&duel(0, 1));
    drop(spectator);
    subscriber.wait_for(&duel(0, 0));
}

#[test]
fn a_new_subscriber_receives_the_current_list() {
    let server = TestServer::arena(room_options());
    let _ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    let first = Subscriber::open(server.address()).lists().next();
    assert_eq!(first, Some(duel(1, 0)));
}

#[test]
fn subscriptions_end_when_the_server_shuts_down() {
    let mut server = TestServer::arena(room_options());
    let mut subscriber = Subscriber::open(server.address());
    subscriber.wait_for(&json!([]));
    server.stop();
    assert_eq!(subscriber.lists().count(), 0, "the connection ends without another list");
}
