//! Limits on what one client uses over all its connections. Each limit has a row in SECURITY.md.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tickcast::{ClientLimits, TrustedProxies};
use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role};
use tickcast_room::{EMPTY_GRACE, RESUME_GRACE};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::client::{Client, Item, TestServer, Wire, hello, resume, until};
use crate::memory_server::run;
use crate::memory_server::websocket::{GOING_AWAY, frame, upgrade_request};

const ADA: &str = "192.0.2.1";
const BOB: &str = "192.0.2.2";
/// Opcode of a Ping frame.
const PING: u8 = 9;

/// Starts a server with these limits.
async fn start(change: impl FnOnce(&mut ClientLimits)) -> TestServer {
    TestServer::start(|options| {
        options.room.seats = 1_000;
        change(&mut options.admission.limits.client);
    })
    .await
}

fn connect(server: &mut TestServer, address: &str) -> DuplexStream {
    server.server.connect_from(address.parse::<IpAddr>().expect("an address"))
}

/// Joins a room.
async fn join_room(server: &mut TestServer, address: &str, room: &str, hello: Hello) -> Result<Client, CloseReason> {
    let pipe = connect(server, address);
    Wire::open(pipe, Some(room)).await.greet(hello).await
}

async fn join(server: &mut TestServer, address: &str) -> Result<Client, CloseReason> {
    join_room(server, address, "test", hello("Ada")).await
}

/// Sends a request over an existing connection. Returns the status of the response, or `None` if the connection ends before
/// the response is complete.
pub async fn request_over(pipe: &mut DuplexStream, request: &str) -> Option<u16> {
    pipe.write_all(request.as_bytes()).await.ok()?;
    let mut response = Vec::new();
    while !is_complete(&response) {
        let mut bytes = [0; 4096];
        let count = pipe.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        response.extend_from_slice(&bytes[..count]);
    }
    std::str::from_utf8(&response[9..12]).ok()?.parse().ok()
}

/// Whether a response is complete. A response without `Content-Length` may be an endless event stream, so it counts as
/// complete after its head.
fn is_complete(response: &[u8]) -> bool {
    let text = String::from_utf8_lossy(response);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

/// Sends a request over a new connection.
async fn request(server: &mut TestServer, address: &str, request: &str) -> (DuplexStream, Option<u16>) {
    let mut pipe = connect(server, address);
    let status = request_over(&mut pipe, request).await;
    (pipe, status)
}

async fn get(server: &mut TestServer, address: &str, path: &str) -> (DuplexStream, Option<u16>) {
    request(server, address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
}

async fn create_room(server: &mut TestServer, address: &str, name: &str) -> Option<u16> {
    request(server, address, &room_request(name)).await.1
}

/// A request that creates a room.
fn room_request(name: &str) -> String {
    let body = format!("{{\"name\": \"{name}\"}}");
    let length = body.len();
    let head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
    format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Number of refusals by reason. Reasons that have not occurred are left out.
pub fn refusals(server: &TestServer) -> BTreeMap<&'static str, u64> {
    let counts = server.server.admission.refusals().counts().filter(|(_, count)| *count > 0);
    counts.map(|(refusal, count)| (refusal.label(), count)).collect()
}

#[test]
fn connections_are_limited_and_the_refusal_is_explained() {
    run(async {
        let mut server = start(|limits| limits.connections = 2).await;
        let _open = [get(&mut server, ADA, "/healthz").await, get(&mut server, ADA, "/healthz").await];
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyConnections));
        assert_eq!(get(&mut server, ADA, "/healthz").await.1, Some(429));
        assert!(join(&mut server, BOB).await.is_ok());
        assert_eq!(refusals(&server), BTreeMap::from([("address_full", 2)]));
    });
}

#[test]
fn requests_for_descriptions_and_lists_of_matches_are_limited_together() {
    const PATHS: [&str; 2] = ["/api/replays", "/api/rooms/test/replay"];
    run(async {
        let mut server = start(|limits| limits.match_queries_per_second = 1).await;
        for path in PATHS.repeat(2) {
            assert_ne!(get(&mut server, ADA, path).await.1, Some(429), "{path}");
        }
        for path in PATHS {
            assert_eq!(get(&mut server, ADA, path).await.1, Some(429), "{path}");
            assert_ne!(get(&mut server, BOB, path).await.1, Some(429), "{path}");
        }
        assert_eq!(refusals(&server), BTreeMap::from([("match_query_rate", 2)]));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(get(&mut server, ADA, PATHS[0]).await.1, Some(200));
    });
}

