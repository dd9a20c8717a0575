//! Sessions over WebTransport, on real sockets.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use tickcast::{DatagramListen, Networks, ServerOptions};
use tickcast_arena::{Arena, Controls, Entity, Options, Steering, World};
use tickcast_bots::Brains;
use tickcast_protocol::codec::{self, Record};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role, ServerMessage, Viewport};

use crate::client::{Client, player};
use crate::datagram_client::{DatagramConnection, DatagramPlayer, offer};
use crate::http_fallback::{bots_options, run_bots};
use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};
use crate::timeouts::timeouts;

const THRUST: Controls = Controls { thrust: true, steering: Steering::Ahead, fire: false, dash: false, choice: None };

fn start_with(change: impl FnOnce(&mut ServerOptions<Options>)) -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    options.datagrams = DatagramListen::At(None);
    change(&mut options);
    TestServer::start_with::<World>(options)
}

fn start() -> TestServer {
    start_with(|_| {})
}

fn hello(name: &str) -> Hello {
    Hello::new::<Arena>(player(name), Viewport::default())
}

/// A player who has received a snapshot.
fn playing(server: &TestServer, name: &str) -> DatagramPlayer {
    let mut player = DatagramPlayer::join(server, "main", hello(name)).expect("there is a free seat");
    player.tick().expect("the session is open");
    player
}

#[test]
fn a_player_plays_with_datagrams() {
    let server = start();
    let mut ada = playing(&server, "Ada");
    (0..30).for_each(|_| ada.tick().expect("the session is open"));
    ada.hold(THRUST);
    let is_moving = |entity: Option<&Entity>| matches!(entity, Some(Entity::Ship(ship)) if ship.controls.thrust);
    for _ in 0..120 {
        ada.tick().expect("the session is open");
    }
    assert!(is_moving(ada.avatar()), "the input has arrived");
    assert!(ada.connection.datagrams > 100, "{} snapshots arrived in datagrams", ada.connection.datagrams);
    let page = Page::read(server.admin_address());
    assert_eq!(page.value("tickcast_resync_requests_total"), 0.0);
    assert_eq!(page.value("tickcast_full_snapshots_total"), 1.0);
    ada.connection.close(1000);
    wait_for(&server, "the player has left", |page| page.sessions_closed("left") == 1.0);
}

#[test]
fn players_with_datagrams_and_with_websockets_share_a_room() {
    let server = start();
    let mut ada = playing(&server, "Ada");
    let mut bob = Client::<Arena>::join(server.address(), "main", "Bob").expect("there is a free seat");
    bob.tick_until("the ship of Ada is in view", |bob, _| bob.replica.entities().len() == 2);
    for _ in 0..100 {
        ada.tick().expect("the session is open");
    }
    assert_eq!(ada.replica.entities().len(), 2);
}

#[test]
fn a_session_changes_its_transport_without_a_new_ship() {
    let server = start();
    let mut ada = Client::<Arena>::join(server.address(), "main", "Ada").expect("there is a free seat");
    ada.tick();
    let with = |token| Hello { resume: Some(token), ..hello("Ada") };
    let mut moved = DatagramPlayer::join(&server, "main", with(ada.token())).expect("the seat is kept");
    assert_eq!(moved.welcome.seat.map(|seat| (seat.player, seat.resumed)), Some((ada.player(), true)));
    moved.tick().expect("the session is open");
    let closed = std::iter::from_fn(|| Some(ada.try_tick())).find_map(Result::err);
    assert_eq!(closed, Some(CloseReason::SessionReplaced));
    let token = moved.welcome.seat.expect("the client is a player").token;
    let back = Client::<Arena>::resume(server.address(), "main", "Ada", token).expect("the seat is kept");
    assert!(back.has_resumed());
    let closed = std::iter::from_fn(|| Some(moved.tick())).find_map(Result::err);
    assert_eq!(closed, Some(CloseReason::SessionReplaced));
}

#[test]
fn bots_play_with_datagrams() {
    let server = start();
    let report = run_bots(&server, &["--transport", "datagrams", "--inputs-per-second", "30"]);
    assert_eq!((report.connected, report.failed, report.disconnects), (8, 0, 0), "{report}");
    assert_eq!((report.desyncs, report.decode_errors), (0, 0), "{report}");
    assert!(report.snapshots_received > 0 && report.input_latency_ms.p50 > 0.0, "{report}");
    let page = Page::read(server.admin_address());
    assert!(page.value("tickcast_datagrams_sent_total") >= report.snapshots_received as f64 / 2.0);
    assert_eq!((page.sessions_closed("left"), page.value("tickcast_full_snapshots_total")), (8.0, 8.0));
}

#[test]
fn bots_do_not_play_with_datagrams_if_the_server_accepts_none() {
    let server = start_with(|options| options.datagrams = DatagramListen::Off);
    let options = bots_options(&server, &["--transport", "datagrams"]);
    let error = tickcast_bots::run(&options, Brains::<Arena>::of_game()).expect_err("the server accepts none");
    assert!(error.to_string().contains("no datagrams"), "{error}");
}

