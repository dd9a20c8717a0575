//! How clients find rooms: metadata, filters, unlisted and locked rooms.

use serde_json::{Value, json};
use tickcast_arena::Arena;
use tickcast_protocol::{CloseReason, ResumeToken, Role};

use crate::client::{Client, player};
use crate::http::{Response, request, request_with};
use crate::room_events::Subscriber;
use crate::test_server::{TestServer, room_options};

fn get(server: &TestServer, path: &str) -> Response {
    request(server.address(), "GET", path, "")
}

/// Creates a room. Returns the response.
fn create(server: &TestServer, room: &Value) -> Value {
    let response = request(server.address(), "POST", "/api/rooms", &room.to_string());
    assert_eq!(response.status, 201, "{}", response.body);
    serde_json::from_str(&response.body).expect("the body is JSON")
}

/// Names of the rooms in the list with this query.
fn listed(server: &TestServer, query: &str) -> Vec<String> {
    let response = get(server, &format!("/api/rooms{query}"));
    assert_eq!(response.status, 200, "{}", response.body);
    let rooms: Vec<Value> = serde_json::from_str(&response.body).expect("the body is a list");
    rooms.iter().map(|room| room["name"].as_str().expect("a room has a name").to_owned()).collect()
}

/// A server with three rooms on two maps.
fn start_with_rooms() -> TestServer {
    let server = TestServer::arena(room_options());
    for (name, metadata) in [
        ("easy", json!({ "map": "desert", "level": 2 })),
        ("hard", json!({ "map": "desert", "level": 9 })),
        ("woods", json!({ "map": "forest", "level": 9 })),
    ] {
        let created = create(&server, &json!({ "name": name, "metadata": metadata }));
        assert_eq!(created["metadata"], metadata);
    }
    create(&server, &json!({ "name": "plain" }));
    server
}

#[test]
fn rooms_are_listed_with_their_metadata_and_filtered_by_it() {
    let server = start_with_rooms();
    assert_eq!(listed(&server, ""), ["easy", "hard", "plain", "woods"]);
    assert_eq!(listed(&server, "?map=desert"), ["easy", "hard"]);
    assert_eq!(listed(&server, "?map=desert&level=3..10"), ["hard"]);
    assert_eq!(listed(&server, "?level=..9"), ["easy", "hard", "woods"]);
    assert_eq!(listed(&server, "?mode=duel"), [""; 0]);
    let rooms: Value = serde_json::from_str(&get(&server, "/api/rooms?map=forest").body).expect("the body is JSON");
    assert_eq!(rooms[0]["metadata"], json!({ "map": "forest", "level": 9 }));
}

#[test]
fn invalid_metadata_and_invalid_filters_are_refused_with_the_reason() {
    let server = TestServer::arena(room_options());
    let room = json!({ "name": "a", "metadata": { "Map": "desert" } });
    let response = request(server.address(), "POST", "/api/rooms", &room.to_string());
    assert_eq!(response.status, 400);
    assert!(response.body.contains("a metadata key has 1 to 16 characters"), "{}", response.body);
    for (query, reason) in [("?level=7..3", "a range of metadata values"), ("?map=a&map=b", "at most once")] {
        for path in ["/api/rooms", "/ws"] {
            let response = get(&server, &format!("{path}{query}"));
            assert_eq!(response.status, 400, "{path}{query}");
            assert!(response.body.contains(reason), "{path}{query}: {}", response.body);
        }
    }
}

#[test]
fn a_client_without_a_room_joins_one_that_its_filter_admits() {
    let server = start_with_rooms();
    let join = |query: &str, name: &str| Client::<Arena>::join_with_query(server.address(), query, name);
    let room = |query, name| join(query, name).map(|client| client.welcome.room.to_string());
    assert_eq!(room("?map=forest", "Ada").as_deref(), Ok("woods"));
    assert_eq!(room("?map=desert&level=5..", "Eve").as_deref(), Ok("hard"));
    assert_eq!(room("?map=sea", "Bob"), Err(CloseReason::RoomFull));
    assert_eq!(listed(&server, "").len(), 4, "a filter creates no room");
    assert_eq!(room("?room=plain&map=sea", "Bob").as_deref(), Ok("plain"), "a named room need not meet conditions");
}