#[test]
fn a_refused_connection_ends_soon_even_if_it_requests_an_event_stream() {
    run(async {
        let mut server = start(|limits| limits.connections = 1).await;
        let _open = get(&mut server, ADA, "/healthz").await;
        let (mut refused, status) = get(&mut server, ADA, "/api/rooms/events").await;
        assert_eq!(status, Some(429));
        assert_eq!(request_over(&mut refused, "GET /api/rooms/events HTTP/1.1\r\nHost: x\r\n\r\n").await, None);
        sleep(Duration::from_millis(1_250)).await;
        assert_eq!(server.server.admission.connections(), 1);
    });
}

#[test]
fn new_connections_are_limited() {
    run(async {
        let mut server = start(|limits| limits.connects_per_second = 1).await;
        for _ in 0..20 {
            assert_eq!(get(&mut server, ADA, "/healthz").await.1, Some(200));
        }
        assert_eq!(get(&mut server, ADA, "/healthz").await.1, Some(429));
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyConnections));
        assert_eq!(get(&mut server, BOB, "/healthz").await.1, Some(200));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(get(&mut server, ADA, "/healthz").await.1, Some(200));
        assert_eq!(refusals(&server), BTreeMap::from([("connect_rate", 2)]));
    });
}

#[test]
fn requests_are_limited_over_all_connections() {
    run(async {
        let mut server = start(|limits| limits.requests_per_second = 1).await;
        for _ in 0..16 {
            let (mut pipe, status) = get(&mut server, ADA, "/healthz").await;
            let next = request_over(&mut pipe, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").await;
            assert_eq!((status, next), (Some(200), Some(404)));
        }
        assert_eq!(get(&mut server, ADA, "/healthz").await.1, Some(429));
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyConnections));
        assert_eq!(get(&mut server, BOB, "/healthz").await.1, Some(200));
        assert_eq!(refusals(&server), BTreeMap::from([("request_rate", 2)]));
    });
}

#[test]
fn a_school_loads_the_page_and_plays() {
    /// Number of files that make up the page.
    const FILES: usize = 93;
    run(async {
        let mut server = start(|_| {}).await;
        let mut clients = Vec::new();
        for _ in 0..ClientLimits::PLAYERS {
            let mut pipes: Vec<_> = (0..6).map(|_| connect(&mut server, ADA)).collect();
            for file in 0..FILES {
                let status = request_over(&mut pipes[file % 6], "GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
                assert_eq!(status, Some(404), "the server has no such file, but has not refused the request");
            }
            assert_eq!(get(&mut server, ADA, "/api/rooms/events").await.1, Some(200));
        }
        for number in 0..ClientLimits::PLAYERS {
            clients.push(join(&mut server, ADA).await.unwrap_or_else(|reason| panic!("{number}: {reason:?}")));
            sleep(Duration::from_millis(100)).await;
        }
        join_all(clients.iter_mut().map(use_the_mouse)).await;
        assert_eq!(refusals(&server), BTreeMap::new());
    });
}

/// Plays for 100 ticks, which take five seconds. In each second, sends 30 inputs, 20 acknowledgements
/// and one Ping.
async fn use_the_mouse(client: &mut Client) {
    for number in 0..100 {
        client.snapshot().await;
        client.acknowledge().await;
        for _ in 0..1 + number % 2 {
            client.hold(client.now(), Controls::default()).await;
        }
        if number % 20 == 0 {
            client.wire.send_bytes(&frame(PING, &[])).await;
        }
    }
}

/// Acknowledges the first snapshot. Without an acknowledgement, the room would not keep the seat of a lost connection.
async fn acknowledge_first(client: &mut Client) {
    client.snapshot().await;
    client.acknowledge().await;
}

#[test]
fn joins_are_limited_and_resuming_is_not() {
    run(async {
        let mut server = start(|limits| limits.joins_per_second = 1).await;
        let mut clients =
            [join(&mut server, ADA).await, join(&mut server, ADA).await].map(|joined| joined.expect("a seat"));
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyJoins));
        assert!(join(&mut server, BOB).await.is_ok());
        for _ in 0..10 {
            let client = &mut clients[0];
            acknowledge_first(client).await;
            client.wire.close(GOING_AWAY).await;
            assert_eq!(client.wire.read_close().await, Some(CloseReason::Left));
            let (token, room) = (client.token(), "test");
            let resumed = join_room(&mut server, ADA, room, resume("Ada", token)).await.expect("resuming is not limited");
            assert!(resumed.welcome.seat.is_some_and(|seat| seat.resumed));
            clients[0] = resumed;
        }
        let unknown = tickcast_protocol::ResumeToken([7; 16]);
        let refused = join_room(&mut server, ADA, "test", resume("Ada", unknown)).await;
        assert_eq!(refused.err(), Some(CloseReason::TooManyJoins), "an invalid token does not replace a join");
        assert_eq!(create_room(&mut server, ADA, "duel").await, Some(429));
        sleep(Duration::from_secs(1)).await;
        let charged = join_room(&mut server, ADA, "test", resume("Ada", unknown)).await;
        assert!(charged.is_ok_and(|client| client.welcome.seat.is_some_and(|seat| !seat.resumed)));
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyJoins));
    });
}

