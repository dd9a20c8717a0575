//! Compares `docs/openapi.json` with the responses of a real server.

mod schema;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tickcast::actors::messages::{MarkerDescription, MatchDescription, MatchSummary};
use tickcast::{RoomApi, Secret, TicketOptions};
use tickcast_arena::{Options, World};
use tickcast_protocol::RoomName;
use tickcast_room::RoomOptions;

use crate::admission;
use crate::http::{Response, request_over, request_with};
use crate::profiles;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};
use crate::timeouts::timeouts;
use schema::matches;

/// The header lines of an upgrade to WebSocket, without the subprotocol.
const UPGRADE: &str = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the document exists")).expect("the document is JSON")
}

/// Sends a request, and checks that `docs/openapi.json` describes the response: its status, its content type and its body.
/// Returns the status.
fn check(server: &TestServer, method: &str, path: &str, headers: &str, body: &str) -> u16 {
    let response = request_with(server.address(), method, path, headers, body);
    check_response(method, path, &response);
    response.status
}

fn check_response(method: &str, path: &str, response: &Response) {
    let document = document();
    let path = path.split('?').next().expect("a split has at least one part");
    let template = match path.strip_prefix("/http/").and_then(|rest| rest.split_once('/')) {
        Some((_, action)) => &format!("/http/{{id}}/{action}"),
        None if path.ends_with("/lock") => "/api/rooms/{name}/lock",
        None => path,
    };
    let documented = &document["paths"][template][method.to_lowercase()]["responses"][response.status.to_string()];
    assert!(documented.is_object(), "{method} {path}: status {} is not documented", response.status);
    let content_type = response.head.lines().find_map(|line| line.strip_prefix("content-type: "));
    let content = documented["content"].as_object();
    match (content_type, content) {
        // The head is followed by WebSocket frames, not by a body.
        _ if response.status == 101 => {}
        (None, _) => assert_eq!(response.body, "", "{method} {path}: a body has a type"),
        (Some(actual), Some(content)) => {
            let schema = &content.get(actual).unwrap_or_else(|| panic!("{method} {path}: {actual}"))["schema"];
            let body = if actual == "application/json" {
                serde_json::from_str(&response.body).expect("the body is JSON")
            } else {
                Value::from(response.body.as_str())
            };
            assert!(matches(&document, schema, &body), "{method} {path}: {body}");
        }
        (Some(actual), None) => panic!("{method} {path}: {actual} is not documented"),
    }
}

