//! Orderly shutdown: the server refuses new connections, asks its clients to reconnect, and stops in time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tickcast::TlsOptions;
use tickcast_arena::{Arena, Controls, World};
use tickcast_protocol::{CloseReason, ServerMessage};

use crate::client::{Client, Connection};
use crate::http::request;
use crate::metrics::wait_for;
use crate::test_certificate::{CertificateFiles, TestCertificate};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

type Player = Client<Arena>;

/// Reads until the Close frame. Returns the reconnect delay that the server announced, and the close reason.
fn read_shutdown(connection: &mut Connection) -> (Option<u16>, CloseReason) {
    let mut reconnect_after_ms = None;
    loop {
        match connection.read::<Arena>() {
            Ok(ServerMessage::Drain(ms)) => reconnect_after_ms = Some(ms),
            Ok(_) => {}
            Err(code) => return (reconnect_after_ms, CloseReason::from_code(code).expect("the code is specified")),
        }
    }
}

#[test]
fn clients_are_asked_to_reconnect_at_different_times() {
    let mut server = TestServer::arena(room_options());
    let join = |number| Player::join(server.address(), "", &format!("Ada {number}")).expect("a seat is free");
    let mut players: Vec<_> = (0..4).map(join).collect();
    players[0].tick();
    players[0].hold(Controls::default());
    server.stop();
    let mut delays_ms: Vec<u16> = Vec::new();
    for player in &mut players {
        let (reconnect_after_ms, reason) = read_shutdown(&mut player.connection);
        assert_eq!(reason, CloseReason::ServerShutdown);
        delays_ms.push(reconnect_after_ms.expect("the delay precedes the Close frame"));
    }
    assert!(delays_ms.iter().all(|ms| *ms <= 1000), "{delays_ms:?}");
    delays_ms.dedup();
    assert!(delays_ms.len() > 1, "the delays differ: {delays_ms:?}");
}

#[test]
fn a_client_that_does_not_read_does_not_delay_the_shutdown() {
    let mut server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat is free");
    ada.tick();
    let start = Instant::now();
    server.stop();
    drop(server);
    assert!(start.elapsed() < TestServer::DRAIN + Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn joins_and_new_rooms_are_refused_during_the_shutdown() {
    let mut server = TestServer::arena(room_options());
    // This client does not answer the Close frame, so the shutdown is still in progress during the requests below.
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat is free");
    ada.tick();
    server.stop();
    assert_eq!(read_shutdown(&mut ada.connection).1, CloseReason::ServerShutdown);
    assert_eq!(Connection::open(server.address(), "").err(), Some(503));
    for address in [server.address(), server.admin_address()] {
        let response = request(address, "GET", "/readyz", "");
        assert_eq!((response.status, response.body.as_str()), (503, "draining\n"));
    }
    assert_eq!(request(server.address(), "POST", "/api/rooms", "{\"name\": \"late\"}").status, 503);
    // The server refuses a new event stream, because the stream would stay open until the drain time is over.
    assert_eq!(request(server.address(), "GET", "/api/rooms/events", "").status, 503);
}

#[test]
fn unfinished_requests_and_handshakes_do_not_delay_the_shutdown() {
    /// The test takes this long only if a connection delays the shutdown.
    const LONG: Duration = Duration::from_secs(60);
    let files = CertificateFiles::write(&TestCertificate::generate());
    let head: &[u8] = b"GET /healthz HTTP/1.1\r\nHo";
    // The header of a TLS record of 512 bytes, and the first byte of the handshake message that the record contains.
    let hello: &[u8] = &[0x16, 3, 1, 2, 0, 1];
    for (is_encrypted, sent) in [(false, [b"", head]), (true, [b"", hello])] {
        let mut options = server_options(room_options(), empty_arena());
        (options.drain, options.timeouts.request) = (LONG, LONG);
        options.tls = is_encrypted.then(|| TlsOptions::new(&files.certificate, &files.key));
        let server = TestServer::start_with::<World>(options);
        let _unfinished = sent.map(|bytes| {
            let mut stream = TcpStream::connect(server.address()).expect("the server listens");
            stream.write_all(bytes).expect("the connection is open");
            stream
        });
        wait_for(&server, "the connections are open", |page| page.value("tickcast_connections") == 2.0);
        let start = Instant::now();
        drop(server);
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    }
}

#[test]
fn a_request_whose_body_is_incomplete_is_refused_at_the_end_of_the_shutdown() {
    /// The test takes this long only if the request delays the shutdown.
    const LONG: Duration = Duration::from_secs(60);
    let mut options = server_options(room_options(), empty_arena());
    (options.drain, options.timeouts.request) = (LONG, LONG);
    let mut server = TestServer::start_with::<World>(options);
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n";
    write!(stream, "{head}Expect: 100-continue\r\n\r\n").expect("the connection is open");
    let mut started = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut started).expect("the server waits for the body");
    stream.write_all(b"{").expect("the connection is open");
    let start = Instant::now();
    server.stop();
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the server ends the connection");
    assert!(response.starts_with("HTTP/1.1 503 ") && response.contains("shutting down"), "{response}");
    drop(server);
    assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
}
