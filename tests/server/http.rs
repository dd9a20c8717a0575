//! The HTTP side.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tickcast_arena::Arena;

use crate::client::Client;
use crate::hosting::{host_arena, quiet};

/// Sends one request, and returns status, head and body of the answer.
pub fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String, String) {
    request_with(address, method, path, "", body)
}

/// The same, with lines of the head of one's own.
pub fn request_with(address: SocketAddr, method: &str, path: &str, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {head}Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("it takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

fn create(address: SocketAddr, room: &Value) -> (u16, Value) {
    let (status, _, body) = request(address, "POST", "/api/rooms", &room.to_string());
    (status, serde_json::from_str(&body).expect("JSON"))
}

#[test]
fn health_is_answered() {
    let server = host_arena(quiet());
    assert_eq!(request(server.address(), "GET", "/healthz", "").0, 200);
    assert_eq!(request(server.address(), "GET", "/readyz", "").0, 200);
}

#[test]
fn the_page_and_its_modules_are_inside_the_program() {
    let server = host_arena(quiet());
    let (status, head, body) = request(server.address(), "GET", "/", "");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(body.contains("<canvas"), "{body}");
    let (status, head, _) = request(server.address(), "GET", "/netcode/replica.js", "");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/javascript"), "{head}");
    assert_eq!(request(server.address(), "GET", "/../Cargo.toml", "").0, 404);
    assert_eq!(request(server.address(), "GET", "/nothing.js", "").0, 404);
}

#[test]
fn requests_that_all_come_at_once_are_answered_one_by_one() {
    const REQUESTS: usize = 5_000;
    let server = host_arena(quiet());
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let mut writer = stream.try_clone().expect("a second handle");
    let requests = std::thread::spawn(move || {
        let request = "GET /healthz HTTP/1.1\nHost: x\n";
        let all = format!("{request}\n").repeat(REQUESTS) + request + "Connection: close\n\n";
        writer.write_all(all.as_bytes()).expect("it takes requests");
    });
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("text");
    requests.join().expect("all were sent");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), REQUESTS + 1);
}

#[test]
fn rooms_are_listed() {
    let server = host_arena(quiet());
    assert_eq!(request(server.address(), "GET", "/api/rooms", "").2, "[]");
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat");
    ada.tick();
    let rooms: Value = serde_json::from_str(&request(server.address(), "GET", "/api/rooms", "").2).expect("JSON");
    assert_eq!(rooms[0]["name"], "duel");
    assert_eq!(rooms[0]["players"], 1);
    assert_eq!(rooms[0]["seats"], 4);
    assert_eq!((&rooms[0]["spectators"], &rooms[0]["tick_rate"]), (&json!(0), &json!(60)));
    assert!(rooms[0]["tick"].as_u64().is_some_and(|tick| tick > 0));
}

#[test]
fn a_room_is_made_with_options() {
    let server = host_arena(quiet());
    let room = json!({ "name": "slow", "options": { "tick_rate": 30, "seats": 2 }, "world": { "world_size": 2000 } });
    let (status, made) = create(server.address(), &room);
    assert_eq!((status, &made["name"], &made["seats"]), (201, &json!("slow"), &json!(2)));
    let ada = Client::<Arena>::join(server.address(), "slow", "Ada").expect("a seat");
    assert_eq!((ada.welcome.tick_rate, ada.welcome.rules.world_size), (30, 2000));
    assert_eq!(create(server.address(), &room).0, 409);
}

#[test]
fn a_room_that_makes_no_sense_is_refused_with_a_reason() {
    let server = host_arena(quiet());
    for (room, reason) in [
        (json!({ "name": "a b" }), "letters"),
        (json!({ "name": "a", "options": { "tick_rate": 1000 } }), "tick_rate"),
        (json!({ "name": "a", "options": { "colour": 3 } }), "colour"),
        (json!({ "name": "a", "world": { "world_size": 3 } }), "world_size"),
        (json!({ "name": "a", "options": { "drones": 17 } }), "drones"),
        (json!({ "name": "a", "world": { "rocks": 25 } }), "rocks"),
        (json!({ "room": "a" }), "room"),
    ] {
        let (status, body) = create(server.address(), &room);
        assert_eq!(status, 400, "{room}");
        assert!(body["error"].as_str().is_some_and(|why| why.contains(reason)), "{room}: {body}");
    }
}

#[test]
fn the_page_may_do_nothing_but_what_it_must() {
    let server = host_arena(quiet());
    for path in ["/", "/demo/main.js", "/style.css"] {
        let (_, head, _) = request(server.address(), "GET", path, "");
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; ",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(line), "{path} lacks {line}: {head}");
        }
        assert!(!head.contains("unsafe-"), "{path}: {head}");
    }
    let (_, _, page) = request(server.address(), "GET", "/", "");
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        assert!(!page.contains(inline), "the page has {inline}");
    }
    let scripts = page.split("<script").skip(1);
    assert!(scripts.clone().count() > 0);
    scripts.for_each(|script| assert!(script.split("</script>").next().is_some_and(|it| it.ends_with('>')), "{script}"));
}

#[test]
fn what_a_browser_has_is_not_sent_again_unless_it_has_changed() {
    let server = host_arena(quiet());
    let (_, head, _) = request(server.address(), "GET", "/", "");
    assert!(head.contains("cache-control: no-cache"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    let again = |tag: &str| request_with(server.address(), "GET", "/", &format!("If-None-Match: {tag}\r\n"), "");
    let (status, _, body) = again(&tag);
    assert_eq!((status, body.as_str()), (304, ""));
    let (status, _, body) = again("\"of another version\"");
    assert_eq!(status, 200);
    assert!(body.contains("<canvas"), "{body}");
}