#[test]
fn an_unlisted_room_is_in_no_list_and_joined_only_by_its_name() {
    let server = TestServer::arena(room_options());
    let room = create(&server, &json!({ "unlisted": true, "metadata": { "map": "desert" } }));
    let name = room["name"].as_str().expect("the server chooses a name").to_owned();
    assert!(name.starts_with("unlisted-") && name.len() == 32, "{name}");
    let another = create(&server, &json!({ "unlisted": true }));
    assert_ne!(another["name"], room["name"]);
    let join = |query: &str| Client::<Arena>::join_with_query(server.address(), query, "Ada");
    let ada = join(&format!("?room={name}")).expect("a seat is free");
    assert_eq!(ada.welcome.room.to_string(), name);
    assert_eq!(listed(&server, ""), [""; 0]);
    assert_eq!(listed(&server, "?map=desert"), [""; 0]);
    assert_eq!(join("?map=desert").err(), Some(CloseReason::RoomFull));
    assert_eq!(join("").expect("a seat is free").welcome.room.to_string(), "arena-1");
    assert_eq!(Subscriber::open(server.address()).lists().next().expect("a list")[0]["name"], "arena-1");
}

#[test]
fn a_room_has_either_a_name_or_is_unlisted() {
    let server = TestServer::arena(room_options());
    for room in [json!({}), json!({ "name": "duel", "unlisted": true }), json!({ "unlisted": false })] {
        let response = request(server.address(), "POST", "/api/rooms", &room.to_string());
        assert_eq!(response.status, 400, "{room}");
        assert!(response.body.contains("either a name or"), "{}", response.body);
    }
}

/// Locks the room `duel` with POST, or unlocks it with DELETE. Returns the status.
fn set_lock(server: &TestServer, method: &str, key: &str) -> u16 {
    let headers = format!("Authorization: Bearer {key}\r\n");
    request_with(server.address(), method, "/api/rooms/duel/lock", &headers, "").status
}

#[test]
fn nobody_new_joins_a_room_while_its_creator_has_locked_it() {
    let server = TestServer::arena(room_options());
    let created = create(&server, &json!({ "name": "duel" }));
    let key = created["manage_key"].as_str().expect("the creator gets a key");
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick();
    let token = ada.token();
    assert_eq!(set_lock(&server, "POST", &"0".repeat(32)), 401);
    assert_eq!(set_lock(&server, "POST", key), 204);
    let room = || serde_json::from_str::<Value>(&get(&server, "/api/rooms").body).expect("the body is JSON")[0].clone();
    assert_eq!(room()["locked"], json!(true));
    assert_eq!(room()["manage_key"], Value::Null);
    let join = |name, role| Client::<Arena>::join_as(server.address(), name, role).map(|client| client.welcome.room);
    assert_eq!(join("duel", player("Eve")), Err(CloseReason::RoomLocked));
    assert_eq!(join("duel", Role::Spectator), Err(CloseReason::RoomLocked));
    assert_eq!(join("", player("Eve")).map(|room| room.to_string()).as_deref(), Ok("arena-1"));
    let back = Client::<Arena>::resume(server.address(), "duel", "Ada", token).expect("the seat is kept");
    assert!(back.has_resumed());
    let stranger = Client::<Arena>::resume(server.address(), "duel", "Eve", ResumeToken([7; 16]));
    assert_eq!(stranger.err(), Some(CloseReason::RoomLocked), "a wrong token opens nothing");
    assert_eq!(set_lock(&server, "DELETE", key), 204);
    assert!(join("duel", player("Eve")).is_ok());
    assert_eq!(room()["locked"], Value::Null);
}