#[test]
fn sessions_and_datagrams_are_counted() {
    let server = start();
    let sessions =
        |page: &Page, transport| page.value(&format!("tickcast_transport_sessions{{transport=\"{transport}\"}}"));
    let mut ada = playing(&server, "Ada");
    let _bob = Client::<Arena>::join(server.address(), "main", "Bob").expect("there is a free seat");
    (0..10).for_each(|_| ada.tick().expect("the session is open"));
    let page = Page::read(server.admin_address());
    let open = ["websocket", "http", "datagrams"].map(|transport| sessions(&page, transport));
    assert_eq!(open, [1.0, 0.0, 1.0]);
    let (sent, bytes) = (page.value("tickcast_datagrams_sent_total"), page.value("tickcast_datagrams_sent_bytes_total"));
    assert!(sent >= 10.0 && bytes > 6.0 * sent, "{sent} datagrams of {bytes} bytes");
    assert!(page.value("tickcast_datagrams_received_total") >= 1.0);
    ada.connection.send_datagram(&[0x42; 20]);
    assert_eq!(ada.connection.read_close(), CloseReason::InvalidMessage);
    wait_for(&server, "the session is closed", |page| sessions(page, "datagrams") == 0.0);
    assert_eq!(Page::read(server.admin_address()).value("tickcast_datagrams_invalid_total"), 1.0);
}

#[test]
fn a_client_that_does_not_read_the_stream_is_disconnected() {
    // Shorter than the room's time limit for acknowledgements, which the client continues to send.
    let timeouts = timeouts(|timeouts| {
        timeouts.write = Duration::from_millis(200);
        timeouts.close = Duration::from_millis(200);
    });
    let server = start_with(|options| options.timeouts = timeouts);
    let mut transport = quinn::TransportConfig::default();
    transport.stream_receive_window(20_u8.into());
    let mut eve = DatagramConnection::open_with_transport(&server, transport).expect("the server accepts sessions");
    eve.send(&ClientMessage::Hello(hello("Eve")));
    eve.runtime.block_on(eve.session.closed());
    assert_eq!(Page::read(server.admin_address()).sessions_closed("slow_consumer"), 1.0);
}

#[test]
fn a_connection_does_not_move_to_another_address() {
    let server = start();
    let mut transport = quinn::TransportConfig::default();
    transport.max_idle_timeout(Some(quinn::VarInt::from_u32(500).into()));
    let mut ada = DatagramConnection::open_with_transport(&server, transport).expect("the server accepts sessions");
    ada.move_to(UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).expect("a port is free"));
    ada.send(&ClientMessage::Hello(hello("Ada")));
    // Nothing from the server arrives either.
    ada.runtime.block_on(ada.session.closed());
    let opened = Page::read(server.admin_address()).value("tickcast_sessions_opened_total");
    assert_eq!(opened, 0.0, "the server has received nothing from the new address");
}

/// Sends something.
type Send = Box<dyn Fn(&mut DatagramConnection)>;

#[test]
fn invalid_bytes_close_only_the_session_that_sent_them() {
    let server = start();
    let mut bystander = playing(&server, "Bystander");
    let unsent = |epoch: u8| vec![0x80, epoch, 0xff, 0x7f, 0, 0];
    let record = |message: &[u8]| {
        let mut bytes = Vec::new();
        Record::Message(message).encode_into(&mut bytes);
        bytes
    };
    let invalid: [(&str, CloseReason, Send); 7] = [
        ("not a bundle", CloseReason::InvalidMessage, Box::new(|it| it.send_datagram(&[0x42; 20]))),
        ("an empty datagram", CloseReason::InvalidMessage, Box::new(|it| it.send_datagram(&[]))),
        ("a truncated bundle", CloseReason::InvalidMessage, Box::new(|it| it.send_datagram(&[0x80, 1, 0, 0, 1, 0, 9, 1]))),
        ("a tick that was not sent", CloseReason::InvalidMessage, Box::new(move |it| it.send_datagram(&unsent(1)))),
        ("an invalid message", CloseReason::InvalidMessage, Box::new(|it| it.send_datagram(&[0x80, 0, 0, 0, 1, 0, 1, 99]))),
        ("a message that is too big", CloseReason::MessageTooBig, Box::new(move |it| it.send_raw(&record(&[5; 1281])))),
        ("an invalid record", CloseReason::InvalidMessage, Box::new(|it| it.send_raw(&[77, 0, 0, 0, 0]))),
    ];
    for (what, reason, send) in invalid {
        let mut eve = playing(&server, "Eve");
        send(&mut eve.connection);
        assert_eq!(eve.connection.read_close(), reason, "{what}");
    }
    bystander.tick().expect("the other session is open");
    wait_for(&server, "all are counted", |page| page.sessions_closed("invalid_message") == 6.0);
}

#[test]
fn a_second_stream_closes_the_session() {
    let server = start();
    let mut eve = playing(&server, "Eve");
    let session = eve.connection.session.clone();
    eve.connection.runtime.block_on(async {
        let mut stream = session.open_uni().await.expect("a stream opens");
        stream.write_all(b"x").await.expect("the session is open");
    });
    assert_eq!(eve.connection.read_close(), CloseReason::InvalidMessage);
}