#[test]
fn responses_of_the_room_api_are_documented() {
    let server = TestServer::arena(room_options());
    let room = r#"{"name": "duel", "options": {"seats": 2}, "world": {"world_size": 600}, "metadata": {"map": "x"}}"#;
    let statuses = [
        check(&server, "POST", "/api/rooms", "", room),
        check(&server, "POST", "/api/rooms", "", room),
        check(&server, "POST", "/api/rooms", "", r#"{"unlisted": true}"#),
        check(&server, "POST", "/api/rooms", "", "{"),
        check(&server, "POST", "/api/rooms", "Origin: http://elsewhere.example\r\n", room),
        check(&server, "GET", "/api/rooms?map=x", "", ""),
        check(&server, "GET", "/api/rooms?map=", "", ""),
        check(&server, "GET", "/api/rooms/limits", "", ""),
        check(&server, "POST", "/api/rooms/duel/lock", "", ""),
        check(&server, "DELETE", "/api/rooms/duel/lock", "Origin: http://elsewhere.example\r\n", ""),
    ];
    assert_eq!(statuses, [201, 409, 201, 400, 403, 200, 400, 200, 401, 403]);
    let body = r#"{"name": "locked"}"#;
    let created = request_with(server.address(), "POST", "/api/rooms", "", body);
    let created: Value = serde_json::from_str(&created.body).expect("the body is JSON");
    let key = format!("Authorization: Bearer {}\r\n", created["manage_key"].as_str().expect("a key"));
    assert_eq!(check(&server, "POST", "/api/rooms/locked/lock", &key, ""), 204);
    check(&server, "GET", "/api/rooms", "", "");
    assert_eq!(check(&server, "DELETE", "/api/rooms/locked/lock", &key, ""), 204);
}

#[test]
fn responses_of_the_http_fallback_are_documented() {
    let server = TestServer::arena(room_options());
    let open = |query: &str, headers: &str| check(&server, "POST", &format!("/http/open{query}"), headers, "");
    assert_eq!([open("?room=a%20b", ""), open("", "Origin: http://elsewhere.example\r\n"), open("", "")], [400, 403, 200]);
    let id = request_with(server.address(), "POST", "/http/open", "", "").body;
    let empty_message = "\0\0\0\0\u{1}\0\0\0\0";
    let statuses = [
        check(&server, "GET", &format!("/http/{id}/poll"), "", ""),
        check(&server, "GET", &format!("/http/{id}/poll?after=1"), "", ""),
        check(&server, "POST", &format!("/http/{id}/send"), "", empty_message),
        check(&server, "POST", "/http/0/send", "", ""),
        check(&server, "GET", "/http/0/stream", "", ""),
        check(&server, "GET", "/http/0/poll?after=0", "", ""),
    ];
    assert_eq!(statuses, [400, 410, 204, 404, 404, 404]);
}

#[test]
fn responses_of_a_server_that_restricts_the_room_api_are_documented() {
    for (room_api, status) in [(RoomApi::Off, 403), (RoomApi::Ticket, 401)] {
        let secret: Secret = "a secret of at least thirty-two bytes".parse().expect("long enough");
        let mut options = server_options(room_options(), empty_arena());
        (options.room_api, options.tickets) = (Some(room_api), Some(TicketOptions::from(secret)));
        let server = TestServer::start_with::<World>(options);
        assert_eq!(check(&server, "POST", "/api/rooms", "", r#"{"name": "duel"}"#), status);
    }
}

#[test]
fn responses_of_the_replay_api_are_documented() {
    let server = TestServer::arena(room_options());
    let statuses =
        [check(&server, "GET", "/api/replays", "", ""), check(&server, "GET", "/api/rooms/{which}/replay", "", "")];
    assert_eq!(statuses, [200, 404]);
    let secret: Secret = "a secret of at least thirty-two bytes".parse().expect("long enough");
    let mut options = server_options(room_options(), empty_arena());
    options.tickets = Some(TicketOptions::from(secret));
    let server = TestServer::start_with::<World>(options);
    for path in ["/api/replays", "/api/rooms/{which}/replay"] {
        assert_eq!(check(&server, "GET", path, "", ""), 401);
    }
}

#[test]
fn descriptions_of_matches_have_the_documented_form() {
    let document = document();
    let name = |text: &str| text.to_owned().try_into().expect("the name is valid");
    let (id, room) = ("0f".repeat(16), "main".parse::<RoomName>().expect("the name is valid"));
    let kill = MarkerDescription { tick: 3, kind: "kill", player: name("Ada"), other: Some(name("Bob")) };
    let join = MarkerDescription { tick: 2, kind: "join", player: name("Ada"), other: None };
    let description = MatchDescription {
        id: id.clone(),
        room: room.clone(),
        running: true,
        tick_rate: 30,
        first_tick: 0,
        last_tick: u32::MAX,
        delay_ticks: 300,
        markers: vec![join, kill],
    };
    let summary = MatchSummary { id, room, tick_rate: 30, first_tick: 0, last_tick: 9, players: vec![name("Ada")] };
    for (schema, value) in [("Match", json!(description)), ("MatchSummary", json!(summary))] {
        assert!(matches(&document, &document["components"]["schemas"][schema], &value), "{value}");
        assert_eq!(
            value.as_object().map(serde_json::Map::len),
            document["components"]["schemas"][schema]["required"].as_array().map(Vec::len)
        );
    }
}

#[test]
fn responses_about_profiles_are_documented() {
    let server = profiles::start(&[(1, 100), (2, 50)]);
    let (known, unknown) = (profiles::secret(1), profiles::secret(9));
    let foreign = format!("Origin: http://elsewhere.example\r\n{known}");
    let get = |path, headers: &str| check(&server, "GET", path, headers, "");
    let listed = ["/api/leaderboard", "/api/leaderboard?period=day&page=2"].map(|path| [get(path, ""), get(path, &known)]);
    assert_eq!(listed, [[200; 2]; 2]);
    assert_eq!([get("/api/leaderboard?page=0", ""), get("/api/leaderboard", &foreign)], [400, 403]);
    let profile = ["", &unknown, &known, &foreign].map(|headers| get("/api/profile", headers));
    assert_eq!(profile, [401, 200, 200, 403]);
    let erased = ["", &known, &foreign].map(|headers| check(&server, "DELETE", "/api/profile", headers, ""));
    assert_eq!(erased, [401, 204, 403]);
    let without_store = TestServer::arena(room_options());
    for (method, path) in [("GET", "/api/leaderboard"), ("GET", "/api/profile"), ("DELETE", "/api/profile")] {
        assert_eq!(check(&without_store, method, path, &known, ""), 204);
    }
}

#[test]
fn health_and_refused_upgrades_are_documented() {
    let server = TestServer::arena(room_options());
    let upgrade = |more: &str| format!("{UPGRADE}{more}");
    let offer = "Sec-WebSocket-Protocol: tickcast.1\r\n";
    let statuses = [
        check(&server, "GET", "/healthz", "", ""),
        check(&server, "GET", "/api/transports", "", ""),
        check(&server, "GET", "/readyz", "", ""),
        check(&server, "GET", "/ws", &upgrade("Sec-WebSocket-Version: 13\r\n"), ""),
        check(&server, "GET", "/ws?room=a+b", &upgrade(&format!("Sec-WebSocket-Version: 13\r\n{offer}")), ""),
        check(&server, "GET", "/ws", offer, ""),
    ];
    assert_eq!(statuses, [200, 200, 200, 400, 400, 400]);
}

#[test]
fn every_route_may_answer_that_the_client_has_reached_a_limit() {
    let mut options = server_options(room_options(), empty_arena());
    options.admission.limits.client.connections = 1;
    // The first connection sends no Hello, and stays open while the test runs, also on a slow machine.
    options.timeouts = timeouts(|timeouts| timeouts.hello = Duration::from_secs(60));
    let server = TestServer::start_with::<World>(options);
    let _first = admission::open(&server, admission::LIMITED, None).expect("the first connection is admitted");
    let document = document();
    for (path, operations) in document["paths"].as_object().expect("an object") {
        for method in operations.as_object().expect("an object").keys() {
            let stream = admission::connect(&server, admission::LIMITED);
            let refused = request_over(stream, &method.to_uppercase(), path, "Host: x\r\n", "{}");
            assert_eq!(refused.status, 429, "{method} {path}");
            check_response(&method.to_uppercase(), path, &refused);
        }
    }
}

/// Sends a request for a path, and returns the head of the response, without its body.
fn head(server: &TestServer, path: &str, headers: &str) -> Response {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").expect("the connection is open");
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let head = lines.collect::<Vec<_>>().join("\n").to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("the status is a number");
    Response { status, head, body: String::new() }
}

#[test]
fn the_event_stream_and_other_upgrades_are_documented() {
    let server = TestServer::arena(room_options());
    let upgrade = |version| format!("{UPGRADE}Sec-WebSocket-Protocol: tickcast.1\r\nSec-WebSocket-Version: {version}\r\n");
    for (path, headers, status) in
        [("/api/rooms/events", String::new(), 200), ("/ws", upgrade(13), 101), ("/ws", upgrade(99), 426)]
    {
        let response = head(&server, path, &headers);
        assert_eq!(response.status, status, "{path}");
        check_response("GET", path, &response);
    }
}

#[test]
fn the_documented_options_of_a_room_are_those_that_the_server_accepts() {
    let document = document();
    let schema = &document["components"]["schemas"]["NewRoom"];
    let highest = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.spectators, room.ai_players, room.view_size) = (120, 6000, 6000, 2000, 16_384);
    });
    let server = TestServer::start::<World>(highest, Options { world_size: 16_383, rocks: 2000, orbs: 2000, round_s: 0 });
    for (at, room) in [
        json!({}),
        json!({ "name": "a b" }),
        json!({ "name": "x".repeat(33) }),
        json!({ "name": "unknown", "colour": 1 }),
        json!({ "name": "o0", "options": { "colour": 1 } }),
        json!({ "name": "o1", "options": { "tick_rate": 9 } }),
        json!({ "name": "o2", "options": { "tick_rate": 10, "seats": 1, "spectators": 0, "ai_players": 0, "view_size": 256 } }),
        json!({ "name": "o3", "options": { "tick_rate": 121 } }),
        json!({ "name": "o4", "options": { "seats": 0 } }),
        json!({ "name": "o5", "options": { "seats": "2" } }),
        json!({ "name": "o6", "options": { "view_size": 16_385 } }),
        json!({ "name": "w0", "world": { "world_size": 511 } }),
        json!({ "name": "w1", "world": { "world_size": 512, "rocks": 0, "orbs": 0 } }),
        json!({ "name": "w2", "world": { "rocks": 2001 } }),
    ]
    .into_iter()
    .enumerate()
    {
        let status = check(&server, "POST", "/api/rooms", "", &room.to_string());
        assert_eq!(status == 201, matches(&document, schema, &room), "room {at}: {room}: {status}");
    }
}
