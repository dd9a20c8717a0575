//! Threads that have more to do than they can: a room's, and an HTTP worker's.

use std::time::Duration;

use tickcast::ServerOptions;
use tickcast::Timeouts;
use tickcast_protocol::{CloseReason, Game, Hello, ResumeToken, Viewport};
use tickcast_room::RoomOptions;

use crate::client::{Client, player};
use crate::hosting::{host, host_with, options, quiet};
use crate::http::request;
use crate::metrics::{Page, wait_for};
use crate::nim::{Nim, SLOW, SLOW_TO_READ, STUCK, Table};

type Player = Client<Nim>;

fn falsified(token: ResumeToken) -> ResumeToken {
    ResumeToken(token.0.map(|byte| !byte))
}

#[test]
fn an_overloaded_room_lets_time_slip_and_nobody_in_and_its_players_see_every_tick() {
    let server = host::<Table>(quiet(), ());
    let mut ada = Player::join(server.address(), "slow", "Ada").expect("a seat");
    ada.until("Ada is at the table", |ada, _| ada.replica.entities().get(Nim::avatar(ada.player())).is_some());
    ada.hold(SLOW);
    let (mut resets, mut ticks) = (0, 0);
    ada.until("the server has noticed", |ada, _| {
        let header = &ada.snapshot.as_ref().expect("a snapshot").header;
        resets += usize::from(header.reset.is_some());
        ticks += 1;
        ticks % 20 == 0 && request(server.address(), "GET", "/readyz", "").2 == "overloaded\n"
    });
    assert_eq!(resets, 0, "nothing was left out of what Ada was told");
    assert_eq!(Player::join(server.address(), "slow", "Bob").err(), Some(CloseReason::Overloaded));
    let mut bob = Player::join(server.address(), "", "Bob").expect("a seat on the other thread");
    assert_ne!(bob.welcome.room.as_str(), "slow");
    bob.tick();
    let page = wait_for(&server, "time has slipped", |page| page.value("tickcast_ticks_skipped_total") > 0.0);
    assert_eq!(page.value("tickcast_closes_total{reason=\"busy\"}"), 1.0);
    let (_, _, rooms) = request(server.address(), "GET", "/api/rooms", "");
    assert!(rooms.contains("slow"), "{rooms}");

    let token = ada.token();
    let pretender = Player::resume(server.address(), "slow", "Eve", falsified(token));
    assert_eq!(pretender.err(), Some(CloseReason::Overloaded), "only who was really there");
    drop(ada);
    let back = Player::resume(server.address(), "slow", "Ada", token).expect("who was there before comes back");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
}

#[test]
fn an_overloaded_worker_lets_in_only_who_has_a_seat_and_makes_rooms_for_nobody() {
    let room = RoomOptions { tick_rate: 10, ..quiet() };
    let server = host_with::<Table>(ServerOptions { workers: 1, ..options(room, ()) });
    let mut ada = Player::join(server.address(), "calm", "Ada").expect("a seat");
    ada.tick();
    let is_overloaded = || request(server.admin_address(), "GET", "/readyz", "").2 == "overloaded\n";
    while !is_overloaded() {
        ada.hold(SLOW_TO_READ);
        ada.until("the input was read", |ada, _| ada.snapshot.as_ref().is_some_and(|it| it.header.report.is_some()));
    }
    let token = ada.token();
    for (room, resume) in [("calm", None), ("calm", Some(falsified(token))), ("other", Some(token)), ("", Some(token))] {
        let hello = Hello { resume, ..Hello::new::<Nim>(player("Eve"), Viewport::default()) };
        assert_eq!(Player::greet(server.address(), room, hello).err(), Some(CloseReason::Overloaded), "{room}, {resume:?}");
    }
    assert_eq!(Page::read(server.admin_address()).value("tickcast_rooms"), 1.0);
    let back = Player::resume(server.address(), "calm", "Ada", token).expect("who has a seat comes back");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
}

#[test]
fn whoever_is_not_welcomed_in_time_is_told_that_the_server_is_busy() {
    let deadlines = Timeouts { joining: Duration::from_millis(500), ..Timeouts::default() };
    let server = host_with::<Table>(ServerOptions { deadlines, ..options(quiet(), ()) });
    let join = || Player::join(server.address(), "stuck", "Bob");
    let mut ada = Player::join(server.address(), "stuck", "Ada").expect("a seat");
    ada.tick();
    ada.hold(STUCK);
    // Some are early, before the room is stuck.
    let refusal = (0..300).find_map(|_| join().map(Player::leave).err());
    assert_eq!(refusal, Some(CloseReason::Overloaded));
    let before = ada.now();
    ada.until("the room goes on", |ada, _| ada.now().since(before) > 30);
    assert!(join().is_ok());
}
