//! A server that requires tickets.

use tickcast::admission::tickets::now_s;
use tickcast::{Claims, Nonce, Secret, Tickets};
use tickcast_arena::{Arena, World};
use tickcast_protocol::{CloseReason, Hello, ResumeToken, Role, Ticket, Viewport};

use crate::client::{Client, player};
use crate::http::{request, request_with};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

type Player = Client<Arena>;

const ROOM: &str = "duel";
/// A token that no seat has.
const UNKNOWN_TOKEN: ResumeToken = ResumeToken([7; 16]);

fn secret() -> Secret {
    "an operator's secret".parse().expect("the secret is long enough")
}

/// Starts a server that requires tickets.
fn start() -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    options.auth_secret = Some(secret());
    TestServer::start_with::<World>(options)
}

/// Issues a ticket for Ada. If `room` is `None`, the ticket is valid for every room.
fn issue(secret: Secret, room: Option<&str>, expires_s: u64) -> Ticket {
    let name = "Ada".to_owned().try_into().expect("the name is valid");
    let room = room.map(|room| room.parse().expect("the room name is valid"));
    let claims = Claims { room, name, expires_s, nonce: Nonce::random() };
    Tickets::new(secret).issue(&claims).expect("the claims fit into a ticket")
}

fn valid_ticket() -> Ticket {
    issue(secret(), Some(ROOM), now_s() + 60)
}

/// Joins as Eve.
fn join(
    server: &TestServer,
    room: &str,
    ticket: Option<&Ticket>,
    resume: Option<ResumeToken>,
) -> Result<Player, CloseReason> {
    let hello = Hello::new::<Arena>(player("Eve"), Viewport::default());
    Player::join_with(server.address(), room, Hello { ticket: ticket.cloned(), resume, ..hello })
}

fn is_unauthorized(joined: Result<Player, CloseReason>) -> bool {
    joined.err() == Some(CloseReason::Unauthorized)
}

#[test]
fn a_client_without_a_valid_ticket_is_refused() {
    let server = start();
    let other_secret = "some other secret".parse().expect("the secret is long enough");
    for (what, ticket) in [
        ("no ticket", None),
        ("signed with another secret", Some(issue(other_secret, None, now_s() + 60))),
        ("expired", Some(issue(secret(), Some(ROOM), now_s()))),
        ("for another room", Some(issue(secret(), Some("other"), now_s() + 60))),
    ] {
        assert!(is_unauthorized(join(&server, ROOM, ticket.as_ref(), None)), "{what}");
    }
    let spectator = Hello::new::<Arena>(Role::Spectator, Viewport::default());
    assert!(is_unauthorized(Player::join_with(server.address(), ROOM, spectator)));
}

#[test]
fn a_ticket_determines_name_and_room_and_is_valid_once() {
    let server = start();
    let ticket = valid_ticket();
    let mut ada = join(&server, "", Some(&ticket), None).expect("the ticket is valid");
    assert_eq!(ada.welcome.room.as_str(), ROOM);
    ada.tick();
    assert_eq!(ada.replica.players()[&ada.player()].name.as_str(), "Ada");
    assert!(is_unauthorized(join(&server, ROOM, Some(&ticket), None)));
}

#[test]
fn a_seat_is_resumed_without_another_ticket() {
    let server = start();
    let ticket = valid_ticket();
    let ada = join(&server, ROOM, Some(&ticket), None).expect("the ticket is valid");
    let token = ada.token();
    let spectator = Hello { resume: Some(token), ..Hello::new::<Arena>(Role::Spectator, Viewport::default()) };
    let spectator = Player::join_with(server.address(), ROOM, spectator);
    assert!(is_unauthorized(spectator), "a resume token does not replace a spectator's ticket");
    drop(ada);
    let ada = join(&server, ROOM, Some(&ticket), Some(token)).expect("the resume token is valid");
    assert!(ada.has_resumed());
}

#[test]
fn an_unknown_resume_token_does_not_replace_a_ticket() {
    let server = start();
    let _ada = join(&server, ROOM, Some(&valid_ticket()), None).expect("the ticket is valid");
    for room in [ROOM, "empty", ""] {
        assert!(is_unauthorized(join(&server, room, None, Some(UNKNOWN_TOKEN))), "{room}");
    }
    let spectator = Hello { resume: Some(UNKNOWN_TOKEN), ..Hello::new::<Arena>(Role::Spectator, Viewport::default()) };
    assert!(is_unauthorized(Player::join_with(server.address(), ROOM, spectator)));
}

#[test]
fn a_refused_client_creates_no_room() {
    let server = start();
    assert!(is_unauthorized(join(&server, "unwanted", None, None)));
    assert!(is_unauthorized(join(&server, "unwanted", None, Some(UNKNOWN_TOKEN))));
    assert_eq!(request(server.address(), "GET", "/api/rooms", "").body, "[]");
}

#[test]
fn creating_a_room_requires_an_unused_ticket() {
    let server = start();
    let room = r#"{"name": "duel"}"#;
    assert_eq!(request(server.address(), "POST", "/api/rooms", room).status, 401);
    let header = format!("Authorization: Bearer {}\r\n", valid_ticket().as_str());
    assert_eq!(request_with(server.address(), "POST", "/api/rooms", &header, room).status, 201);
    assert_eq!(request_with(server.address(), "POST", "/api/rooms", &header, room).status, 401);
}