/// Two players behind one address send messages in turn until the server counts a `refusal`. Checks that the server has
/// accepted `expected` messages from both together, and that a player behind another address is not affected.
async fn check_traffic(mut server: TestServer, expected: usize, refusal: &'static str, bytes: &[u8]) {
    let mut clients = [join(&mut server, ADA).await, join(&mut server, ADA).await].map(|joined| joined.expect("a seat"));
    let mut other = join(&mut server, BOB).await.expect("a seat");
    for client in &mut clients {
        acknowledge_first(client).await;
    }
    // The acknowledgements count against the traffic limit. Wait until the limit is fully available again.
    sleep(Duration::from_secs(5)).await;
    let mut sent = 0;
    while !refusals(&server).contains_key(refusal) {
        assert!(sent <= expected, "{sent} messages were accepted");
        clients[sent % 2].wire.pipe.write_all(bytes).await.expect("the connection is open");
        yield_now().await;
        sent += 1;
        sleep(Duration::from_micros(1)).await;
    }
    assert_eq!(sent, expected + 1);
    let token = clients[expected % 2].token();
    let closed = &mut clients[expected % 2].wire;
    assert_eq!(closed.read_close().await, Some(CloseReason::TooMuchTraffic));
    other.send(&ClientMessage::Ping(1)).await;
    assert!(!matches!(other.wire.read().await, Item::Closed(_)));
    sleep(Duration::from_secs(1)).await;
    let resumed = join_room(&mut server, ADA, "test", resume("Ada", token)).await.expect("the seat is kept");
    assert!(resumed.welcome.seat.is_some_and(|seat| seat.resumed));
}

#[test]
fn messages_are_limited_over_all_connections() {
    run(async {
        let server = start(|limits| limits.messages_per_second = 10).await;
        check_traffic(server, 20, "message_rate", &frame(10, &[])).await;
    });
}

#[test]
fn pings_are_limited_over_all_connections() {
    run(async {
        let server = start(|limits| limits.pings_per_second = 5).await;
        check_traffic(server, 10, "ping_rate", &frame(PING, &[])).await;
        let server = start(|limits| limits.pings_per_second = 5).await;
        let ping = tickcast_protocol::codec::encode_client::<Arena>(&ClientMessage::Ping(1));
        check_traffic(server, 10, "ping_rate", &frame(2, &ping)).await;
    });
}

#[test]
fn bytes_are_limited_over_all_connections() {
    run(async {
        let server = start(|limits| limits.bytes_per_second = 530).await;
        check_traffic(server, 10, "byte_rate", &frame(10, &[0; 100])).await;
    });
}

#[test]
fn seats_are_limited() {
    run(async {
        let mut server = start(|limits| limits.seats = 2).await;
        let mut first = join(&mut server, ADA).await.expect("a seat");
        let _second = join(&mut server, ADA).await.expect("a seat");
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyPlayers));
        assert!(join(&mut server, BOB).await.is_ok());
        first.wire.close(crate::memory_server::websocket::NORMAL).await;
        assert_eq!(first.wire.read_close().await, Some(CloseReason::Left));
        assert!(join(&mut server, ADA).await.is_ok());
    });
}

#[test]
fn kept_seats_and_spectators_count_against_the_limit_on_seats() {
    run(async {
        let mut server = start(|limits| limits.seats = 2).await;
        let mut lost = join(&mut server, ADA).await.expect("a seat");
        lost.play(Duration::from_secs(1)).await;
        let token = lost.token();
        drop(lost);
        sleep(Duration::from_secs(1)).await;
        let _spectator =
            join_room(&mut server, ADA, "test", Hello { role: Role::Spectator, ..hello("") }).await.expect("a place");
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyPlayers));
        let resumed = join_room(&mut server, ADA, "test", resume("Ada", token)).await.expect("the seat is kept");
        assert_eq!(join(&mut server, ADA).await.err(), Some(CloseReason::TooManyPlayers));
        drop(resumed);
        sleep(RESUME_GRACE + Duration::from_secs(1)).await;
        assert!(join(&mut server, ADA).await.is_ok());
    });
}

