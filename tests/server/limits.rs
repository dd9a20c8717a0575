//! Tests of those limits in SECURITY.md that no other file of this folder tests. The simulation tests check the limits on
//! clients in more detail.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use tickcast::ClientLimits;
use tickcast::actors::lobby::{self, room_list_feed};
use tickcast::admission::control;
use tickcast::admission::limits::Event;
use tickcast::store::{Fault, MemoryStore};
use tickcast_arena::{Arena, World};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Viewport};
use tickcast_room::KEPT_SEATS_PER_CLIENT_MAX;
use tungstenite::Message;

use crate::admission::{LIMITED, close_reason, connect, get, open, start};
use crate::client::{Client, Connection, hello, player};
use crate::http::request_over;
use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

/// Number of attempts after which a test gives up reaching a limit. The number must exceed every limit by a margin, because
/// some limits refill while the test runs.
const ATTEMPTS_MAX: usize = 2_000;

type ChangeLimits = fn(&mut ClientLimits);

/// Starts a server with these limits on clients.
fn start_limited(change: impl FnOnce(&mut ClientLimits)) -> TestServer {
    start(|admission| change(&mut admission.limits.client))
}

/// Number of the server's refusals for this reason.
fn refused(page: &Page, reason: &str) -> f64 {
    page.value(&format!("tickcast_requests_refused_total{{reason=\"{reason}\"}}"))
}

fn check_refused(server: &TestServer, reason: &str) {
    wait_for(server, reason, |page| refused(page, reason) >= 1.0);
}

/// Repeats an attempt until it fails. Returns the results of all successes, and the error.
fn repeat<T, E>(mut attempt: impl FnMut() -> Result<T, E>) -> (Vec<T>, E) {
    let mut successes = Vec::new();
    for _ in 0..ATTEMPTS_MAX {
        match attempt() {
            Ok(success) => successes.push(success),
            Err(failure) => return (successes, failure),
        }
    }
    panic!("no limit was reached after {ATTEMPTS_MAX} attempts");
}

#[test]
fn connections_and_requests_per_second_are_limited() {
    let burst_s = |event| {
        let rate = ClientLimits::default().rate(event);
        (rate.burst / rate.per_second) as usize
    };
    let cases: [(_, _, ChangeLimits); 2] = [
        ("connect_rate", burst_s(Event::Connect), |limits| limits.connects_per_second = 1),
        ("request_rate", burst_s(Event::Request), |limits| limits.requests_per_second = 1),
    ];
    for (reason, burst, change) in cases {
        let server = start_limited(change);
        let (accepted, status) = repeat(|| match get(&server, LIMITED).status {
            200 => Ok(()),
            status => Err(status),
        });
        assert!(accepted.len() >= burst && status == 429, "{reason}: {} accepted", accepted.len());
        check_refused(&server, reason);
    }
}

#[test]
fn traffic_per_second_is_limited() {
    let ping = || Message::Binary(codec::encode_client::<Arena>(&ClientMessage::Ping(1)).into());
    let pong = || Message::Pong(vec![0; 100].into());
    let cases: [(_, ChangeLimits, &dyn Fn() -> Message); 3] = [
        ("message_rate", |limits| limits.messages_per_second = 2, &pong),
        ("ping_rate", |limits| limits.pings_per_second = 2, &ping),
        ("byte_rate", |limits| limits.bytes_per_second = 200, &pong),
    ];
    for (reason, change, message) in cases {
        let server = start_limited(change);
        let mut connection = open(&server, LIMITED, None).expect("an upgrade");
        connection.send(&hello::<Arena>(player("Ada")));
        for _ in 0..100 {
            connection.0.write(message()).expect("the connection is open");
        }
        connection.0.flush().expect("the connection is open");
        assert_eq!(connection.read_close::<Arena>(), CloseReason::TooMuchTraffic, "{reason}");
        check_refused(&server, reason);
    }
}

#[test]
fn seats_of_a_client_are_limited() {
    let server = start_limited(|limits| limits.seats = 1);
    let mut first = open(&server, LIMITED, None).expect("an upgrade");
    first.send(&hello::<Arena>(player("Ada")));
    assert!(first.read::<Arena>().is_ok());
    let second = open(&server, LIMITED, None).expect("an upgrade");
    assert_eq!(close_reason(second), Some(CloseReason::TooManyPlayers));
    let reason = CloseReason::TooManyPlayers.label();
    wait_for(&server, reason, |page| page.sessions_closed(reason) == 1.0);
}

