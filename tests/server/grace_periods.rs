//! Grace periods: the time for which the server keeps the seat of a lost connection, or a room without clients. Grace
//! periods cannot be configured, so the tests take as long as the grace periods last.

use std::time::{Duration, Instant};

use serde_json::Value;
use tickcast_arena::Arena;
use tickcast_protocol::{CloseReason, Tick};
use tickcast_room::{PAUSE_DELAY, RESUME_GRACE, YIELD_DELAY};

use crate::client::Client;
use crate::http::request;
use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, room_options};

type Player = Client<Arena>;

const ROOM: &str = "duel";
const SECOND: Duration = Duration::from_secs(1);
const TICKS_PER_SECOND: u16 = 20;

/// Starts a server whose rooms have two seats.
fn start() -> TestServer {
    TestServer::arena(room_options().with(|room| (room.seats, room.tick_rate) = (2, TICKS_PER_SECOND)))
}

/// Joins and acknowledges a snapshot.
fn join(server: &TestServer, room: &str, name: &str) -> Result<Player, CloseReason> {
    let mut player = Player::join(server.address(), room, name)?;
    player.tick();
    Ok(player)
}

/// Plays for this time.
fn play(player: &mut Player, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        player.tick();
    }
}

/// Numbers of sessions, of taken seats and of rooms.
fn counts(page: &Page) -> [f64; 3] {
    ["sessions", "players", "rooms"].map(|name| page.value(&format!("tickcast_{name}")))
}

/// The tick that the list of rooms states for a room.
fn listed_tick(server: &TestServer, room: &str) -> Tick {
    let rooms = request(server.address(), "GET", "/api/rooms", "").body;
    let rooms: Vec<Value> = serde_json::from_str(&rooms).expect("the list of rooms is JSON");
    let listed = rooms.iter().find(|listed| listed["name"] == room).expect("the room is listed");
    Tick(listed["tick"].as_u64().and_then(|tick| tick.try_into().ok()).expect("the tick is a number"))
}

#[test]
fn a_room_without_clients_stops_ticking_after_a_while_and_continues_when_a_client_joins() {
    let server = start();
    let mut eve = join(&server, "another", "Eve").expect("a seat is free");
    let ada = join(&server, ROOM, "Ada").expect("a seat is free");
    let left = ada.now();
    ada.leave();
    play(&mut eve, PAUSE_DELAY + SECOND * 2);
    let paused = listed_tick(&server, ROOM);
    assert!(paused.is_newer_than(left.plus(TICKS_PER_SECOND.into())), "{paused:?} after {left:?}");
    play(&mut eve, SECOND);
    let ada = join(&server, ROOM, "Ada").expect("a seat is free");
    assert_eq!(ada.now(), paused.next());
}

#[test]
fn in_a_full_room_the_seat_of_a_lost_connection_is_given_to_a_new_player_after_a_while() {
    let server = start();
    let mut eve = join(&server, ROOM, "Eve").expect("a seat is free");
    let ada = join(&server, ROOM, "Ada").expect("a seat is free");
    let token = ada.token();
    drop(ada);
    wait_for(&server, "the connection is lost", |page| counts(page) == [1.0, 2.0, 1.0]);
    assert_eq!(join(&server, ROOM, "Bob").err(), Some(CloseReason::RoomFull));
    play(&mut eve, YIELD_DELAY);
    let _bob = join(&server, ROOM, "Bob").expect("Ada's seat is free");
    let ada = Player::resume(server.address(), ROOM, "Ada", token);
    assert_eq!(ada.err(), Some(CloseReason::RoomFull));
}

#[test]
fn the_seat_of_a_lost_connection_is_freed_and_a_room_without_clients_closes_after_a_while() {
    let server = start();
    let mut eve = join(&server, ROOM, "Eve").expect("a seat is free");
    let ada = join(&server, ROOM, "Ada").expect("a seat is free");
    join(&server, "empty", "Bob").expect("a seat is free").leave();
    let token = ada.token();
    drop(ada);
    play(&mut eve, SECOND);
    wait_for(&server, "seat and room are kept", |page| counts(page) == [1.0, 2.0, 2.0]);
    play(&mut eve, RESUME_GRACE);
    wait_for(&server, "seat and room are gone", |page| counts(page) == [1.0, 1.0, 1.0]);
    let ada = Player::resume(server.address(), ROOM, "Ada", token).expect("a seat is free");
    assert!(!ada.has_resumed());
}
