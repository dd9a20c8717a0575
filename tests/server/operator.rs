//! The operator page and its API.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tickcast::admission::tickets::now_s;
use tickcast::store::{Durability, Retention, SqliteStore};
use tickcast::{Claims, Secret, ServerBuilder, TicketIssuer};
use tickcast_arena::{Arena, Controls, World};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Input, ResumeToken, Tick, Viewport};
use tickcast_room::ReplayFile;

use crate::client::{Client, Connection, hello, player};
use crate::http::{Response, request, request_with};
use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

type Player = Client<Arena>;

const KEEP_ALL: Retention = Retention { age: Duration::from_secs(3600), bytes_max: u64::MAX };
const TOKEN: &str = "a token of at least thirty-two bytes";

fn start(configure: impl FnOnce(ServerBuilder<World>) -> ServerBuilder<World> + Send + 'static) -> TestServer {
    let token: Secret = TOKEN.parse().expect("long enough");
    TestServer::start_configured(server_options(room_options(), empty_arena()), |builder| {
        configure(builder.operator_token(token))
    })
}

fn start_with_bans(folder: &Path) -> TestServer {
    let file = folder.join("bans.json");
    start(|builder| builder.ban_file(file))
}

/// Sends a request with the operator's token.
fn send(server: &TestServer, method: &str, path: &str, body: &Value) -> Response {
    let headers = format!("Authorization: Bearer {TOKEN}\r\n");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request_with(server.admin_address(), method, &format!("/admin/api/{path}"), &headers, &body)
}

fn read(server: &TestServer, path: &str) -> Value {
    let response = send(server, "GET", path, &Value::Null);
    assert_eq!(response.status, 200, "{path}: {}", response.body);
    serde_json::from_str(&response.body).expect("the body is JSON")
}

fn post(server: &TestServer, path: &str) -> Value {
    let response = send(server, "POST", path, &Value::Null);
    assert_eq!(response.status, 200, "{path}: {}", response.body);
    serde_json::from_str(&response.body).expect("the body is JSON")
}

#[test]
fn the_api_requires_the_token() {
    let server = start(|builder| builder);
    for path in ["server", "rooms", "rooms/main", "bans", "nothing"] {
        let path = format!("/admin/api/{path}");
        for header in ["", "Authorization: Bearer wrong\r\n", &format!("Cookie: token={TOKEN}\r\n")] {
            let response = request_with(server.admin_address(), "GET", &path, header, "");
            assert_eq!(response.status, 401, "{path} {header}");
        }
        assert_eq!(
            request(server.admin_address(), "GET", &format!("{path}?token={}", TOKEN.replace(' ', "+")), "").status,
            401
        );
    }
    assert_eq!(request(server.admin_address(), "POST", "/admin/api/rooms/main/close", "").status, 401);
    let response = send(&server, "GET", "rooms", &Value::Null);
    assert!(response.status == 200 && response.head.contains("cache-control: no-store"), "{}", response.head);
    assert_eq!(request(server.address(), "GET", "/admin/", "").status, 404, "clients do not reach the page");
}

#[test]
fn without_a_token_there_is_neither_page_nor_api() {
    let server = TestServer::arena(room_options());
    for path in ["/", "/admin/", "/admin/api/rooms"] {
        assert_eq!(request(server.admin_address(), "GET", path, "").status, 404, "{path}");
    }
}

#[test]
fn the_page_may_only_use_its_own_files() {
    let server = start(|builder| builder);
    let page = request(server.admin_address(), "GET", "/admin/", "");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self';"), "{}", page.head);
    assert!(page.head.contains("frame-ancestors 'none'"), "{}", page.head);
    assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="), "{}", page.body);
}