/// Requests a new room from this address. The error is the status of the refusal.
fn create_room(server: &TestServer, from: Ipv4Addr, number: usize) -> Result<(), u16> {
    let room = format!("{{\"name\": \"room-{number}\"}}");
    match request_over(connect(server, from), "POST", "/api/rooms", "Host: x\r\n", &room).status {
        201 => Ok(()),
        status => Err(status),
    }
}

#[test]
fn rooms_of_a_client_are_limited_in_number_and_cost() {
    let cases: [(_, ChangeLimits); 2] = [
        ("client_rooms", |limits| limits.rooms = 1),
        // The cost of a room with 60 ticks per second and without AI players.
        ("client_room_cost", |limits| limits.room_cost = 60 * 4),
    ];
    for (reason, change) in cases {
        let server = start_limited(change);
        assert_eq!([0, 1].map(|number| create_room(&server, LIMITED, number)), [Ok(()), Err(429)], "{reason}");
        check_refused(&server, reason);
    }
}

/// Subscribes to the list of rooms from this address. The error is the status of the refusal.
fn subscribe(server: &TestServer, from: Ipv4Addr) -> Result<TcpStream, u16> {
    let mut stream = connect(server, from);
    stream.write_all(b"GET /api/rooms/events HTTP/1.1\r\nHost: x\r\n\r\n").expect("the connection is open");
    let mut start = [0; 12];
    stream.read_exact(&mut start).expect("the server responds");
    match str::from_utf8(&start[9..]).map(str::parse) {
        Ok(Ok(200)) => Ok(stream),
        Ok(Ok(status)) => Err(status),
        other => panic!("no status: {other:?}"),
    }
}

#[test]
fn clients_share_an_account_when_all_accounts_are_in_use() {
    const ACCOUNTS: usize = 32;
    /// When no account is free, all further clients share one account. The limits of the shared account are this multiple
    /// of the limits of one client.
    const FACTOR: usize = 4;
    let server = start(|admission| {
        admission.limits.accounts_max = ACCOUNTS;
        // The server raises `accounts_max` to at least four accounts per connection.
        admission.limits.connections_max = ACCOUNTS / 4;
        admission.limits.client.rooms = 1;
    });
    // Each request comes from a new address. While accounts are free, the server gives each address an account of its own.
    // The account stays in use for as long as the room that the client has created exists.
    let mut numbers = 0..;
    let (rooms, status) = repeat(|| {
        let number = numbers.next().expect("there are more");
        create_room(&server, Ipv4Addr::from_bits(LIMITED.to_bits() + number as u32), number)
    });
    assert_eq!((rooms.len(), status), (ACCOUNTS + FACTOR, 429));
    check_refused(&server, "client_rooms");
}

#[test]
fn seats_that_a_room_keeps_for_a_client_are_limited() {
    let mut options = server_options(room_options().with(|room| room.seats = 100), empty_arena());
    options.admission.limits.client.joins_per_second = 1_000;
    let server = TestServer::start_with::<World>(options);
    let join = |_| {
        let connection = open(&server, LIMITED, None).expect("an upgrade");
        let hello = Hello::new::<Arena>(player("Ada"), Viewport::default());
        let mut joined = Client::<Arena>::greet(connection, hello).expect("a seat is free");
        // `tick` acknowledges the first snapshot. Without an acknowledgement, the room would not keep the seat when the
        // connection is lost.
        joined.tick();
        joined
    };
    let mut players: Vec<_> = (0..=KEPT_SEATS_PER_CLIENT_MAX).map(join).collect();
    let (room, last) = (players[0].welcome.room.to_string(), players[1].token());
    let wait_for_counts = |what, connected: usize, seats: usize| {
        let expected = [connected as f64, seats as f64];
        wait_for(&server, what, |page| ["tickcast_sessions", "tickcast_players"].map(|name| page.value(name)) == expected);
    };
    let first = players.remove(0).token();
    wait_for_counts("the first seat is kept", KEPT_SEATS_PER_CLIENT_MAX, KEPT_SEATS_PER_CLIENT_MAX + 1);
    drop(players);
    wait_for_counts("the limit is reached", 0, KEPT_SEATS_PER_CLIENT_MAX);
    let has_resumed = |token| Client::<Arena>::resume(server.address(), &room, "Ada", token).map(|it| it.has_resumed());
    assert_eq!([first, last].map(has_resumed), [Ok(false), Ok(true)], "the seat lost first is free");
}