#[test]
fn rooms_are_limited_in_number_and_cost() {
    /// The cost of a room at 20 ticks per second without AI players.
    const COST: u32 = 80;
    let check = |change: fn(&mut ClientLimits), refusal: &'static str| {
        run(async move {
            let mut server = start(change).await;
            assert_eq!(create_room(&mut server, ADA, "first").await, Some(201));
            let _second = join_room(&mut server, ADA, "second", hello("Ada")).await.expect("the limit is two rooms");
            assert_eq!(create_room(&mut server, ADA, "third").await, Some(429));
            let refused = join_room(&mut server, ADA, "third", hello("Ada")).await;
            assert_eq!(refused.err(), Some(CloseReason::TooManyRooms));
            assert!(join_room(&mut server, ADA, "first", hello("Ada")).await.is_ok(), "the room exists");
            assert_eq!(create_room(&mut server, BOB, "third").await, Some(201));
            assert!(join_room(&mut server, ADA, "third", hello("Ada")).await.is_ok(), "another client created it");
            assert_eq!(refusals(&server), BTreeMap::from([(refusal, 1)]));
            // Wait until the first room, which is empty, has closed.
            sleep(Duration::from_secs(60)).await;
            assert_eq!(create_room(&mut server, ADA, "fourth").await, Some(201));
        });
    };
    check(|limits| limits.rooms = 2, "client_rooms");
    check(|limits| limits.room_cost = 2 * COST, "client_room_cost");
}

#[test]
fn an_abandoned_request_for_a_room_leaves_nothing_behind() {
    /// Number of clients. The first client disconnects at once. Each later client disconnects one step of the server later
    /// than the client before it. The server handles a request in fewer than `STEPS` steps, so some client disconnects
    /// after each of these steps.
    const STEPS: u32 = 40;
    run(async {
        let mut server = start(|limits| limits.rooms = 1).await;
        let mut rooms = BTreeMap::<_, u32>::new();
        for steps in 0..STEPS {
            let mut pipe = connect(&mut server, ADA);
            pipe.write_all(room_request("abandoned").as_bytes()).await.expect("the server accepts data");
            for _ in 0..steps {
                yield_now().await;
            }
            drop(pipe);
            until("the connection ends", || server.server.admission.connections() == 0).await;
            *rooms.entry(server.server.metrics.rooms.get()).or_default() += 1;
            sleep(EMPTY_GRACE + Duration::from_millis(1)).await;
            assert_eq!(server.server.metrics.rooms.get(), 0, "after {steps} steps");
            // The limit is one room, so this room can be created only if the client's account counts no other room.
            assert_eq!(create_room(&mut server, ADA, "next").await, Some(201), "after {steps} steps");
            sleep(EMPTY_GRACE + Duration::from_millis(1)).await;
        }
        assert!(rooms.keys().eq(&[0, 1]), "some clients disconnect before the room exists, others after: {rooms:?}");
    });
}

#[test]
fn a_room_that_the_server_creates_for_anyone_is_not_charged() {
    run(async {
        let mut server = TestServer::start(|options| {
            options.room.seats = 1;
            options.admission.limits.client.rooms = 1;
        })
        .await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            let pipe = connect(&mut server, ADA);
            clients.push(Wire::open(pipe, None).await.greet(hello("Ada")).await.expect("all other rooms are full"));
        }
        assert_eq!(create_room(&mut server, ADA, "own").await, Some(201));
    });
}

#[test]
fn event_streams_of_one_client_do_not_lock_out_others() {
    run(async {
        let mut server = start(|_| {}).await;
        let mut streams = Vec::new();
        let mut statuses = BTreeMap::<_, u32>::new();
        for _ in 0..500 {
            let (pipe, status) = get(&mut server, ADA, "/api/rooms/events").await;
            *statuses.entry(status.expect("a response")).or_default() += 1;
            streams.push(pipe);
        }
        assert_eq!(statuses, BTreeMap::from([(200, 64), (429, 500 - 64)]));
        assert_eq!(get(&mut server, BOB, "/api/rooms/events").await.1, Some(200));
        drop(streams);
        sleep(Duration::from_secs(31)).await;
        assert_eq!(get(&mut server, ADA, "/api/rooms/events").await.1, Some(200), "ended streams are not counted");
    });
}

