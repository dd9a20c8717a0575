//! Teams, and rooms that wait until their players are ready, over real sockets.

use serde_json::{Value, json};
use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role, Team, Viewport};

use crate::client::{Client, player};
use crate::http::request;
use crate::test_server::{TestServer, room_options};

fn join(server: &TestServer, name: &str, team: Option<u8>) -> Result<Client<Arena>, CloseReason> {
    let hello = Hello { team: team.map(Team), ..Hello::new::<Arena>(player(name), Viewport::default()) };
    Client::join_with(server.address(), "duel", hello)
}

/// A server with a room of four seats and two teams, which waits for two players.
fn start() -> TestServer {
    let server = TestServer::arena(room_options());
    let options = json!({ "teams": 2, "ready_up_s": 60, "ready_up_players": 2 });
    let room = json!({ "name": "duel", "options": options }).to_string();
    assert_eq!(request(server.address(), "POST", "/api/rooms", &room).status, 201);
    server
}

/// The room in the list, as soon as it has this number of players. The list may be up to 250 ms old.
fn listed(server: &TestServer, players: u64) -> Value {
    loop {
        let response = request(server.address(), "GET", "/api/rooms", "");
        let rooms: Value = serde_json::from_str(&response.body).expect("the body is JSON");
        if rooms[0]["players"] == players {
            return rooms[0].clone();
        }
    }
}

#[test]
fn players_choose_teams_and_the_match_begins_when_all_are_ready() {
    let server = start();
    let mut ada = join(&server, "Ada", Some(1)).expect("a seat is free");
    let mut eve = join(&server, "Eve", Some(1)).expect("a seat is free");
    assert_eq!(join(&server, "Bob", Some(1)).err(), Some(CloseReason::TeamUnavailable));
    assert_eq!(join(&server, "Bob", Some(2)).err(), Some(CloseReason::TeamUnavailable));
    let mut viewer = Client::<Arena>::join_as(server.address(), "duel", Role::Spectator).expect("there is room");
    let room = listed(&server, 2);
    assert_eq!((&room["teams"], &room["ready"]), (&json!([0, 2]), &json!(0)));
    ada.tick();
    assert!(ada.replica.is_waiting() && ada.replica.entities().is_empty());
    for client in [&mut ada, &mut eve] {
        client.connection.send::<Arena>(&ClientMessage::Ready(true));
    }
    for client in [&mut ada, &mut eve, &mut viewer] {
        client.tick_until("the match begins", |client, _| !client.replica.is_waiting());
        client.tick_until("the ships appear", |client, _| client.replica.entities().len() >= 2);
    }
    assert_eq!(ada.replica.players()[&ada.player()].team, Some(Team(1)));
    let token = ada.token();
    drop(ada);
    let mut back = Client::<Arena>::resume(server.address(), "duel", "Ada", token).expect("the seat is kept");
    back.tick();
    assert!(back.has_resumed() && !back.replica.is_waiting());
    assert_eq!(back.replica.players()[&back.player()].team, Some(Team(1)));
}

#[test]
fn a_client_that_is_ready_and_not_ready_all_the_time_is_closed() {
    let server = start();
    let mut ada = join(&server, "Ada", None).expect("a seat is free");
    (0..21).for_each(|number| ada.connection.send::<Arena>(&ClientMessage::Ready(number % 2 == 0)));
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::RateLimited);
}

#[test]
fn a_player_who_names_no_room_does_not_wait_in_the_room_of_another_client() {
    let server = start();
    let _eve = join(&server, "Eve", None).expect("a seat is free");
    assert_eq!(listed(&server, 1)["name"], "duel");
    let ada = Client::<Arena>::join(server.address(), "", "Ada").expect("a seat is free");
    assert_ne!(ada.welcome.room.as_str(), "duel");
}
