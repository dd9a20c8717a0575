//! A server that requires tickets.

use std::sync::Arc;
use std::time::Duration;

use tickcast::admission::profile_of_user;
use tickcast::admission::tickets::now_s;
use tickcast::store::{MemoryStore, Store};
use tickcast::{Claims, RoomApi, Secret, TicketIssuer, TicketOptions, Tickets};
use tickcast_arena::{Arena, World};
use tickcast_protocol::{CloseReason, Hello, ResumeToken, Role, Ticket, Viewport};

use crate::client::{Client, player};
use crate::http::{request, request_with};
use crate::profiles;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

type Player = Client<Arena>;

const ROOM: &str = "duel";
/// A token that no seat has.
const UNKNOWN_TOKEN: ResumeToken = ResumeToken([7; 16]);

fn secret() -> Secret {
    "the secret of server and operator".parse().expect("the secret is long enough")
}

/// Starts a server that requires tickets.
fn start() -> TestServer {
    let mut options = server_options(room_options(), empty_arena());
    options.tickets = Some(secret().into());
    TestServer::start_with::<World>(options)
}

/// Issues a ticket for Ada, with claims that `change` may modify. A server accepts only tickets that are issued in a later
/// second than its own start, so this ticket's time of issue is one second in the future.
fn issue(secret: Secret, change: impl FnOnce(&mut Claims)) -> Ticket {
    let name = "Ada".to_owned().try_into().expect("the name is valid");
    let mut claims = Claims::new(name, now_s() + 1, now_s() + 61);
    change(&mut claims);
    TicketIssuer::new(None, secret).issue(&claims).expect("the claims fit into a ticket")
}

fn for_room(room: &str) -> impl FnOnce(&mut Claims) {
    let room = room.parse().expect("the room name is valid");
    move |claims| claims.room = Some(room)
}

