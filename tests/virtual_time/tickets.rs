//! When a ticket is used up, and when it stays valid.

use std::sync::Arc;
use std::time::Duration;

use tickcast::admission::tickets::now_s;
use tickcast::store::MemoryStore;
use tickcast::{Claims, Permission, Secret, TicketIssuer, Tickets};
use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role, Ticket, Viewport, codec};
use tokio::time::sleep;

use crate::client::{Client, TestServer, Wire, hello, resume};
use crate::client_limits::request_over;
use crate::memory_server::relay_proxy::SetLag;
use crate::memory_server::websocket::{BINARY, GOING_AWAY, NORMAL, close_frame, frame};
use crate::memory_server::{MemoryServerOptions, run};

/// A server that requires tickets.
struct TicketServer {
    server: TestServer,
    tickets: Arc<Tickets>,
}

pub fn secret() -> Secret {
    "the secret of server and operator".parse().expect("the secret is long enough")
}

/// Issues a ticket after `change` has modified its claims. The issue time is one second in the future: a server rejects
/// tickets that were issued before it started or in the same second.
pub fn issue(change: impl FnOnce(&mut Claims)) -> Ticket {
    let name = "Ada".to_owned().try_into().expect("the name is valid");
    let mut claims = Claims::new(name, now_s() + 1, now_s() + 61);
    change(&mut claims);
    TicketIssuer::new(None, secret()).issue(&claims).expect("the claims are short")
}

pub fn with_ticket(hello: Hello, ticket: &Ticket) -> Hello {
    Hello { ticket: Some(ticket.clone()), ..hello }
}

pub fn for_subject(subject: &'static str) -> impl FnOnce(&mut Claims) {
    move |claims| claims.subject = Some(subject.parse().expect("a subject"))
}

#[test]
fn a_subject_is_limited_over_all_its_addresses() {
    run(async {
        // Each connection to the test server comes from a different address.
        let mut server = TicketServer::start(|options| {
            options.admission.limits.client.seats = 2;
            options.admission.limits.client.joins_per_second = 2;
        })
        .await;
        let _held = [
            server.join("duel", &issue(for_subject("ada"))).await.expect("the first"),
            server.join("duel", &issue(for_subject("ada"))).await.expect("the second"),
        ];
        assert_eq!(server.join("duel", &issue(for_subject("ada"))).await.err(), Some(CloseReason::TooManyPlayers));
        assert!(server.join("duel", &issue(for_subject("bob"))).await.is_ok());
        assert!(server.join("duel", &issue(|_| {})).await.is_ok(), "a ticket without a subject");
        for _ in 0..2 {
            server.join("duel", &issue(for_subject("ada"))).await.err();
        }
        assert_eq!(server.join("duel", &issue(for_subject("ada"))).await.err(), Some(CloseReason::TooManyJoins));
    });
}

fn spectator() -> Hello {
    Hello::new::<Arena>(Role::Spectator, Viewport::default())
}

impl TicketServer {
    async fn start(change: impl FnOnce(&mut MemoryServerOptions)) -> Self {
        let tickets = Arc::new(Tickets::new(secret().into()));
        let server = TestServer::start(|options| {
            options.tickets = Some(Arc::clone(&tickets));
            change(options);
        });
        Self { server: server.await, tickets }
    }

    async fn join(&mut self, room: &str, ticket: &Ticket) -> Result<Client, CloseReason> {
        self.server.greet_room(room, with_ticket(hello("Eve"), ticket)).await
    }

    /// Whether a player can still join with the ticket.
    fn is_valid(&self, ticket: &Ticket) -> bool {
        self.tickets.reserve_now(ticket, Permission::Play, None).is_some()
    }
}

#[test]
fn a_join_uses_the_ticket_up() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let ticket = issue(|_| {});
        let ada = server.join("test", &ticket).await.expect("the ticket is valid");
        assert!(!server.is_valid(&ticket));
        drop(ada);
        assert_eq!(server.join("test", &ticket).await.err(), Some(CloseReason::Unauthorized));
    });
}

#[test]
fn a_ticket_stays_valid_when_the_room_is_full() {
    run(async {
        let mut server = TicketServer::start(|options| options.room.seats = 1).await;
        let mut ada = server.join("test", &issue(|_| {})).await.expect("a seat is free");
        let ticket = issue(|_| {});
        assert_eq!(server.join("test", &ticket).await.err(), Some(CloseReason::RoomFull));
        ada.wire.close(NORMAL).await;
        assert_eq!(ada.wire.read_close().await, Some(CloseReason::Left));
        assert!(server.join("test", &ticket).await.is_ok());
    });
}

#[test]
fn a_ticket_stays_valid_when_it_is_presented_for_another_room() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let ticket = issue(|claims| claims.room = Some("duel".parse().expect("the name is valid")));
        assert_eq!(server.join("test", &ticket).await.err(), Some(CloseReason::Unauthorized));
        assert!(server.join("duel", &ticket).await.is_ok());
    });
}

#[test]
fn a_ticket_stays_valid_when_its_room_cannot_be_created() {
    run(async {
        let mut server = TicketServer::start(|options| {
            let journal = Arc::clone(&options.journal);
            options.journal = Arc::new(move |name| {
                assert_ne!(name.as_str(), "failing", "a room that cannot be created");
                journal(name)
            });
        })
        .await;
        let ticket = issue(|_| {});
        assert_eq!(server.join("failing", &ticket).await.err(), Some(CloseReason::RoomFailed));
        assert!(server.join("test", &ticket).await.is_ok());
    });
}