#[test]
fn a_paused_room_runs_no_ticks_until_it_is_resumed() {
    let server = start(|builder| builder);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    assert_eq!(read(&server, "rooms")[0]["paused"], false);
    let paused = post(&server, "rooms/duel/pause");
    assert_eq!((&paused["paused"], &read(&server, "rooms")[0]["paused"]), (&json!(true), &json!(true)));
    let bob = Player::join(server.address(), "duel", "Bob").expect("clients can join a paused room");
    let report = read(&server, "rooms/duel");
    assert_eq!(report["tick"], paused["tick"]);
    let names: Vec<_> = report["clients"].as_array().expect("a list").iter().map(|client| &client["name"]).collect();
    assert_eq!(names, ["Ada", "Bob"]);
    drop(bob);
    assert_eq!(post(&server, "rooms/duel/resume")["paused"], false);
    let before = ada.now();
    ada.tick_until("the room continues", |ada, _| ada.now().since(before) > 3);
}

#[test]
fn a_paused_room_handles_the_messages_of_its_clients() {
    let server = start(|builder| builder);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    post(&server, "rooms/duel/pause");
    let inputs = |page: &Page| page.value("tickcast_inputs_total");
    let before = inputs(&Page::read(server.admin_address()));
    for tick in 0..10 {
        let input = Input { tick: Tick(tick), acknowledged: ada.now(), controls: Controls::default() };
        ada.connection.send::<Arena>(&ClientMessage::Input(input));
    }
    wait_for(&server, "the room has handled the inputs", |page| inputs(page) >= before + 10.0);
}

#[test]
fn a_banned_user_cannot_resume_a_seat() {
    let secret: Secret = "the secret of server and operator".parse().expect("long enough");
    let mut options = server_options(room_options(), empty_arena());
    options.tickets = Some(secret.clone().into());
    let server = TestServer::start_configured::<World>(options, |builder| {
        builder.operator_token(TOKEN.parse().expect("long enough"))
    });
    let join = |user: &str, resume: Option<ResumeToken>| {
        let name = user.to_owned().try_into().expect("the name is short");
        let mut claims = Claims::new(name, now_s() + 1, now_s() + 61);
        claims.subject = Some(user.parse().expect("a subject"));
        let ticket = TicketIssuer::new(None, secret.clone()).issue(&claims).expect("the claims fit into a ticket");
        let ticket = Some(ticket).filter(|_| resume.is_none());
        let hello = Hello::new::<Arena>(player(user), Viewport::default());
        Player::join_with(server.address(), "duel", Hello { ticket, resume, ..hello })
    };
    let [mut ada, mut bob] = ["ada", "bob"].map(|user| join(user, None).expect("the ticket is valid"));
    for client in [&mut ada, &mut bob] {
        client.tick();
    }
    let tokens = [ada.token(), bob.token()];
    drop((ada, bob));
    let mut ada = join("ada", Some(tokens[0])).expect("the seat is kept");
    let clients = || read(&server, "rooms/duel")["clients"].as_array().expect("a list").clone();
    // Until the room knows that Bob's connection is lost.
    while clients().len() > 1 {}
    assert_eq!(clients()[0]["subject"], "ada", "she has resumed without a ticket");
    for user in ["ada", "bob"] {
        assert_eq!(send(&server, "POST", "bans", &json!({ "subject": user })).status, 201);
    }
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::Banned);
    wait_for(&server, "their seats are free", |page| page.value("tickcast_players") == 0.0);
    assert_eq!(join("bob", Some(tokens[1])).err(), Some(CloseReason::Unauthorized));
}

#[test]
fn a_closed_room_disconnects_its_clients_for_good() {
    let server = start(|builder| builder);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    assert_eq!(send(&server, "POST", "rooms/nothing/close", &Value::Null).status, 404);
    post(&server, "rooms/duel/close");
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::Removed);
    wait_for(&server, "the room has closed", |page| page.value("tickcast_rooms") == 0.0);
    assert_eq!(read(&server, "rooms"), json!([]));
}

