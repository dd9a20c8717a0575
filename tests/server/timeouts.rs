//! Timeouts of connections whose clients are slow, idle or do not read.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tickcast::Timeouts;
use tickcast_arena::{Arena, Options, World};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{ClientMessage, CloseReason, GameProtocol, Hello, Role, Tick, Viewport};
use tungstenite::Message;

use crate::client::{Client, Connection};
use crate::metrics::wait_for;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

/// A timeout that no test reaches.
const NEVER: Duration = Duration::from_secs(60);
/// Maximum time for which a test waits for the server. It is long, because the machine may be busy.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
/// Interval between the bytes or messages of a slow client.
const SLOW_INTERVAL: Duration = Duration::from_millis(20);

/// Timeouts that are too long to elapse in a test, except for those that `shorten` sets.
pub fn timeouts(shorten: impl FnOnce(&mut Timeouts)) -> Timeouts {
    let mut timeouts = Timeouts::default();
    for timeout in [
        &mut timeouts.request,
        &mut timeouts.hello,
        &mut timeouts.join,
        &mut timeouts.idle,
        &mut timeouts.write,
        &mut timeouts.close,
    ] {
        *timeout = NEVER;
    }
    shorten(&mut timeouts);
    timeouts
}

fn start(world: Options, timeouts: Timeouts) -> TestServer {
    let mut options = server_options(room_options(), world);
    options.timeouts = timeouts;
    TestServer::start_with::<World>(options)
}

/// Starts a server whose request timeout is short.
fn start_with_request_timeout() -> TestServer {
    start(empty_arena(), timeouts(|timeouts| timeouts.request = Duration::from_millis(600)))
}

fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).expect("the server listens")
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Sends up to 100 bytes, one every 100 ms, and returns whether the server has ended the connection meanwhile.
fn is_ended_while_sending(stream: &mut TcpStream, byte: u8) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("the timeout is not zero");
    (0..100).any(|_| {
        if stream.write_all(&[byte]).is_err() {
            return true;
        }
        match stream.read(&mut [0; 4096]) {
            Ok(received) => received == 0,
            Err(error) => !is_timeout(&error),
        }
    })
}

#[test]
fn a_request_head_that_arrives_slowly_is_aborted() {
    let server = start_with_request_timeout();
    let mut stream = connect(server.address());
    stream.write_all(b"GET / HTTP/1.1\r\nX-Endless: ").expect("the connection is open");
    assert!(is_ended_while_sending(&mut stream, b'a'));
}

#[test]
fn the_request_timeout_applies_to_later_requests_of_a_connection() {
    let server = start_with_request_timeout();
    let mut stream = connect(server.address());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /").expect("the connection is open");
    assert!(is_ended_while_sending(&mut stream, b'a'));
}

#[test]
fn a_request_body_that_arrives_slowly_is_aborted() {
    let server = start_with_request_timeout();
    let mut stream = connect(server.address());
    let head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("the connection is open");
    assert!(is_ended_while_sending(&mut stream, b' '));
}

#[test]
fn a_client_that_sends_no_hello_is_closed() {
    let server = start(empty_arena(), timeouts(|timeouts| timeouts.hello = Duration::from_millis(600)));
    let mut connection = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    assert_eq!(connection.read_close::<Arena>(), CloseReason::HelloTimeout);
}

#[test]
fn a_client_that_only_pings_is_closed_as_idle_and_keeps_its_seat() {
    let server = start(empty_arena(), timeouts(|timeouts| timeouts.idle = Duration::from_millis(1500)));
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    for number in 0..40 {
        ada.connection.send::<Arena>(&ClientMessage::Ping(number));
    }
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::IdleTimeout);
    let ada = Client::<Arena>::resume(server.address(), "duel", "Ada", ada.token()).expect("a seat is free");
    assert!(ada.has_resumed());
}

/// A world so large that a full snapshot of it has about 45 KB.
const LARGE_WORLD: Options = Options { world_size: 8192, rocks: 2000, orbs: 2000, round_s: 0 };

