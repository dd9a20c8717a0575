//! HTTP: the room API, static files, health, and pipelined requests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tickcast::Assets;
use tickcast_arena::{Arena, Options, World};
use tickcast_room::RoomOptions;

use crate::client::Client;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

/// A response. Its head is converted to lower case.
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends a request and returns the response.
pub fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> Response {
    request_with(address, method, path, "", body)
}

/// Sends a request with additional header lines and returns the response.
pub fn request_with(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let stream = TcpStream::connect(address).expect("the server listens");
    request_over(stream, method, path, &format!("Host: {address}\r\n{headers}"), body)
}

/// Sends a request with these header lines over an open connection, and returns the response. The request contains
/// `Connection: close`, so the server closes the connection after the response.
pub fn request_over(mut stream: TcpStream, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("the connection is open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the response is UTF-8");
    let (head, body) = response.split_once("\r\n\r\n").expect("an empty line follows the head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("the status is a number");
    Response { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

fn get(server: &TestServer, path: &str) -> Response {
    request(server.address(), "GET", path, "")
}

/// Sends `POST /api/rooms`.
fn create(server: &TestServer, room: &Value) -> (u16, Value) {
    let response = request(server.address(), "POST", "/api/rooms", &room.to_string());
    (response.status, serde_json::from_str(&response.body).expect("the body is JSON"))
}

/// Starts a server with the demo page.
fn start_with_page() -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    options.assets = Assets::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/web"));
    TestServer::start_with::<World>(options)
}

#[test]
fn health_and_readiness_are_served() {
    let server = TestServer::arena(room_options());
    assert_eq!(get(&server, "/healthz").status, 200);
    assert_eq!(get(&server, "/readyz").status, 200);
}

#[test]
fn static_files_are_served_with_their_content_type() {
    let server = start_with_page();
    let page = get(&server, "/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert!(page.body.contains("<canvas"), "{}", page.body);
    let module = get(&server, "/netcode/replica.js");
    assert_eq!(module.status, 200);
    assert!(module.head.contains("content-type: text/javascript"), "{}", module.head);
    assert_eq!(get(&server, "/../Cargo.toml").status, 404);
    assert_eq!(get(&server, "/nothing.js").status, 404);
}

/// Starts a server with a folder that contains `page.txt`, a copy of it for each encoding, and `names/with-hash.txt`. The
/// copies are not really compressed: each contains the name of its encoding.
fn start_with_compressed_copies() -> TestServer {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compressed_copies");
    std::fs::create_dir_all(folder.join("names")).expect("the folder is writable");
    for (name, content) in
        [("page.txt", "plain"), ("page.txt.br", "brotli"), ("page.txt.gz", "gzip"), ("names/with-hash.txt", "constant")]
    {
        std::fs::write(folder.join(name), content).expect("the folder is writable");
    }
    let mut options = server_options(room_options(), empty_arena());
    options.assets = Assets::folder(folder).immutable("names");
    TestServer::start_with::<World>(options)
}

#[test]
fn clients_get_the_best_compressed_copy_that_they_accept() {
    let server = start_with_compressed_copies();
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("gzip;q=0.5", Some("gzip"), "gzip"),
        ("br;q=0, gzip", Some("gzip"), "gzip"),
        ("identity", None, "plain"),
        ("br;q=0", None, "plain"),
    ] {
        let header = format!("Accept-Encoding: {accepted}\r\n");
        let response = request_with(server.address(), "GET", "/page.txt", &header, "");
        assert_eq!(response.body, body, "{accepted}");
        let found = response.head.lines().find_map(|line| line.strip_prefix("content-encoding: "));
        assert_eq!(found, encoding, "{accepted}");
        assert!(response.head.contains("content-type: text/plain"), "{accepted}: {}", response.head);
        assert!(response.head.contains("vary: accept-encoding"), "{accepted}: {}", response.head);
    }
    assert_eq!(get(&server, "/page.txt").body, "plain");
}

#[test]
fn only_files_in_the_immutable_folder_are_cached_without_revalidation() {
    let server = start_with_compressed_copies();
    let caching = |path| {
        let head = get(&server, path).head;
        head.lines().find_map(|line| line.strip_prefix("cache-control: ")).map(str::to_owned)
    };
    assert_eq!(caching("/page.txt").as_deref(), Some("no-cache"));
    assert_eq!(caching("/names/with-hash.txt").as_deref(), Some("public, max-age=31536000, immutable"));
}

#[test]
fn a_server_without_static_files_answers_404() {
    let server = TestServer::arena(room_options());
    assert_eq!(get(&server, "/").status, 404);
}

#[test]
fn pipelined_requests_are_all_answered() {
    const REQUESTS: usize = 5_000;
    let server = TestServer::arena(room_options());
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let mut writer = stream.try_clone().expect("the socket can be duplicated");
    let requests = std::thread::spawn(move || {
        let request = "GET /healthz HTTP/1.1\nHost: x\n";
        let all = format!("{request}\n").repeat(REQUESTS) + request + "Connection: close\n\n";
        writer.write_all(all.as_bytes()).expect("the connection is open");
    });
    let mut responses = String::new();
    stream.read_to_string(&mut responses).expect("the responses are UTF-8");
    requests.join().expect("all requests were sent");
    assert_eq!(responses.matches("HTTP/1.1 200 OK").count(), REQUESTS + 1);
}

/// Sends these bytes and returns everything that the server sends until it ends the connection.
fn exchange(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("the timeout is not zero");
    stream.write_all(bytes).expect("the connection is open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the response is UTF-8");
    response
}

#[test]
fn a_request_head_of_up_to_16_kib_is_accepted_and_a_larger_one_refused() {
    let server = TestServer::arena(room_options());
    let head = |bytes: usize| {
        let (start, end) = ("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ", "\r\n\r\n");
        format!("{start}{}{end}", "a".repeat(bytes - start.len() - end.len()))
    };
    assert!(exchange(&server, head(16 << 10).as_bytes()).starts_with("HTTP/1.1 200 "));
    // The server must answer before it has read the whole head. The first head is much larger than the limit. The second
    // exceeds the limit by one byte and has no end.
    for too_large in [head(100 << 10), "a".repeat((16 << 10) + 1)] {
        assert!(exchange(&server, too_large.as_bytes()).starts_with("HTTP/1.1 431 "));
    }
    // The limit also applies to later requests of a connection.
    let responses = exchange(&server, ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned() + &head(40 << 10)).as_bytes());
    assert!(responses.starts_with("HTTP/1.1 200 ") && responses.contains("HTTP/1.1 431 "), "{responses}");
}

#[test]
fn a_body_has_its_own_limit_and_may_contain_many_lines() {
    let server = TestServer::arena(room_options());
    let lines = "\n".repeat(2_000);
    let response = request(server.address(), "POST", "/api/rooms", &format!("{lines}{{\"name\": \"lines\"}}{lines}"));
    assert_eq!(response.status, 201, "{}", response.body);
    let response = request(server.address(), "POST", "/api/rooms", &"\n".repeat(100_000));
    assert_eq!(response.status, 400, "{}", response.body);
}

#[test]
fn rooms_are_listed() {
    let server = TestServer::arena(room_options());
    assert_eq!(get(&server, "/api/rooms").body, "[]");
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    let rooms: Value = serde_json::from_str(&get(&server, "/api/rooms").body).expect("the body is JSON");
    assert_eq!(rooms[0]["name"], "duel");
    assert_eq!(rooms[0]["players"], 1);
    assert_eq!(rooms[0]["seats"], 4);
    assert_eq!((&rooms[0]["spectators"], &rooms[0]["tick_rate"]), (&json!(0), &json!(60)));
    assert!(rooms[0]["tick"].as_u64().is_some_and(|tick| tick > 0));
}

#[test]
fn a_room_is_created_with_options_once() {
    let server = TestServer::arena(room_options());
    let room = json!({ "name": "slow", "options": { "tick_rate": 30, "seats": 2 }, "world": { "world_size": 600 } });
    let (status, created) = create(&server, &room);
    assert_eq!((status, &created["name"], &created["seats"]), (201, &json!("slow"), &json!(2)));
    let ada = Client::<Arena>::join(server.address(), "slow", "Ada").expect("a seat is free");
    assert_eq!((ada.welcome.tick_rate, ada.welcome.rules.world_size), (30, 600));
    assert_eq!(create(&server, &room).0, 409);
}

#[test]
fn ai_players_are_also_accepted_under_their_former_name() {
    let server = TestServer::arena(room_options().with(|room| room.ai_players = 2));
    for (room, option) in [("current", "ai_players"), ("former", "drones")] {
        assert_eq!(create(&server, &json!({ "name": room, "options": { option: 2 } })).0, 201, "{option}");
    }
}

#[test]
fn invalid_options_are_refused_with_the_name_of_the_option() {
    let server = TestServer::arena(room_options());
    for (room, expected) in [
        (json!({ "name": "a b" }), "letters"),
        (json!({ "name": "a", "options": { "tick_rate": 1000 } }), "tick_rate"),
        (json!({ "name": "a", "options": { "colour": 3 } }), "colour"),
        (json!({ "name": "a", "options": { "spectator_delay_s": 1 } }), "spectator_delay_s"),
        (json!({ "name": "a", "options": { "seed": 3 } }), "seed"),
        (json!({ "name": "a", "world": { "world_size": 3 } }), "world_size"),
        (json!({ "room": "a" }), "room"),
    ] {
        let (status, body) = create(&server, &room);
        assert_eq!(status, 400, "{room}: {body}");
        assert!(body["error"].as_str().is_some_and(|error| error.contains(expected)), "{room}: {body}");
    }
}

#[test]
fn the_operators_options_are_upper_bounds_for_every_room() {
    const CHOSEN_FREELY: [&str; 3] = ["teams", "ready_up_s", "ready_up_players"];
    let room = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.spectators, room.ai_players, room.view_size) = (20, 4, 0, 0, 800);
    });
    let world = Options { world_size: 1000, rocks: 0, orbs: 3, round_s: 0 };
    let server = TestServer::start::<World>(room, world);
    let limits: Value = serde_json::from_str(&get(&server, "/api/rooms/limits").body).expect("the body is JSON");
    let bounds = json!({
        "options": {
            "tick_rate": 20, "seats": 4, "spectators": 0, "spectator_delay_s": 0, "ai_players": 0, "view_size": 800,
            "teams": 0, "ready_up_s": 0, "ready_up_players": 1,
        },
        "world": { "world_size": 1000, "rocks": 0, "orbs": 3, "round_s": 0 },
    });
    assert_eq!(limits, bounds);
    for part in ["options", "world"] {
        for (name, bound) in bounds[part].as_object().expect("an object") {
            if CHOSEN_FREELY.contains(&name.as_str()) {
                continue;
            }
            let bound = bound.as_u64().expect("a number");
            let create = |value: u64| create(&server, &json!({ "name": format!("{name}-{value}"), part: { name: value } }));
            assert_eq!(create(bound).0, 201, "{name}");
            let (status, body) = create(bound + 1);
            assert_eq!(status, 400, "{name}");
            assert!(body["error"].as_str().is_some_and(|error| error.contains(name)), "{name}: {body}");
        }
    }
}