fn valid_ticket() -> Ticket {
    issue(secret(), for_room(ROOM))
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
    let other_secret = "the secret of server and of Mallory".parse().expect("the secret is long enough");
    let issued_before_start = |claims: &mut Claims| claims.issued_s = now_s() - 20;
    for (what, ticket) in [
        ("no ticket", None),
        ("signed with another secret", Some(issue(other_secret, |_| {}))),
        ("expired", Some(issue(secret(), |claims| claims.expires_s = now_s() - 60))),
        ("issued before the server started", Some(issue(secret(), issued_before_start))),
        ("for another server", Some(issue(secret(), |claims| claims.audience = "eu-1".parse().ok()))),
        ("for another room", Some(issue(secret(), for_room("other")))),
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
    let mut ada = join(&server, ROOM, Some(&ticket), None).expect("the ticket is valid");
    ada.tick();
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

/// Sends `POST /api/rooms` with a ticket and returns the status.
fn create(server: &TestServer, ticket: &Ticket, room: &str) -> u16 {
    let header = format!("Authorization: Bearer {}\r\n", ticket.as_str());
    request_with(server.address(), "POST", "/api/rooms", &header, room).status
}

#[test]
fn creating_a_room_requires_an_unused_ticket_that_permits_it() {
    let server = start();
    let room = r#"{"name": "duel"}"#;
    assert_eq!(request(server.address(), "POST", "/api/rooms", room).status, 401);
    let permit = |claims: &mut Claims| claims.create = true;
    let (player, creator) = (valid_ticket(), issue(secret(), permit));
    assert_eq!(create(&server, &player, room), 401, "the ticket permits only playing");
    assert_eq!(create(&server, &creator, room), 201);
    assert_eq!(create(&server, &creator, r#"{"name": "another"}"#), 401);
    assert!(join(&server, ROOM, Some(&player), None).is_ok(), "the ticket was not used");
}

#[test]
fn the_operator_decides_who_may_create_rooms() {
    let room = r#"{"name": "duel"}"#;
    let status = |room_api: RoomApi, tickets: Option<TicketOptions>| {
        let mut options = server_options(room_options(), empty_arena());
        (options.room_api, options.tickets) = (Some(room_api), tickets);
        let server = TestServer::start_with::<World>(options);
        let response = request(server.address(), "POST", "/api/rooms", room);
        let refused =
            format!("tickcast_requests_refused_total{{reason=\"room_api_off\"}} {}", u8::from(response.status == 403));
        assert!(request(server.admin_address(), "GET", "/metrics", "").body.contains(&refused), "{refused}");
        response.status
    };
    assert_eq!(status(RoomApi::Open, None), 201);
    assert_eq!(status(RoomApi::Open, Some(secret().into())), 201, "only playing requires a ticket");
    assert_eq!(status(RoomApi::Ticket, Some(secret().into())), 401);
    assert_eq!(status(RoomApi::Off, None), 403);
    assert_eq!(status(RoomApi::Off, Some(secret().into())), 403);
}

#[test]
fn a_ticket_stays_valid_until_a_room_is_created() {
    let server = start();
    let ticket = issue(secret(), |claims| claims.create = true);
    let other = issue(secret(), |claims| claims.create = true);
    assert_eq!(create(&server, &other, r#"{"name": "taken"}"#), 201);
    assert_eq!(create(&server, &ticket, r#"{"name": "taken"}"#), 409);
    assert_eq!(create(&server, &ticket, r#"{"name": "duel", "options": {"seats": 0}}"#), 400);
    assert_eq!(create(&server, &ticket, r#"{"name": "duel"}"#), 201);
    assert_eq!(create(&server, &ticket, r#"{"name": "third"}"#), 401);
}

#[test]
fn the_used_tickets_of_one_user_are_limited() {
    let server = start();
    let create = |user: &str, number: usize| {
        let user = user.parse().expect("the name of the user is short");
        let ticket = issue(secret(), |claims| (claims.create, claims.subject) = (true, Some(user)));
        create(&server, &ticket, &format!("{{\"name\": \"room-{number}\"}}"))
    };
    let limit = Tickets::USED_PER_SUBJECT_MAX;
    assert!((0..limit).all(|number| create("mallory", number) == 201));
    assert_eq!([create("mallory", limit), create("ada", limit)], [401, 201]);
}

/// Starts a server that behaves as if it had already run for a long time. It remembers `used` used tickets, which expire at
/// `valid_until_s`.
fn start_with_used(options: TicketOptions, used: usize, valid_until_s: u64) -> TestServer {
    let tickets = Arc::new(Tickets::with_used(options, used, valid_until_s));
    let options = server_options(room_options(), empty_arena());
    TestServer::start_configured::<World>(options, |builder| builder.used_tickets(tickets))
}

#[test]
fn a_ticket_is_valid_only_for_some_time_after_its_issue() {
    const LONGEST_WINDOW: Duration = Duration::from_secs(3_600);
    for window in [TicketOptions::WINDOW, LONGEST_WINDOW] {
        let mut options = TicketOptions::from(secret());
        options.window = window;
        let server = start_with_used(options, 0, 0);
        let issued_before =
            |age_s: u64| issue(secret(), |claims| (claims.issued_s, claims.expires_s) = (now_s() - age_s, u64::MAX));
        let expired = issued_before(window.as_secs() + Tickets::LEEWAY_S);
        assert!(is_unauthorized(join(&server, ROOM, Some(&expired), None)), "{window:?}");
        let valid = issued_before(window.as_secs());
        assert!(join(&server, ROOM, Some(&valid), None).is_ok(), "{window:?}");
    }
}

#[test]
fn used_tickets_are_limited_and_those_that_expire_first_are_forgotten() {
    let first_expiry_s = now_s() + 300;
    let valid_until = |valid_until_s: u64| issue(secret(), |claims| claims.expires_s = valid_until_s - Tickets::LEEWAY_S);
    let mut options = TicketOptions::from(secret());
    options.window = Duration::from_secs(3_600);
    let server = start_with_used(options, Tickets::USED_MAX - 1, first_expiry_s);
    let join = |ticket: &Ticket| join(&server, ROOM, Some(ticket), None);
    assert!(join(&valid_until(first_expiry_s)).is_ok(), "the memory has space for one ticket");
    assert!(is_unauthorized(join(&valid_until(first_expiry_s))), "the ticket expires no later than all others");
    let later = valid_until(first_expiry_s + 60);
    assert!(join(&later).is_ok(), "a used ticket is forgotten");
    assert!(is_unauthorized(join(&later)), "the new ticket is remembered");
    assert!(is_unauthorized(join(&valid_until(first_expiry_s))), "the ticket expires no later than the forgotten one");
}

#[test]
fn a_ticket_identifies_its_user_to_the_api_of_profiles_even_after_it_was_used() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    profiles::count(&*store, [(profile_of_user("ada"), "Ada".to_owned(), 100)]);
    let mut options = server_options(room_options(), empty_arena());
    options.tickets = Some(secret().into());
    let server = TestServer::start_configured::<World>(options, |builder| builder.store(store));
    let subject = "ada".parse().expect("a subject");
    let ticket = issue(secret(), |claims| claims.subject = Some(subject));
    let send = |method, path, ticket: &Ticket| {
        request_with(server.address(), method, path, &format!("Authorization: Bearer {}\r\n", ticket.as_str()), "")
    };
    let has_profile = |path| send("GET", path, &ticket).body.contains("100");
    assert!(has_profile("/api/profile"), "the ticket is unused");
    let _player = join(&server, ROOM, Some(&ticket), None).expect("the ticket is not used up by a request");
    assert!(has_profile("/api/profile") && has_profile("/api/leaderboard"), "the ticket is used up");
    assert_eq!(send("DELETE", "/api/profile", &ticket).status, 204);
    assert!(!has_profile("/api/profile"));
    for (what, ticket) in [
        ("names no user", issue(secret(), |_| {})),
        ("does not permit to play", issue(secret(), |claims| claims.play = false)),
        ("expired", issue(secret(), |claims| claims.expires_s = now_s() - 60)),
    ] {
        assert_eq!(send("GET", "/api/profile", &ticket).status, 401, "{what}");
    }
}