#[test]
fn too_many_datagrams_close_the_session() {
    let server = start();
    let mut eve = playing(&server, "Eve");
    let flood = || {
        (0..20).for_each(|_| eve.connection.send_datagram(&[0x80, 0, 0, 0, 0, 0]));
        Some(eve.connection.read())
    };
    let closed = std::iter::from_fn(flood).find_map(Result::err).and_then(CloseReason::from_code);
    assert_eq!(closed, Some(CloseReason::RateLimited));
}

#[test]
fn a_repeated_input_is_applied_once() {
    let server = start();
    let mut ada = playing(&server, "Ada");
    let acknowledged = ada.replica.tick().expect("a snapshot was received");
    let input = tickcast_protocol::Input { tick: acknowledged.plus(20), acknowledged, controls: THRUST };
    let message = codec::encode_client::<Arena>(&ClientMessage::Input(input));
    let mut datagram = Vec::new();
    ada.connection.link.push(&message, &mut Vec::new());
    ada.connection.link.write_datagram(&mut datagram);
    (0..5).for_each(|_| ada.connection.send_datagram(&datagram));
    let reports = (0..60).filter(|_| {
        ada.tick().expect("the session is open");
        ada.snapshot.as_ref().is_some_and(|snapshot| snapshot.header.report.is_some())
    });
    assert_eq!(reports.count(), 1);
    assert_eq!(Page::read(server.admin_address()).value("tickcast_inputs_total"), 1.0);
}

#[test]
fn requests_that_a_websocket_could_not_open_are_refused() {
    let server = start();
    let open = |path: &str, origin: &'static str| {
        DatagramConnection::open_with(&server, Ipv4Addr::LOCALHOST, path, |request| {
            let value = http::HeaderValue::from_static(origin);
            if origin.is_empty() { request } else { request.with_header(http::header::ORIGIN, value) }
        })
    };
    assert!(open("/wt?room=main", "").is_ok());
    assert!(open("/elsewhere?room=main", "").is_err());
    assert!(open("/wt?room=not%20valid", "").is_err());
    assert!(open("/wt?room=main", "https://evil.example").is_err());
    let page = Page::read(server.admin_address());
    assert_eq!(page.value("tickcast_requests_refused_total{reason=\"origin_not_allowed\"}"), 1.0);
}

#[test]
fn connections_count_against_the_limits_of_their_client() {
    let server = start_with(|options| {
        options.admission.exempt_networks = Networks::new(Vec::new());
        options.admission.limits.client.connections = 1;
    });
    let open = || DatagramConnection::open_with(&server, Ipv4Addr::new(127, 0, 0, 2), "/wt", |request| request);
    let first = open().expect("the limit is not reached");
    assert!(open().is_err(), "the limit is reached");
    first.close(1000);
    wait_for(&server, "the connection has ended", |page| page.value("tickcast_connections") <= 1.0);
    open().expect("the first connection has ended");
}

#[test]
fn a_client_without_a_hello_is_disconnected() {
    let timeouts = timeouts(|timeouts| timeouts.hello = Duration::from_millis(50));
    let server = start_with(|options| options.timeouts = timeouts);
    let mut silent = DatagramConnection::open(&server, "room=main").expect("the server accepts sessions");
    // The server learns of the stream when the first bytes arrive.
    silent.send(&ClientMessage::Ping(1));
    assert_eq!(silent.read_close(), CloseReason::HelloTimeout);
}

#[test]
fn a_client_without_a_session_is_disconnected() {
    let timeouts = timeouts(|timeouts| timeouts.request = Duration::from_millis(50));
    let server = start_with(|options| options.timeouts = timeouts);
    // The time limit may also pass during the handshake.
    if let Ok(silent) = DatagramConnection::open(&server, "room=main") {
        silent.runtime.block_on(silent.session.closed());
    }
}

#[test]
fn a_shutdown_closes_sessions_with_a_reason() {
    let mut server = start();
    let mut ada = playing(&server, "Ada");
    server.stop();
    let mut has_drained = false;
    let reason = loop {
        match ada.connection.read() {
            Ok(message) => has_drained |= matches!(message, ServerMessage::Drain(_)),
            Err(code) => break CloseReason::from_code(code),
        }
    };
    assert_eq!((reason, has_drained), (Some(CloseReason::ServerShutdown), true));
}

#[test]
fn a_server_without_datagrams_offers_none() {
    let server = start_with(|options| options.datagrams = DatagramListen::Off);
    assert!(offer(&server).is_null());
}

#[test]
fn a_spectator_watches_with_datagrams() {
    let server = start();
    let mut watcher = DatagramPlayer::join(&server, "main", Hello::new::<Arena>(Role::Spectator, Viewport::default()))
        .expect("there is a free place");
    (0..60).for_each(|_| watcher.tick().expect("the session is open"));
    assert!(watcher.connection.datagrams > 40);
}