#[test]
fn static_files_have_security_headers() {
    let server = start_with_page();
    for path in ["/", "/demo/main.js", "/style.css"] {
        let head = get(&server, path).head;
        let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: "));
        let policy = policy.unwrap_or_else(|| panic!("{path} has no Content-Security-Policy: {head}"));
        for directive in [
            "default-src 'none'; ",
            "script-src 'self' 'wasm-unsafe-eval'; ",
            "style-src 'self'; ",
            "manifest-src 'self'; ",
        ] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        for header in [
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(header), "{path} lacks {header}: {head}");
        }
    }
}

#[test]
fn the_page_contains_no_inline_script_or_style() {
    let server = start_with_page();
    let page = get(&server, "/").body;
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        assert!(!page.contains(inline), "the page contains {inline}");
    }
    let scripts: Vec<_> = page.split("<script").skip(1).collect();
    assert!(!scripts.is_empty(), "the page loads scripts");
    for script in scripts {
        let element = script.split("</script>").next().expect("a split has at least one part");
        assert!(element.ends_with('>'), "a script element has content: {element}");
    }
}

#[test]
fn a_cached_file_is_sent_again_only_if_it_has_changed() {
    let server = start_with_page();
    let head = get(&server, "/").head;
    assert!(head.contains("cache-control: no-cache"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("the response has an ETag");
    let revalidate = |tag: &str| request_with(server.address(), "GET", "/", &format!("If-None-Match: {tag}\r\n"), "");
    let unchanged = revalidate(tag);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    let changed = revalidate("\"another-version\"");
    assert_eq!(changed.status, 200);
    assert!(changed.body.contains("<canvas"), "{}", changed.body);
}
