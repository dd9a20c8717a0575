//! A lost connection is no lost ship.

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{CloseReason, Game, Role};

use crate::client::Client;
use crate::hosting::{Hosted, host_arena, quiet};

type Player = Client<Arena>;

const ROOM: &str = "duel";

/// A server, Ada who flies in it, and somebody who watches.
fn flying() -> (Hosted, Player, Player) {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), ROOM, "Ada").expect("a seat");
    let watcher = Player::enter(server.address(), ROOM, Role::Spectator).expect("watching takes no seat");
    ada.until("Ada has a ship", |ada, _| has_ship(ada, ada));
    ada.hold(Controls { thrust: true, ..Controls::default() });
    ada.until("it flies", |ada, _| thrusts(ada, ada));
    (server, ada, watcher)
}

fn has_ship(who_sees: &Player, whose: &Player) -> bool {
    who_sees.replica.entities().get(Arena::avatar(whose.player())).is_some()
}

fn thrusts(who_sees: &Player, whose: &Player) -> bool {
    let ship = who_sees.replica.entities().get(Arena::avatar(whose.player()));
    ship.and_then(Arena::controls).is_some_and(|controls| controls.thrust)
}

fn come_back(server: &Hosted, token: tickcast_protocol::ResumeToken) -> Player {
    Player::resume(server.address(), ROOM, "Eve", token).expect("a seat")
}

#[test]
fn who_was_lost_comes_back_to_the_same_ship() {
    let (server, ada, mut watcher) = flying();
    let (player, token) = (ada.player(), ada.token());
    drop(ada);
    let lets_go = |watcher: &Player| {
        let ship = watcher.replica.entities().get(Arena::avatar(player)).expect("the ship stays");
        Arena::controls(ship) == Some(Controls::default())
    };
    watcher.until("the ship thrusts", |watcher, _| {
        watcher.replica.entities().get(Arena::avatar(player)).and_then(Arena::controls).is_some_and(|it| it.thrust)
    });
    watcher.until("the ship lets go of its controls", |watcher, _| lets_go(watcher));
    let back = come_back(&server, token);
    let seat = back.welcome.seat.expect("a seat");
    assert!(seat.resumed && seat.player == player && seat.token != token);
    watcher.tick();
    let members: Vec<_> = watcher.replica.members().values().map(|member| member.name.as_str()).collect();
    assert_eq!(members, ["Ada"], "the name stays with the seat");
}

#[test]
fn a_token_is_good_once() {
    let (server, ada, _watcher) = flying();
    let first = ada.token();
    drop(ada);
    let mut back = come_back(&server, first);
    back.until("it has a ship", |back, _| has_ship(back, back));
    back.hold(Controls { thrust: true, ..Controls::default() });
    back.until("the server has heard of it", |back, _| thrusts(back, back));
    let (player, second) = (back.player(), back.token());
    let thief = come_back(&server, first);
    assert!(!thief.welcome.seat.expect("a seat of its own").resumed);
    assert_ne!(thief.player(), player);
    drop(back);
    assert_eq!(come_back(&server, second).player(), player, "the thief has done no harm");
}

#[test]
fn a_second_connection_takes_the_seat_over() {
    let (server, mut ada, _watcher) = flying();
    let other = come_back(&server, ada.token());
    assert_eq!(ada.wire.read_close::<Arena>(), CloseReason::SessionReplaced);
    assert!(other.welcome.seat.is_some_and(|seat| seat.resumed && seat.player == ada.player()));
}

#[test]
fn of_many_that_come_back_at_once_one_has_the_seat() {
    const TICKS: usize = 60;
    let (server, ada, _watcher) = flying();
    let (address, player, token) = (server.address(), ada.player(), ada.token());
    drop(ada);
    let race = move || {
        let mut racer = Player::resume(address, ROOM, "Ada", token)?;
        let met = (0..TICKS).find_map(|_| racer.try_tick().err());
        met.map_or(Ok(racer.player()), Err)
    };
    let racers: Vec<_> = (0..4).map(|_| std::thread::spawn(race)).collect();
    let ends: Vec<_> = racers.into_iter().map(|racer| racer.join().expect("no panic")).collect();
    assert_eq!(ends.iter().filter(|end| **end == Ok(player)).count(), 1, "{ends:?}");
    assert!(ends.iter().all(|end| end.is_ok() || *end == Err(CloseReason::SessionReplaced)), "{ends:?}");
}

#[test]
fn who_said_goodbye_is_gone() {
    let (server, ada, mut watcher) = flying();
    let token = ada.token();
    ada.leave();
    watcher.until("the seat is free", |watcher, _| watcher.replica.members().is_empty());
    assert!(!come_back(&server, token).welcome.seat.expect("a seat").resumed);
}

#[test]
fn another_room_does_not_know_the_token() {
    let (server, ada, _watcher) = flying();
    let stranger = Player::resume(server.address(), "other", "Ada", ada.token()).expect("a seat");
    assert!(!stranger.welcome.seat.expect("a seat").resumed);
}
