//! A server that asks for tickets.

use tickcast::ServerOptions;
use tickcast::{Claims, Nonce, Secret, Tickets, now_s};
use tickcast_arena::Arena;
use tickcast_arena::World;
use tickcast_protocol::{CloseReason, Hello, ResumeToken, Role, Ticket, Viewport};

use crate::client::{Client, player};
use crate::hosting::{Hosted, empty_arena, host_with, options, quiet};

type Player = Client<Arena>;

const ROOM: &str = "duel";

fn secret() -> Secret {
    "an operator's secret".parse().expect("long enough")
}

fn host_asking() -> Hosted {
    host_with::<World>(ServerOptions { auth_secret: Some(secret()), ..options(quiet(), empty_arena()) })
}

/// A ticket for Ada, to that room or to any.
fn ticket(room: Option<&str>, expires_s: u64) -> Ticket {
    let name = "Ada".to_owned().try_into().expect("a name");
    let room = room.map(|room| room.parse().expect("a room's name"));
    Tickets::new(secret()).issue(&Claims { room, name, expires_s, nonce: Nonce::random() }).expect("a short ticket")
}

fn good() -> Ticket {
    ticket(Some(ROOM), now_s() + 60)
}

/// Asks to come in as Eve.
fn enter(server: &Hosted, room: &str, ticket: Option<&Ticket>, resume: Option<ResumeToken>) -> Result<Player, CloseReason> {
    let hello = Hello::new::<Arena>(player("Eve"), Viewport::default());
    Player::greet(server.address(), room, Hello { ticket: ticket.cloned(), resume, ..hello })
}

fn is_unauthorized(entered: Result<Player, CloseReason>) -> bool {
    entered.err() == Some(CloseReason::Unauthorized)
}

#[test]
fn nobody_comes_in_without_a_good_ticket() {
    let server = host_asking();
    let foreign = Tickets::new("some other secret".parse().expect("long enough"));
    let claims = Claims {
        room: None,
        name: "Eve".to_owned().try_into().expect("a name"),
        expires_s: now_s() + 60,
        nonce: Nonce::random(),
    };
    let foreign = foreign.issue(&claims).expect("a short ticket");
    for (what, ticket) in [
        ("none", None),
        ("made with another secret", Some(foreign)),
        ("too old", Some(ticket(Some(ROOM), now_s()))),
        ("for another room", Some(ticket(Some("other"), now_s() + 60))),
    ] {
        assert!(is_unauthorized(enter(&server, ROOM, ticket.as_ref(), None)), "{what}");
    }
    let watch = Hello::new::<Arena>(Role::Spectator, Viewport::default());
    assert!(is_unauthorized(Player::greet(server.address(), ROOM, watch)));
}

#[test]
fn a_ticket_says_who_comes_and_where_to_and_is_good_once() {
    let server = host_asking();
    let ticket = good();
    let mut ada = enter(&server, "", Some(&ticket), None).expect("a seat");
    assert_eq!(ada.welcome.room.as_str(), ROOM);
    ada.tick();
    assert_eq!(ada.replica.members()[&ada.player()].name.as_str(), "Ada");
    assert!(is_unauthorized(enter(&server, ROOM, Some(&ticket), None)));
}

#[test]
fn who_was_in_comes_back_without_another_ticket() {
    let server = host_asking();
    let ticket = good();
    let ada = enter(&server, ROOM, Some(&ticket), None).expect("a seat");
    let token = ada.token();
    let watcher = Hello { resume: Some(token), ..Hello::new::<Arena>(Role::Spectator, Viewport::default()) };
    assert!(is_unauthorized(Player::greet(server.address(), ROOM, watcher)), "a seat's token is no ticket to watch with");
    drop(ada);
    let back = enter(&server, ROOM, Some(&ticket), Some(token)).expect("the same seat");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
}

#[test]
fn a_token_of_nobody_opens_nothing() {
    let server = host_asking();
    let nobody = Some(ResumeToken([7; 16]));
    let _ada = enter(&server, ROOM, Some(&good()), None).expect("a seat");
    for room in [ROOM, "empty", ""] {
        assert!(is_unauthorized(enter(&server, room, None, nobody)), "{room}");
    }
    let stranger = Hello { resume: nobody, ..Hello::new::<Arena>(Role::Spectator, Viewport::default()) };
    assert!(is_unauthorized(Player::greet(server.address(), ROOM, stranger)));
}

#[test]
fn whoever_lists_rooms_sees_none_that_a_stranger_asked_for() {
    let server = host_asking();
    assert!(is_unauthorized(enter(&server, "strange", None, None)));
    assert!(is_unauthorized(enter(&server, "strange", None, Some(ResumeToken([7; 16])))));
    assert_eq!(crate::http::request(server.address(), "GET", "/api/rooms", "").2, "[]");
}

#[test]
fn a_room_is_made_with_a_ticket_for_it() {
    let server = host_asking();
    let room = r#"{"name": "duel"}"#;
    assert_eq!(crate::http::request(server.address(), "POST", "/api/rooms", room).0, 401);
    let ticket = format!("Authorization: Bearer {}\r\n", String::from(good()));
    assert_eq!(crate::http::request_with(server.address(), "POST", "/api/rooms", &ticket, room).0, 201);
    assert_eq!(crate::http::request_with(server.address(), "POST", "/api/rooms", &ticket, room).0, 401);
}