/// Joins as a spectator over a socket with a small receive window. A spectator sees the whole world, so its full snapshots
/// are as large as possible.
pub fn join_with_small_window<G: GameProtocol>(server: &TestServer) -> Client<G> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("the system supports TCP");
    socket.set_recv_buffer_size(4096).expect("the size is valid");
    socket.connect(&server.address().into()).expect("the server listens");
    let headers = [("Sec-WebSocket-Protocol", SUBPROTOCOL)];
    let connection = Connection::upgrade(socket.into(), server.address(), "?room=large", &headers)
        .expect("the server accepts the upgrade");
    let hello = Hello::new::<G>(Role::Spectator, Viewport::default());
    Client::greet(connection, hello).expect("the room admits spectators")
}

/// Repeats `action` until the server has ended the connection. Then checks that the metrics count the closed session under
/// this reason.
fn check_ended(timeouts: Timeouts, reason: &str, action: impl Fn(&mut Connection, u32) -> io::Result<()>) {
    let server = start(LARGE_WORLD, timeouts);
    let mut connection = join_with_small_window::<Arena>(&server).connection;
    connection.0.get_mut().set_read_timeout(Some(Duration::from_millis(50))).expect("the timeout is not zero");
    let start = Instant::now();
    let mut repetitions = 0..;
    while action(&mut connection, repetitions.next().expect("the range has no end")).is_ok() {
        assert!(start.elapsed() < WAIT_TIMEOUT, "the connection is still open");
        sleep(SLOW_INTERVAL);
    }
    let page = wait_for(&server, "the connection and the session have ended", |page| {
        page.value("tickcast_connections") == 0.0 && page.value("tickcast_sessions") == 0.0
    });
    for label in ["connection_lost", "idle_timeout", "slow_consumer", "rate_limited"] {
        let expected = if label == reason { 1.0 } else { 0.0 };
        assert_eq!(page.sessions_closed(label), expected, "{label}");
    }
}

/// Sends a message and reads nothing. Every 60th message is a resync request. The full snapshots in response fill the
/// server's send buffer. The test ends before it has sent enough resync requests to exceed their rate limit.
fn send_without_reading(connection: &mut Connection, repetition: u32) -> io::Result<()> {
    let message = match repetition % 60 {
        0 => ClientMessage::Resync,
        _ => ClientMessage::Acknowledge(Tick(1_000_000)),
    };
    let bytes = codec::encode_client::<Arena>(&message);
    connection.0.send(Message::Binary(bytes.into())).map_err(io::Error::other)
}

/// Reads 512 bytes and sends nothing.
fn read_slowly(connection: &mut Connection, _: u32) -> io::Result<()> {
    match connection.0.get_mut().read(&mut [0; 512]) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Err(error) if !is_timeout(&error) => Err(error),
        _ => Ok(()),
    }
}

#[test]
fn a_client_that_does_not_read_is_aborted_by_the_write_timeout_although_it_sends() {
    let timeouts = timeouts(|timeouts| timeouts.write = Duration::from_secs(1));
    check_ended(timeouts, "connection_lost", send_without_reading);
}

/// While a client does not read, its session handles none of the messages that the client sends. The session therefore
/// reaches the idle timeout. The session cannot send its Close frame to the client, so the close timeout ends the
/// connection.
#[test]
fn a_client_that_does_not_read_is_aborted_by_the_close_timeout() {
    check_ended(idle_and_close_timeouts(), "connection_lost", send_without_reading);
}

#[test]
fn a_client_that_reads_slowly_is_aborted_by_the_close_timeout_before_it_has_read_the_close_frame() {
    check_ended(idle_and_close_timeouts(), "idle_timeout", read_slowly);
}

fn idle_and_close_timeouts() -> Timeouts {
    timeouts(|timeouts| {
        timeouts.idle = Duration::from_secs(1);
        timeouts.close = Duration::from_millis(500);
    })
}
