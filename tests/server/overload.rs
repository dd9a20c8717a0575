//! Overload of a room's thread and of an HTTP worker.

use std::time::Duration;

use tickcast_protocol::{CloseReason, GameProtocol, Hello, ResumeToken, Viewport};

use crate::client::{Client, player};
use crate::http::request;
use crate::metrics::{Page, wait_for};
use crate::nim::{BLOCK_STEP, Nim, SLOW_DECODE, SLOW_STEPS, Table};
use crate::test_server::{TestServer, room_options, server_options};

type Player = Client<Nim>;

fn forged(token: ResumeToken) -> ResumeToken {
    ResumeToken(token.0.map(|byte| !byte))
}

#[test]
fn an_overloaded_room_skips_ticks_and_refuses_joins_but_its_players_receive_every_tick_and_may_return() {
    let server = TestServer::start::<Table>(room_options(), ());
    let mut ada = Player::join(server.address(), "slow", "Ada").expect("a seat is free");
    ada.tick_until("Ada has a hand", |ada, _| ada.replica.entities().get(Nim::avatar(ada.player())).is_some());
    ada.hold(SLOW_STEPS);
    let (mut full_snapshots, mut ticks) = (0, 0);
    ada.tick_until("the server reports its overload", |ada, _| {
        full_snapshots += usize::from(ada.is_full());
        ticks += 1;
        ticks % 20 == 0 && request(server.address(), "GET", "/readyz", "").body == "overloaded\n"
    });
    assert_eq!(full_snapshots, 0, "Ada received every tick");
    assert_eq!(Player::join(server.address(), "slow", "Bob").err(), Some(CloseReason::Overloaded));
    let mut bob = Player::join(server.address(), "", "Bob").expect("the other room thread has capacity");
    assert_ne!(bob.welcome.room.as_str(), "slow");
    bob.tick();
    let page = wait_for(&server, "ticks were skipped", |page| page.value("tickcast_ticks_skipped_total") > 0.0);
    assert_eq!(page.sessions_closed("overloaded"), 1.0);
    let rooms = request(server.address(), "GET", "/api/rooms", "").body;
    assert!(rooms.contains("slow"), "{rooms}");

    let token = ada.token();
    let eve = Player::resume(server.address(), "slow", "Eve", forged(token));
    assert_eq!(eve.err(), Some(CloseReason::Overloaded), "a forged token gives no access to an overloaded room");
    drop(ada);
    let ada = Player::resume(server.address(), "slow", "Ada", token).expect("the owner of a seat may return");
    assert!(ada.has_resumed());
}

#[test]
fn an_overloaded_worker_admits_only_owners_of_a_seat_and_creates_no_room() {
    let mut options = server_options(room_options().with(|room| room.tick_rate = 10), ());
    options.workers = 1;
    let server = TestServer::start_with::<Table>(options);
    let mut ada = Player::join(server.address(), "calm", "Ada").expect("a seat is free");
    ada.tick();
    while request(server.admin_address(), "GET", "/readyz", "").body != "overloaded\n" {
        ada.hold(SLOW_DECODE);
        ada.tick_until("the input was decoded", |ada, _| ada.has_report());
    }
    let token = ada.token();
    for (room, resume) in [("calm", None), ("calm", Some(forged(token))), ("other", Some(token)), ("", Some(token))] {
        let hello = Hello { resume, ..Hello::new::<Nim>(player("Eve"), Viewport::default()) };
        let refused = Player::join_with(server.address(), room, hello);
        assert_eq!(refused.err(), Some(CloseReason::Overloaded), "{room}, {resume:?}");
    }
    assert_eq!(Page::read(server.admin_address()).value("tickcast_rooms"), 1.0);
    let ada = Player::resume(server.address(), "calm", "Ada", token).expect("the owner of a seat may return");
    assert!(ada.has_resumed());
}

#[test]
fn a_join_that_takes_too_long_is_refused_as_overloaded() {
    let mut options = server_options(room_options(), ());
    options.timeouts.join = Duration::from_millis(500);
    let server = TestServer::start_with::<Table>(options);
    let join = || Player::join(server.address(), "blocked", "Bob");
    let mut ada = Player::join(server.address(), "blocked", "Ada").expect("a seat is free");
    ada.tick();
    ada.hold(BLOCK_STEP);
    // Some joins succeed before the room blocks.
    let refusal = (0..300).find_map(|_| join().map(Player::leave).err());
    assert_eq!(refusal, Some(CloseReason::Overloaded));
    let before = ada.now();
    ada.tick_until("the room runs again", |ada, _| ada.now().since(before) > 30);
    assert!(join().is_ok());
}
