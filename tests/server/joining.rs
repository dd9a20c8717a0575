//! Joining: which room and which seat a client gets.

use tickcast_arena::Arena;
use tickcast_protocol::codec::SUBPROTOCOL;
use tickcast_protocol::{CloseReason, GameProtocol, PlayerKind, Role};

use crate::client::{Client, Connection};
use crate::test_server::{TestServer, room_options};

type Player = Client<Arena>;

#[test]
fn clients_that_request_the_same_room_meet() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    let bob = Player::join(server.address(), "duel", "Bob").expect("a seat is free");
    let eve = Player::join(server.address(), "other", "Eve").expect("a seat is free");
    assert_eq!(bob.welcome.room.as_str(), "duel");
    assert_eq!(eve.player().0, 0, "the first seat of another room");
    ada.tick_until("Bob joins", |ada, _| ada.replica.players().values().any(|player| player.name.as_str() == "Bob"));
    assert_eq!(ada.replica.players().len(), 2);
}

#[test]
fn a_client_that_requests_no_room_gets_one_with_a_free_seat() {
    let server = TestServer::arena(room_options().with(|room| room.seats = 2));
    let players: Vec<_> = (0..5).map(|_| Player::join(server.address(), "", "x").expect("a seat is free")).collect();
    let mut rooms: Vec<_> = players.iter().map(|client| client.welcome.room.as_str()).collect();
    rooms.sort_unstable();
    assert_eq!(rooms, ["arena-1", "arena-1", "arena-2", "arena-2", "arena-3"]);
}

#[test]
fn a_full_room_refuses_players_until_one_leaves() {
    let server = TestServer::arena(room_options().with(|room| room.seats = 1));
    let first = Player::join(server.address(), "small", "first").expect("a seat is free");
    let second = Player::join(server.address(), "small", "second");
    assert_eq!(second.err(), Some(CloseReason::RoomFull));
    let mut spectator = Player::join_as(server.address(), "small", Role::Spectator).expect("spectators take no seat");
    let ship = Arena::avatar(first.player());
    first.leave();
    spectator.tick_until("the ship is gone", |spectator, _| spectator.replica.entities().get(ship).is_none());
    assert!(Player::join(server.address(), "small", "third").is_ok());
}

#[test]
fn spectators_are_limited_per_room() {
    let server = TestServer::arena(room_options().with(|room| room.spectators = 1));
    let watch = || Player::join_as(server.address(), "stage", Role::Spectator);
    let first = watch().expect("the limit is one");
    assert_eq!(watch().err(), Some(CloseReason::RoomFull));
    let mut ada = Player::join(server.address(), "stage", "Ada").expect("a seat is free");
    first.leave();
    ada.tick();
    assert!(watch().is_ok());
}

#[test]
fn invalid_room_names_and_other_subprotocols_are_refused_before_the_upgrade() {
    let server = TestServer::arena(room_options());
    for query in ["?room=", "?room=a%20b", "?room=%3Cscript%3E", "?room=0123456789012345678901234567890123"] {
        assert_eq!(Connection::open(server.address(), query).err(), Some(400), "{query}");
    }
    for headers in [&[("Sec-WebSocket-Protocol", "chat")] as &[_], &[]] {
        let refused = Connection::open_with(server.address(), "", headers);
        assert_eq!(refused.err().map(|response| response.status().as_u16()), Some(400), "{headers:?}");
    }
}

#[test]
fn an_upgrade_to_another_protocol_or_with_a_body_is_refused() {
    let server = TestServer::arena(room_options());
    for header in [("Upgrade", "websocket, h2c"), ("Transfer-Encoding", "chunked")] {
        let refused = Connection::open_with(server.address(), "", &[("Sec-WebSocket-Protocol", SUBPROTOCOL), header]);
        assert_eq!(refused.err().map(|response| response.status().as_u16()), Some(400), "{header:?}");
    }
}

#[test]
fn names_are_sanitized_and_empty_ones_replaced() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "names", "  A\u{202e}d\u{200b}a\n<b> ").expect("a seat is free");
    ada.tick();
    assert_eq!(ada.replica.players()[&ada.player()].name.as_str(), "Ada <b>");
    let mut unnamed = Player::join(server.address(), "names", "\u{200b}").expect("a seat is free");
    unnamed.tick();
    assert_eq!(unnamed.replica.players()[&unnamed.player()].name.as_str(), "Pilot 2");
}

#[test]
fn each_human_player_replaces_an_ai_player() {
    let server = TestServer::arena(room_options().with(|room| room.ai_players = 2));
    let ai_players =
        |client: &Player| client.replica.players().values().filter(|player| player.kind == PlayerKind::Ai).count();
    let mut ada = Player::join(server.address(), "hangar", "Ada").expect("a seat is free");
    ada.tick_until("one AI player is left", |ada, _| ai_players(ada) == 1);
    let _bob = Player::join(server.address(), "hangar", "Bob").expect("a seat is free");
    ada.tick_until("no AI player is left", |ada, _| ai_players(ada) == 0);
}
