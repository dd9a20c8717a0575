//! A room whose ticks take longer than they may.

use tickcast_protocol::{CloseReason, Game, ResumeToken};

use crate::client::Client;
use crate::hosting::{host, quiet};
use crate::http::request;
use crate::metrics::wait_for;
use crate::nim::{Nim, SLOW, Table};

type Player = Client<Nim>;

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
    assert_eq!(Player::join(server.address(), "slow", "Bob").err(), Some(CloseReason::Busy));
    let mut bob = Player::join(server.address(), "", "Bob").expect("a seat on the other thread");
    assert_ne!(bob.welcome.room.as_str(), "slow");
    bob.tick();
    let page = wait_for(&server, "time has slipped", |page| page.value("tickcast_ticks_skipped_total") > 0.0);
    assert_eq!(page.value("tickcast_closes_total{reason=\"busy\"}"), 1.0);
    let (_, _, rooms) = request(server.address(), "GET", "/api/rooms", "");
    assert!(rooms.contains("slow"), "{rooms}");

    let token = ada.token();
    let false_token = ResumeToken(token.0.map(|byte| !byte));
    let pretender = Player::resume(server.address(), "slow", "Eve", false_token);
    assert_eq!(pretender.err(), Some(CloseReason::Busy), "only who was really there");
    drop(ada);
    let back = Player::resume(server.address(), "slow", "Ada", token).expect("who was there before comes back");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
}
