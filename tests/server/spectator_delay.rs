//! The delay with which spectators see the world, and its maximum.

use tickcast::{Server, ServerError};
use tickcast_arena::{Arena, World};
use tickcast_protocol::Role;
use tickcast_room::RoomOptions;

use crate::client::Client;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

type Player = Client<Arena>;

/// Options of a room whose spectators see the world with this delay.
fn delayed(delay_s: u16) -> RoomOptions {
    room_options().with(|room| room.spectator_delay_s = delay_s)
}

#[test]
fn a_spectator_sees_the_world_as_it_was_the_longest_delay_ago() {
    let room = delayed(RoomOptions::SPECTATOR_DELAY_S_MAX);
    let delay_ticks = i32::from(room.spectator_delay_s * room.tick_rate);
    let server = TestServer::arena(room);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    ada.tick_until("Ada sees her ship", |ada, _| !ada.replica.entities().is_empty());
    let seen_before = ada.now();

    let mut spectator = Player::join_as(server.address(), "duel", Role::Spectator).expect("there is a place");
    spectator.tick();
    assert!(spectator.replica.entities().is_empty(), "the spectator sees the room before Ada has joined");
    let sent_at = spectator.now().plus(delay_ticks);
    assert!(!seen_before.is_newer_than(sent_at), "the delay is not longer than configured");
    // If the server delays the spectator, `sent_at` is about the current tick, and Ada's snapshots up to this tick have
    // already been sent. If the server did not delay the spectator, `sent_at` would be a minute ahead of the current tick,
    // and `tick_until` would fail.
    ada.tick_until("the tick in which the spectator joined", |ada, _| !sent_at.is_newer_than(ada.now()));
}

#[test]
fn a_longer_delay_is_refused() {
    actix_web::rt::System::new().block_on(async {
        let options = server_options(delayed(RoomOptions::SPECTATOR_DELAY_S_MAX + 1), empty_arena());
        match Server::<World>::builder().options(options).start() {
            Err(ServerError::Options(error)) => assert!(error.to_string().contains("spectator_delay_s"), "{error}"),
            other => panic!("the delay is too long: {:?}", other.map(|server| server.address())),
        }
    });
}
