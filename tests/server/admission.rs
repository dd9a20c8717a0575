//! Admission: which connections and requests are refused, and how the server responds to them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};
use tickcast::admission::control::REFUSED_MAX;
use tickcast::{AdmissionOptions, TrustedProxies};
use tickcast_arena::{Arena, World};
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::SUBPROTOCOL;

use crate::client::{Client, Connection, hello, player};
use crate::http::{Response, request_over};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

/// An address to which the limits per client apply. By default, 127.0.0.1 is exempt from them.
pub const LIMITED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Status of a refused upgrade.
pub type Status = u16;

/// Starts a server with changed admission options.
pub fn start(change: impl FnOnce(&mut AdmissionOptions)) -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    change(&mut options.admission);
    TestServer::start_with::<World>(options)
}

/// Connects from this address.
pub fn connect(server: &TestServer, from: Ipv4Addr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("sockets are available");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("a loopback address");
    socket.connect(&server.address().into()).expect("the server listens");
    socket.into()
}

/// Opens a WebSocket from this address, optionally with an additional header.
pub fn open(server: &TestServer, from: Ipv4Addr, header: Option<(&'static str, &str)>) -> Result<Connection, Status> {
    let headers: Vec<_> = [("Sec-WebSocket-Protocol", SUBPROTOCOL)].into_iter().chain(header).collect();
    let opened = Connection::upgrade(connect(server, from), server.address(), "", &headers);
    opened.map_err(|response| response.status().as_u16())
}

/// Requests `/healthz` from this address.
pub fn get(server: &TestServer, from: Ipv4Addr) -> Response {
    request_over(connect(server, from), "GET", "/healthz", "Host: x\r\n", "")
}

/// Sends a Hello over an upgraded connection. If the server closes the connection, returns the reason. If the server
/// answers with a message, returns `None`.
pub fn close_reason(mut opened: Connection) -> Option<CloseReason> {
    opened.send(&hello::<Arena>(player("Ada")));
    opened.read::<Arena>().err().map(|code| CloseReason::from_code(code).expect("a reason has this code"))
}

#[test]
fn only_the_servers_own_and_allowed_origins_are_admitted() {
    let server = start(|admission| admission.allowed_origins = vec!["https://play.example".parse().expect("an origin")]);
    let check = |origin: &str, expected: Option<Status>| {
        let status = open(&server, Ipv4Addr::LOCALHOST, Some(("Origin", origin))).err();
        assert_eq!(status, expected, "{origin}");
    };
    check(&format!("http://{}", server.address()), None);
    check("https://play.example", None);
    check("https://evil.example", Some(403));
    check("null", Some(403));
    assert!(open(&server, LIMITED, None).is_ok(), "clients other than browsers send no Origin header");
}

/// DNS rebinding: an attacker's name resolves to the server's address, so the page's origin equals the `Host` header.
#[test]
fn a_page_loaded_under_an_unknown_name_of_the_server_is_refused() {
    let server = start(|admission| admission.allowed_hosts = vec!["game.example".parse().expect("the name is valid")]);
    let check = |host: &str, expected: [u16; 2]| {
        let origin = format!("Origin: http://{host}\r\nHost: {host}\r\n");
        let statuses = [
            format!(
                "GET /ws HTTP/1.1\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
            ),
            format!(
                "POST /api/rooms HTTP/1.1\r\n{origin}Content-Type: application/json\r\nContent-Length: 17\r\n\r\n\
                 {{\"name\": \"lobby\"}}"
            ),
        ]
        .map(|request| status(server.address(), &request));
        assert_eq!(statuses, expected, "{host}");
    };
    check("rebound.example", [403, 403]);
    check("game.example", [101, 201]);
}

/// Sends a request and returns the status of the response.
fn status(address: SocketAddr, request: &str) -> u16 {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(request.as_bytes()).expect("the connection is open");
    let mut start = [0; 12];
    stream.read_exact(&mut start).expect("the server responds");
    str::from_utf8(&start[9..]).ok().and_then(|status| status.parse().ok()).expect("the status is a number")
}

#[test]
fn a_full_server_says_so_until_a_connection_ends() {
    let server = start(|admission| admission.limits.connections_max = 2);
    let open = || open(&server, Ipv4Addr::LOCALHOST, None).expect("the server explains refusals");
    let (first, _second) = (open(), open());
    assert_eq!(close_reason(open()), Some(CloseReason::ServerFull));
    let refused = get(&server, Ipv4Addr::LOCALHOST);
    assert!(refused.status == 503 && refused.head.contains("retry-after: 10"), "{}", refused.head);
    drop(first);
    while let Some(reason) = close_reason(open()) {
        assert_eq!(reason, CloseReason::ServerFull);
    }
}

#[test]
fn the_largest_limits_on_connections_admit_connections() {
    // The server adds `REFUSED_MAX` to the limit. For both limits, the sum exceeds `usize::MAX`. If the addition wrapped
    // around, the sum for the second limit would be 1, and a worker would accept only one connection at a time.
    for connections_max in [usize::MAX, usize::MAX - REFUSED_MAX + 2] {
        let server = start(|admission| admission.limits.connections_max = connections_max);
        let open = [(); 3].map(|()| open(&server, Ipv4Addr::LOCALHOST, None).expect("the limit is not reached"));
        // If a worker accepted only one connection at a time, it would have closed the first connection after the Hello
        // timeout, and only then accepted the next one.
        assert_eq!(open.map(close_reason), [None; 3], "{connections_max}");
    }
}

#[test]
fn connections_of_a_client_are_limited() {
    let server = start(|admission| admission.limits.client.connections = 2);
    let open = |from| open(&server, from, None).expect("the server explains refusals");
    let held = [(); 2].map(|()| open(LIMITED));
    assert_eq!(close_reason(open(LIMITED)), Some(CloseReason::TooManyConnections));
    let refused = get(&server, LIMITED);
    assert!(refused.status == 429 && refused.head.contains("retry-after: 10"), "{}", refused.head);
    assert_eq!(close_reason(open(Ipv4Addr::new(127, 0, 0, 3))), None, "another client");
    drop(held);
}

#[test]
fn localhost_is_exempt_from_the_limits_of_a_client() {
    let server = start(|admission| admission.limits.client.connections = 1);
    let open = [(); 8].map(|()| open(&server, Ipv4Addr::LOCALHOST, None).expect("an upgrade"));
    assert!(open.into_iter().all(|opened| close_reason(opened).is_none_or(|reason| reason == CloseReason::RoomFull)));
}

#[test]
fn joins_of_a_client_are_limited() {
    let server = start(|admission| admission.limits.client.joins_per_second = 1);
    let open = [(); 4].map(|()| open(&server, LIMITED, None).expect("an upgrade is not a join"));
    let reasons = open.map(close_reason);
    assert!(reasons[0].is_none() && reasons.contains(&Some(CloseReason::TooManyJoins)), "{reasons:?}");
}

#[test]
fn forwarding_headers_count_only_from_trusted_proxies() {
    let check = |trusted: &str, expected: [bool; 3]| {
        let server = start(|admission| {
            admission.limits.client.connections = 1;
            admission.trusted_proxies = TrustedProxies::new(vec![trusted.parse().expect("a network")]);
        });
        let mut held = Vec::new();
        let admitted = ["198.51.100.1", "198.51.100.1", "198.51.100.2"].map(|client| {
            let opened = open(&server, LIMITED, Some(("X-Forwarded-For", client)));
            let mut opened = opened.expect("the server explains refusals");
            opened.send(&hello::<Arena>(player("Ada")));
            let is_admitted = opened.read::<Arena>().is_ok();
            held.push(opened);
            is_admitted
        });
        assert_eq!(admitted, expected, "{trusted}");
    };
    check("127.0.0.0/8", [true, false, true]);
    check("10.0.0.0/8", [true, false, false]);
}

#[test]
fn an_admitted_client_can_play() {
    let server = start(|_| {});
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
}