#[test]
fn time_of_ticks_that_wait_for_the_store_is_limited() {
    let ticks = |page: &Page| page.value("tickcast_ticks_total");
    let held = |page: &Page| page.value("tickcast_ticks_held_by_store_total");
    let store = Arc::new(MemoryStore::default());
    let (options, in_use) = (server_options(room_options(), empty_arena()), Arc::clone(&store));
    let server = TestServer::start_configured::<World>(options, |builder| builder.store(in_use));
    let mut ada = Client::<Arena>::join(server.address(), "stored", "Ada").expect("a seat is free");
    ada.tick();
    store.inject(Fault::Stall);
    let before = wait_for(&server, "the room waits", |page| held(page) > 0.0);
    let after = wait_for(&server, "the room waits longer", |page| held(page) > held(&before) + 10.0);
    assert_eq!(ticks(&after), ticks(&before), "the room does not tick");
    store.inject(Fault::None);
    store.complete(1);
    for _ in 0..60 {
        let expected = ada.now().next();
        ada.tick();
        assert_eq!(ada.now(), expected, "no tick is lost");
    }
}

#[test]
fn event_streams_of_a_client_are_limited() {
    let server = start_limited(|limits| limits.event_streams = 2);
    let (streams, status) = repeat(|| subscribe(&server, LIMITED));
    assert_eq!((streams.len(), status), (2, 429));
    check_refused(&server, "client_event_streams");
}

#[test]
fn rooms_and_subscribers_of_a_server_are_limited() {
    // Each connection needs two open files, because this process is both the server and the client.
    let _ = tickcast_platform::raise_open_files_limit();
    let server = start(|_| {});
    let mut numbers = 0..;
    let (rooms, status) = repeat(|| create_room(&server, Ipv4Addr::LOCALHOST, numbers.next().expect("there are more")));
    assert_eq!((rooms.len(), status), (lobby::ROOMS_MAX, 503));
    let (streams, status) = repeat(|| subscribe(&server, Ipv4Addr::LOCALHOST));
    assert_eq!((streams.len(), status), (room_list_feed::SUBSCRIBERS_MAX, 503));
    ["room_limit", "event_streams_full"].iter().for_each(|reason| check_refused(&server, reason));
}

#[test]
fn only_some_refused_connections_are_answered() {
    let server = start_limited(|limits| limits.connections = 1);
    let _held = open(&server, LIMITED, None).expect("an upgrade");
    let (answers, ()) = repeat(|| {
        let mut stream = connect(&server, LIMITED);
        let mut response = String::new();
        // Writing or reading fails if the server has already closed the connection.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let _ = stream.read_to_string(&mut response);
        if response.starts_with("HTTP/1.1 429 ") { Ok(()) } else { Err(()) }
    });
    assert!(answers.len() >= ClientLimits::PLAYERS as usize, "{} answers", answers.len());
}

#[test]
fn only_some_refused_connections_stay_open_for_an_answer() {
    /// Number of connections that the test opens between two reads of the metrics. A refused connection stays open for only
    /// one second, and the test must open more than `REFUSED_MAX` connections within this time. It therefore reads the
    /// metrics rarely.
    const BATCH: usize = 64;
    let server = start(|admission| admission.limits.connections_max = 1);
    let _held = open(&server, Ipv4Addr::LOCALHOST, None).expect("an upgrade");
    // These connections send no requests. The server keeps up to `REFUSED_MAX` of them open without counting a refusal. It
    // closes further connections at once, and counts those.
    let (silent, ()) = repeat(|| {
        let streams = [(); BATCH].map(|()| connect(&server, Ipv4Addr::LOCALHOST));
        let is_counted = refused(&Page::read(server.admin_address()), "server_full") > 0.0;
        if is_counted { Err(()) } else { Ok(streams) }
    });
    assert!(BATCH * (silent.len() + 1) > control::REFUSED_MAX, "{} batches stay open", silent.len());
}

#[test]
fn only_some_refused_upgrades_are_explained() {
    let server = start(|admission| admission.limits.connections_max = 1);
    let _held = open(&server, Ipv4Addr::LOCALHOST, None).expect("an upgrade");
    let (explained, status) = repeat(|| {
        let stream = connect(&server, Ipv4Addr::LOCALHOST);
        let opened = Connection::upgrade(stream, server.address(), "", &[("Sec-WebSocket-Protocol", SUBPROTOCOL)]);
        opened.map(|_| ()).map_err(|response| response.status().as_u16())
    });
    assert!(explained.len() >= 2 * control::EXPLANATIONS_PER_SECOND as usize, "{} explanations", explained.len());
    assert_eq!(status, 503);
}
