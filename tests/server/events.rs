//! The list of rooms as it is pushed to whoever listens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tickcast_arena::Arena;
use tickcast_protocol::Role;

use crate::client::Client;
use crate::hosting::{host_arena, quiet};

/// Longer than any list is ever waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody who listens.
struct Listener(BufReader<TcpStream>);

impl Listener {
    fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes timeouts");
        write!(stream, "GET /api/rooms/events HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("it takes requests");
        let mut listener = Self(BufReader::new(stream));
        let head: Vec<_> = listener.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.iter().any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream")), "{head:?}");
        listener
    }

    /// The lines until the connection ends.
    fn lines(&mut self) -> impl Iterator<Item = String> {
        self.0.by_ref().lines().map(|line| line.expect("the server goes on"))
    }

    /// Every list that comes.
    fn lists(&mut self) -> impl Iterator<Item = Value> {
        self.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).expect("JSON"))
    }

    /// Reads on until a list is as expected.
    fn until(&mut self, expected: &Value) {
        let list = self.lists().find(|list| list == expected);
        assert!(list.is_some(), "the lists end without {expected}");
    }
}

fn duel(players: u32, spectators: u32) -> Value {
    json!([{ "name": "duel", "players": players, "seats": 4, "spectators": spectators, "tick_rate": 60 }])
}

#[test]
fn a_listener_is_told_who_comes_and_goes() {
    let server = host_arena(quiet());
    let mut listener = Listener::open(server.address());
    listener.until(&json!([]));
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat");
    listener.until(&duel(1, 0));
    let watcher = Client::<Arena>::enter(server.address(), "duel", Role::Spectator).expect("a place");
    listener.until(&duel(1, 1));
    ada.wire.close();
    listener.until(&duel(0, 1));
    drop(watcher);
    listener.until(&duel(0, 0));
}

#[test]
fn a_late_listener_is_told_what_there_is() {
    let server = host_arena(quiet());
    let _ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat");
    let first = Listener::open(server.address()).lists().next();
    assert_eq!(first, Some(duel(1, 0)));
}

#[test]
fn the_lists_end_when_the_server_stops() {
    let mut server = host_arena(quiet());
    let mut listener = Listener::open(server.address());
    listener.until(&json!([]));
    server.stop();
    assert_eq!(listener.lists().count(), 0, "nothing more comes, and the connection ends");
}