#[test]
fn prefixes_of_ipv6_addresses_are_limited_together() {
    run(async {
        let mut server = start(|limits| limits.seats = 1).await;
        let mut clients = Vec::new();
        let mut joins = async |address: &str| {
            let joined = join(&mut server, address).await;
            joined.map(|client| clients.push(client)).err()
        };
        assert_eq!(joins("2001:db8:1:1::1").await, None);
        assert_eq!(joins("2001:db8:1:1::2").await, Some(CloseReason::TooManyPlayers), "the same /64");
        assert_eq!(joins("2001:db8:1:2::1").await, None);
        assert_eq!(joins("2001:db8:1:3::1").await, Some(CloseReason::TooManyPlayers), "the same /56");
        assert_eq!(joins("2001:db8:1:101::1").await, None);
        assert_eq!(joins("2001:db8:1:201::1").await, None);
        assert_eq!(joins("2001:db8:1:301::1").await, Some(CloseReason::TooManyPlayers), "the same /48");
        assert_eq!(joins("2001:db8:2:1::1").await, None);
    });
}

#[test]
fn only_a_limited_number_of_refused_upgrades_is_explained() {
    run(async {
        let mut server = TestServer::start(|options| options.admission.limits.connections_max = 1).await;
        let _open = get(&mut server, ADA, "/healthz").await;
        let upgrade = String::from_utf8(upgrade_request(None)).expect("the request is text");
        let mut statuses = BTreeMap::<_, u32>::new();
        for number in 0..250 {
            let (_, status) = request(&mut server, &format!("198.51.100.{number}"), &upgrade).await;
            *statuses.entry(status.expect("a response")).or_default() += 1;
        }
        assert_eq!(statuses, BTreeMap::from([(101, 200), (503, 50)]));
        assert_eq!(refusals(&server), BTreeMap::from([("server_full", 250)]));
    });
}

/// A PROXY protocol header that states this address of the client.
pub fn proxy_header(client: [u8; 4]) -> Vec<u8> {
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
    [header as &[u8], &client, &[192, 0, 2, 9], &4711_u16.to_be_bytes(), &80_u16.to_be_bytes()].concat()
}

#[test]
fn the_proxy_protocol_names_the_client_of_a_trusted_proxy() {
    const PROXY: &str = "10.0.0.1";
    run(async {
        let mut server = TestServer::start(|options| {
            options.admission.limits.client.connections = 1;
            options.admission.proxy_protocol = true;
            let network = PROXY.parse::<IpAddr>().expect("an address");
            options.admission.trusted_proxies = TrustedProxies::new(vec![network.into()]);
        })
        .await;
        let mut open = Vec::new();
        let mut status_of = async |server: &mut TestServer, peer: &str, header: &[u8]| {
            let mut pipe = connect(server, peer);
            pipe.write_all(header).await.expect("the server reads");
            let status = request_over(&mut pipe, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
            open.push(pipe);
            status
        };
        assert_eq!(status_of(&mut server, PROXY, &proxy_header([198, 51, 100, 1])).await, Some(200));
        assert_eq!(status_of(&mut server, PROXY, &proxy_header([198, 51, 100, 1])).await, Some(429), "the same client");
        assert_eq!(status_of(&mut server, PROXY, &proxy_header([198, 51, 100, 2])).await, Some(200));
        assert_eq!(status_of(&mut server, PROXY, b"").await, None, "a trusted proxy must send the header");
        assert_eq!(status_of(&mut server, ADA, &proxy_header([198, 51, 100, 3])).await, Some(400), "others must not");
        let mut silent = connect(&mut server, PROXY);
        assert_eq!(
            silent.read(&mut [0; 1]).await.expect("the connection ends orderly"),
            0,
            "the server does not wait long"
        );
        assert_eq!(refusals(&server), BTreeMap::from([("address_full", 1), ("invalid_proxy_header", 2)]));
    });
}

#[test]
fn only_a_limited_number_of_refusals_is_answered() {
    run(async {
        let mut server = start(|limits| limits.connections = 1).await;
        let _open = get(&mut server, ADA, "/healthz").await;
        let mut answered = 0;
        for _ in 0..100 {
            answered += u32::from(get(&mut server, ADA, "/healthz").await.1 == Some(429));
        }
        assert_eq!(answered, 64);
    });
}
