//! Who gets into which room.

use tickcast_arena::Arena;
use tickcast_protocol::codec::SUBPROTOCOL;
use tickcast_protocol::{CloseReason, PlayerKind, Role};

use crate::client::{Client, Wire};
use crate::hosting::{host_arena, quiet};
use tickcast_room::RoomOptions;

type Player = Client<Arena>;

#[test]
fn the_same_name_leads_to_the_same_room() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat");
    let bob = Player::join(server.address(), "duel", "Bob").expect("a seat");
    let other = Player::join(server.address(), "other", "Eve").expect("a seat");
    assert_eq!(bob.welcome.room.as_str(), "duel");
    assert_eq!(other.player().0, 0, "the first seat of a room of its own");
    ada.until("Bob is there", |ada, _| ada.replica.members().values().any(|member| member.name.as_str() == "Bob"));
    assert_eq!(ada.replica.members().len(), 2);
}

#[test]
fn without_a_name_one_comes_where_a_seat_is_free() {
    let server = host_arena(RoomOptions { seats: 2, ..quiet() });
    let rooms: Vec<_> = (0..5).map(|_| Player::join(server.address(), "", "x").expect("a seat")).collect();
    let mut names: Vec<_> = rooms.iter().map(|client| client.welcome.room.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["arena-1", "arena-1", "arena-2", "arena-2", "arena-3"]);
}

#[test]
fn a_full_room_says_so_and_a_seat_that_is_left_is_free_again() {
    let server = host_arena(RoomOptions { seats: 1, ..quiet() });
    let first = Player::join(server.address(), "small", "first").expect("a seat");
    let second = Player::join(server.address(), "small", "second");
    assert_eq!(second.err(), Some(CloseReason::RoomFull));
    let mut watcher = Player::enter(server.address(), "small", Role::Spectator).expect("watching takes no seat");
    first.leave();
    watcher.until("the seat is free", |watcher, _| watcher.replica.members().is_empty());
    assert!(Player::join(server.address(), "small", "third").is_ok());
}

#[test]
fn no_more_watch_than_may() {
    let server = host_arena(RoomOptions { spectators: 1, ..quiet() });
    let watch = || Player::enter(server.address(), "stage", Role::Spectator);
    let first = watch().expect("a place to watch from");
    assert_eq!(watch().err(), Some(CloseReason::RoomFull));
    let mut ada = Player::join(server.address(), "stage", "Ada").expect("a seat");
    first.leave();
    ada.tick();
    assert!(watch().is_ok());
}

#[test]
fn bad_names_and_foreign_protocols_are_refused_before_the_upgrade() {
    let server = host_arena(quiet());
    for query in ["?room=", "?room=a%20b", "?room=%3Cscript%3E", "?room=0123456789012345678901234567890123"] {
        assert_eq!(Wire::open(server.address(), query).err(), Some(400), "{query}");
    }
    assert_eq!(Wire::open_offering(server.address(), "", Some("chat")).err(), Some(400));
    assert_eq!(Wire::open_offering(server.address(), "", None).err(), Some(400));
}

#[test]
fn who_asks_for_more_than_a_websocket_gets_none() {
    let server = host_arena(quiet());
    for header in [("Upgrade", "websocket, h2c"), ("Transfer-Encoding", "chunked")] {
        let refused = Wire::open_with(server.address(), "", &[("Sec-WebSocket-Protocol", SUBPROTOCOL), header]);
        assert_eq!(refused.err().map(|response| response.status().as_u16()), Some(400), "{header:?}");
    }
}

#[test]
fn names_are_made_presentable() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "names", "  A\u{202e}d\u{200b}a\n<b> ").expect("a seat");
    ada.tick();
    assert_eq!(ada.replica.members()[&ada.player()].name.as_str(), "Ada <b>");
    let mut nobody = Player::join(server.address(), "names", "\u{200b}").expect("a seat");
    nobody.tick();
    assert_eq!(nobody.replica.members()[&nobody.player()].name.as_str(), "Pilot 2");
}

#[test]
fn drones_make_room_for_people() {
    let server = host_arena(RoomOptions { ai_players: 2, ..quiet() });
    let drones = |client: &Player| client.replica.members().values().filter(|member| member.kind == PlayerKind::Ai).count();
    let mut ada = Player::join(server.address(), "hangar", "Ada").expect("a seat");
    ada.until("one drone plays", |ada, _| drones(ada) == 1);
    let _bob = Player::join(server.address(), "hangar", "Bob").expect("a seat");
    ada.until("no drone plays", |ada, _| drones(ada) == 0);
}
