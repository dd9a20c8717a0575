//! Admission: which upgrade requests are refused, and with which status.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tickcast::{AdmissionLimits, AdmissionOptions, TrustedProxies};
use tickcast_arena::{Arena, World};
use tickcast_protocol::codec::SUBPROTOCOL;

use crate::client::{Client, Connection};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

/// Status and `Retry-After` header of a refusal.
type Refusal = (u16, Option<String>);

/// Starts a server with these limits.
fn start_limited(connections_max: usize, connections_per_address_max: usize, joins_per_second: u32) -> TestServer {
    let mut admission = AdmissionOptions::default();
    admission.limits.connections_max = connections_max;
    admission.limits.connections_per_address_max = connections_per_address_max;
    admission.limits.joins_per_second = joins_per_second;
    admission.allowed_origins = vec!["https://play.example".parse().expect("the origin is valid")];
    start(admission)
}

fn start(admission: AdmissionOptions) -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    options.admission = admission;
    TestServer::start_with::<World>(options)
}

/// Sends an upgrade request, optionally with an additional header.
fn open(address: SocketAddr, header: Option<(&'static str, &str)>) -> Result<Connection, Refusal> {
    let headers: Vec<_> = [("Sec-WebSocket-Protocol", SUBPROTOCOL)].into_iter().chain(header).collect();
    Connection::open_with(address, "", &headers).map_err(|response| {
        let retry_after = response.headers().get("Retry-After").map(|value| value.to_str().expect("ASCII").to_owned());
        (response.status().as_u16(), retry_after)
    })
}

#[test]
fn only_the_servers_own_and_allowed_origins_are_admitted() {
    let server = start_limited(50, 50, 50);
    let address = server.address();
    let check = |origin: &str, expected: Option<u16>| {
        let status = open(address, Some(("Origin", origin))).err().map(|(status, _)| status);
        assert_eq!(status, expected, "{origin}");
    };
    check(&format!("http://{address}"), None);
    check("https://play.example", None);
    check("https://evil.example", Some(403));
    check("null", Some(403));
    assert!(open(address, None).is_ok(), "clients other than browsers send no Origin header");
}

/// DNS rebinding: an attacker's name resolves to the server's address, so the page's origin equals the `Host` header.
#[test]
fn a_page_loaded_under_an_unknown_name_of_the_server_is_refused() {
    let mut admission = AdmissionOptions::default();
    admission.allowed_hosts = vec!["game.example".parse().expect("the name is valid")];
    let server = start(admission);
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
fn a_full_server_refuses_connections_until_one_ends() {
    let server = start_limited(2, 50, 50);
    let first = open(server.address(), None).expect("the limit is two");
    let _second = open(server.address(), None).expect("the limit is two");
    assert_eq!(open(server.address(), None).err(), Some((503, Some("10".to_owned()))));
    drop(first);
    while let Err((status, _)) = open(server.address(), None) {
        assert_eq!(status, 503);
    }
}

#[test]
fn the_largest_limits_admit_connections() {
    let server = start_limited(usize::MAX, usize::MAX, u32::MAX);
    let _open = [(); 3].map(|()| open(server.address(), None).expect("the limits are not reached"));
}

#[test]
fn connections_per_address_are_limited() {
    let server = start_limited(50, 2, 50);
    let _open = [(); 2].map(|()| open(server.address(), None).expect("the limit is two"));
    assert_eq!(open(server.address(), None).err(), Some((429, Some("10".to_owned()))));
}

#[test]
fn joins_per_address_are_rate_limited() {
    let server = start_limited(50, 50, 1);
    let refusals: Vec<_> = (0..6).filter_map(|_| open(server.address(), None).err()).collect();
    assert!(refusals.contains(&(429, Some("1".to_owned()))), "{refusals:?}");
}

#[test]
fn forwarding_headers_count_only_from_trusted_proxies() {
    let check = |trusted: &str, expected: [Option<u16>; 3]| {
        let mut limits = AdmissionLimits::default();
        limits.connections_per_address_max = 1;
        let mut admission = AdmissionOptions::default();
        admission.limits = limits;
        admission.trusted_proxies = TrustedProxies::new(vec![trusted.parse().expect("the network is valid")]);
        let server = start(admission);
        let opened = ["198.51.100.1", "198.51.100.1", "198.51.100.2"]
            .map(|client| open(server.address(), Some(("X-Forwarded-For", client))));
        let statuses = opened.each_ref().map(|opened| opened.as_ref().err().map(|(status, _)| *status));
        assert_eq!(statuses, expected, "{trusted}");
    };
    check("127.0.0.0/8", [None, Some(429), None]);
    check("10.0.0.0/8", [None, Some(429), Some(429)]);
}

#[test]
fn an_admitted_client_can_play() {
    let server = start_limited(50, 50, 50);
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
}