#[test]
fn a_ticket_stays_valid_when_the_server_is_overloaded() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let mut ada = server.join("test", &issue(|_| {})).await.expect("a seat is free");
        let ticket = issue(|_| {});
        // The worker gets each tick only when two later ticks have been sent, so each tick arrives 100 ms late.
        server.server.server.relay(0).do_send(SetLag(2));
        ada.play(Duration::from_secs(4)).await;
        assert_eq!(server.join("test", &ticket).await.err(), Some(CloseReason::Overloaded));
        server.server.server.relay(0).do_send(SetLag(0));
        ada.play(Duration::from_secs(4)).await;
        assert!(server.join("test", &ticket).await.is_ok());
    });
}

#[test]
fn a_join_that_completes_after_its_timeout_uses_up_neither_ticket_nor_seat() {
    run(async {
        let mut server = TicketServer::start(|options| options.timeouts.join = Duration::ZERO).await;
        let ticket = issue(|_| {});
        assert_eq!(server.join("test", &ticket).await.err(), Some(CloseReason::Overloaded));
        sleep(Duration::from_secs(1)).await;
        let metrics = &server.server.server.metrics;
        assert_eq!((metrics.rooms.get(), metrics.players.get()), (1, 0));
        assert!(server.is_valid(&ticket));
    });
}

#[test]
fn a_client_that_leaves_before_the_welcome_uses_up_neither_ticket_nor_seat() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let ticket = issue(|_| {});
        let mut wire = server.server.open().await;
        let hello = codec::encode_client::<Arena>(&ClientMessage::Hello(with_ticket(hello("Eve"), &ticket)));
        wire.send_bytes(&[frame(BINARY, &hello), close_frame(GOING_AWAY)].concat()).await;
        assert_eq!(wire.read_close().await, Some(CloseReason::Left));
        sleep(Duration::from_secs(1)).await;
        let metrics = &server.server.server.metrics;
        assert_eq!((metrics.rooms.get(), metrics.players.get()), (1, 0));
        assert!(server.is_valid(&ticket));
    });
}

#[test]
fn connections_that_present_the_same_ticket_at_the_same_time_get_one_seat() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let ticket = issue(|_| {});
        let mut wires = Vec::new();
        for _ in 0..8 {
            let mut wire = server.server.open().await;
            wire.send(&ClientMessage::Hello(with_ticket(hello("Eve"), &ticket))).await;
            wires.push(wire);
        }
        let mut joined = Vec::new();
        for wire in wires {
            match wire.read_welcome().await {
                Ok(client) => joined.push(client),
                Err(reason) => assert_eq!(reason, CloseReason::Unauthorized),
            }
        }
        assert_eq!((joined.len(), server.server.server.metrics.players.get()), (1, 1));
    });
}

#[test]
fn a_client_that_resumes_its_seat_keeps_a_new_ticket() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let ada = server.join("test", &issue(|_| {})).await.expect("the ticket is valid");
        let ticket = issue(|_| {});
        let resumed = server.server.greet(with_ticket(resume("Ada", ada.token()), &ticket)).await.expect("a valid token");
        assert!(resumed.welcome.seat.is_some_and(|seat| seat.resumed));
        assert!(server.is_valid(&ticket));
    });
}

#[test]
fn playing_and_spectating_are_separate_permissions() {
    run(async {
        let mut server = TicketServer::start(|_| {}).await;
        let player = issue(|_| {});
        let watcher = issue(|claims| (claims.play, claims.spectate) = (false, true));
        let spectate = |ticket| with_ticket(spectator(), ticket);
        assert_eq!(server.server.greet(spectate(&player)).await.err(), Some(CloseReason::Unauthorized));
        assert_eq!(server.join("test", &watcher).await.err(), Some(CloseReason::Unauthorized));
        assert!(server.join("test", &player).await.is_ok());
        assert!(server.server.greet(spectate(&watcher)).await.is_ok_and(|client| client.welcome.seat.is_none()));
        assert_eq!(server.server.greet(spectate(&watcher)).await.err(), Some(CloseReason::Unauthorized));
    });
}

#[test]
fn a_ticket_opens_a_replay_while_its_description_is_polled() {
    run(async {
        let mut server = TicketServer::start(|options| options.store = Some(Arc::new(MemoryStore::with_history()))).await;
        let mut ada = server.join("test", &issue(|_| {})).await.expect("the ticket is valid");
        ada.play(Duration::from_secs(15)).await;
        let ticket = issue(|claims| (claims.play, claims.spectate) = (false, true));
        let request = |path: &str, ticket: &Ticket| {
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", ticket.as_str())
        };
        // The ticket is reserved while the replay is opened.
        let reservation = server.tickets.reserve_now(&ticket, Permission::Spectate, None).expect("it is unused");
        for path in ["/api/rooms/test/replay", "/api/replays"] {
            let mut pipe = server.server.server.connect();
            assert_eq!(request_over(&mut pipe, &request(path, &ticket)).await, Some(200), "{path}: it is reserved");
        }
        drop(reservation);
        let wire = Wire::open_with(server.server.server.connect(), "?replay=test").await;
        let _eve = wire.greet(with_ticket(spectator(), &ticket)).await.expect("the description did not use it up");
        for path in ["/api/rooms/test/replay", "/api/replays"] {
            let mut pipe = server.server.server.connect();
            assert_eq!(request_over(&mut pipe, &request(path, &ticket)).await, Some(200), "{path}: it is used up");
            let player = issue(|_| {});
            assert_eq!(request_over(&mut pipe, &request(path, &player)).await, Some(401), "{path}: it is for a player");
        }
    });
}
