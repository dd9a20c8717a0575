//! Clients that are slow, stuck or gone: their connections end by their deadlines, whatever they are stuck in.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tickcast::ServerOptions;
use tickcast::Timeouts;
use tickcast_arena::Arena;
use tickcast_arena::World;
use tickcast_protocol::{ClientMessage, CloseReason, Role, Tick, codec};
use tickcast_room::RoomOptions;
use tungstenite::Message;

use crate::client::{Client, Wire, hello};
use crate::hosting::{Hosted, empty_arena, host_with, options, quiet};
use crate::metrics::wait_for;

/// Timeouts that a test can wait for.
const SHORT: Timeouts = Timeouts {
    request: Duration::from_millis(600),
    hello: Duration::from_millis(600),
    joining: Duration::from_secs(5),
    silence: Duration::from_millis(1500),
    stall: Duration::from_secs(1),
    goodbye: Duration::from_millis(500),
};
/// A test that waits for longer has failed.
const PATIENCE: Duration = Duration::from_secs(12);

fn host_short(room: RoomOptions) -> Hosted {
    host_with::<World>(ServerOptions { timeouts: SHORT, ..options(room, empty_arena()) })
}

/// A room that has very much to tell.
fn busy() -> RoomOptions {
    RoomOptions { tick_rate: 120, ai_players: 500, ..quiet() }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Sends a byte now and then until the server is tired of it; true if it has ended the connection.
fn dribble(stream: &mut TcpStream, bytes: impl Iterator<Item = u8>) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            return true;
        }
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return true,
        }
    }
    false
}

#[test]
fn a_request_that_dribbles_in_is_cut() {
    let server = host_short(quiet());
    let head = b"GET / HTTP/1.1\r\nX-Endless: ".iter().copied();
    assert!(dribble(&mut connect(server.address()), head.chain(std::iter::repeat_n(b'a', 100))));
}

#[test]
fn the_second_request_of_a_connection_has_no_more_time_than_the_first() {
    let server = host_short(quiet());
    let mut stream = connect(server.address());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /").expect("it takes requests");
    assert!(dribble(&mut stream, std::iter::repeat_n(b'a', 100)));
}

#[test]
fn a_body_that_dribbles_in_is_cut() {
    let server = host_short(quiet());
    let mut stream = connect(server.address());
    stream
        .write_all(b"POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n")
        .expect("it takes requests");
    assert!(dribble(&mut stream, std::iter::repeat_n(b' ', 100)));
}

#[test]
fn who_never_says_hello_is_told_so() {
    let server = host_short(quiet());
    let mut wire = Wire::open(server.address(), "").expect("the upgrade is granted");
    assert_eq!(wire.read_close::<Arena>(), CloseReason::HelloTimeout);
}

#[test]
fn who_only_pings_is_silent() {
    let server = host_short(quiet());
    let mut mute = Client::<Arena>::join(server.address(), "duel", "Mute").expect("a seat");
    for number in 0..40 {
        mute.wire.send::<Arena>(&ClientMessage::Ping(number));
    }
    assert_eq!(mute.wire.read_close::<Arena>(), CloseReason::IdleTimeout);
    let back = Client::<Arena>::resume(server.address(), "duel", "Mute", mute.token()).expect("a seat");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed), "who was silent has kept the seat");
}

/// A client whose window is small joins a room that has very much to tell, and spends its time in some other way than reading
/// all of it, until that is no longer possible.
fn check_cut(mut spend: impl FnMut(&mut Wire) -> std::io::Result<()>) {
    let server = host_short(busy());
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small window");
    socket.connect(&server.address().into()).expect("the server listens");
    let mut wire = Wire::over(socket.into(), server.address(), "?room=busy").expect("the upgrade is granted");
    wire.send::<Arena>(&hello(Role::Spectator));
    assert!(wire.read::<Arena>().is_ok(), "a welcome");
    let deadline = Instant::now() + PATIENCE;
    wire.0.get_mut().set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    while spend(&mut wire).is_ok() {
        assert!(Instant::now() < deadline, "it is not cut");
    }
    while server.connections() > 0 {
        assert!(Instant::now() < deadline, "its connection stays");
        std::thread::yield_now();
    }
    wait_for(&server, "its end is counted", |page| {
        let ends = ["lost", "silent"].map(|why| page.value(&format!("tickcast_closes_total{{reason=\"{why}\"}}")));
        ends.iter().sum::<f64>() == 1.0 && page.value("tickcast_sessions") == 0.0
    });
}

#[test]
fn who_reads_nothing_is_cut_though_it_says_that_it_has_applied_everything() {
    check_cut(|wire| {
        std::thread::sleep(Duration::from_millis(20));
        let lie = codec::encode_client::<Arena>(&ClientMessage::Acknowledge(Tick(1_000_000)));
        wire.0.send(Message::Binary(lie.into())).map_err(|_| ErrorKind::ConnectionReset.into())
    });
}

#[test]
fn who_reads_a_little_now_and_then_is_cut() {
    check_cut(|wire| {
        std::thread::sleep(Duration::from_millis(20));
        match wire.0.get_mut().read(&mut [0; 512]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Err(why) if !matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(why),
            _ => Ok(()),
        }
    });
}