#[test]
fn a_kicked_player_loses_the_seat() {
    let server = start(|builder| builder);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    let session = read(&server, "rooms/duel")["clients"][0]["session"].clone();
    assert_eq!(send(&server, "POST", "rooms/duel/kick", &json!({ "session": session })).status, 200);
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::Removed);
    assert_eq!(read(&server, "rooms")[0]["players"], 0);
}

#[test]
fn a_ban_closes_sessions_and_survives_a_restart_until_it_is_lifted() {
    let folder = TempDir::new().expect("a folder");
    let server = start_with_bans(folder.path());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    let mut waiting = Connection::open(server.address(), "?room=duel").expect("the server accepts the upgrade");
    let network = read(&server, "rooms/duel")["clients"][0]["network"].clone();
    assert_eq!(network, "127.0.0.1/32");
    let ban = send(&server, "POST", "bans", &json!({ "network": network, "seconds": 600, "note": "spam" }));
    assert_eq!(ban.status, 201, "{}", ban.body);
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::Banned);
    waiting.send::<Arena>(&hello(player("Bob")));
    assert_eq!(waiting.read_close::<Arena>(), CloseReason::Banned, "it had connected before the ban");
    drop(server);

    let server = start_with_bans(folder.path());
    let mut refused = Connection::open(server.address(), "?room=duel").expect("the refusal is explained");
    assert_eq!(refused.read_close::<Arena>(), CloseReason::Banned);
    assert_eq!(request(server.address(), "GET", "/api/rooms", "").status, 403);
    let bans = read(&server, "bans");
    assert_eq!((&bans[0]["note"], bans.as_array().map(Vec::len)), (&json!("spam"), Some(1)));
    assert_eq!(send(&server, "DELETE", &format!("bans/{}", bans[0]["id"]), &Value::Null).status, 204);
    Player::join(server.address(), "duel", "Ada").expect("the ban is lifted");
    drop(server);
    assert_eq!(read(&start_with_bans(folder.path()), "bans"), json!([]));
}

#[test]
fn a_ban_that_cannot_be_stored_is_reported_and_in_effect() {
    let folder = TempDir::new().expect("a folder");
    let server = start_with_bans(&folder.path().join("missing"));
    let ban = send(&server, "POST", "bans", &json!({ "network": "192.0.2.0/24", "note": "" }));
    assert_eq!(ban.status, 500, "{}", ban.body);
    assert_eq!(read(&server, "bans")[0]["network"], "192.0.2.0/24");
    for invalid in [json!({ "note": "" }), json!({ "network": "x" }), json!({ "subject": "" })] {
        assert_eq!(send(&server, "POST", "bans", &invalid).status, 400, "{invalid}");
    }
}

#[test]
fn the_replay_of_a_room_can_be_downloaded_and_verified() {
    let folder = TempDir::new().expect("a folder");
    let store =
        Arc::new(SqliteStore::open_with_history(folder.path(), Durability::Process, KEEP_ALL).expect("a new database"));
    let server = start(|builder| builder.store(store));
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick_until("some ticks have passed", |ada, _| ada.now().0 > 10);
    // Pausing stores a checkpoint, up to which the room can be replayed.
    let tick = post(&server, "rooms/duel/pause")["tick"].as_u64().expect("a number");
    wait_for(&server, "the checkpoint is stored", |_| {
        let replay = download(&server, "/admin/api/rooms/duel/replay");
        let verified = replay.map(|bytes| ReplayFile::decode(&bytes).and_then(|file| file.verify::<World>()));
        verified.is_some_and(|replay| u64::from(replay.expect("the file is valid").tick().0) == tick)
    });
    assert_eq!(send(&server, "GET", "rooms/nothing/replay", &Value::Null).status, 404);
}

/// The body of a successful response, which is not text.
fn download(server: &TestServer, path: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server.admin_address()).expect("the server listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the connection is open");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("the server responds");
    let head = response.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line follows the head");
    response.starts_with(b"HTTP/1.1 200").then(|| response.split_off(head + 4))
}
