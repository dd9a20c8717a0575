//! Resuming a seat after a lost connection.

use std::time::Duration;

use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role};
use tokio::time::sleep;

use crate::client::{Client, TestServer, hello, resume};
use crate::memory_server::run;
use crate::memory_server::websocket::{GOING_AWAY, NORMAL};

/// Whether a client has resumed a seat.
fn has_resumed(client: &Client) -> bool {
    client.welcome.seat.expect("players have a seat").resumed
}

#[test]
fn a_lost_seat_is_resumed_within_the_grace_period() {
    run(async {
        let mut server = TestServer::start(|options| options.room.seats = 1).await;
        let mut lost = server.join("Ada").await;
        lost.play(Duration::from_secs(1)).await;
        let (player, token) = (lost.welcome.player(), lost.token());
        drop(lost);
        sleep(Duration::from_secs(4)).await;
        assert_eq!(server.greet(hello("Bob")).await.err(), Some(CloseReason::RoomFull), "the seat is kept");
        sleep(Duration::from_millis(25_900)).await;
        let resumed = server.greet(resume("Ada", token)).await.expect("the seat is kept");
        assert!(has_resumed(&resumed));
        assert_eq!(resumed.welcome.player(), player);
    });
}

#[test]
fn a_lost_seat_is_free_after_the_grace_period() {
    run(async {
        let mut server = TestServer::start(|options| options.room.seats = 2).await;
        let mut present = server.join("Eve").await;
        let mut lost = server.join("Ada").await;
        lost.play(Duration::from_secs(1)).await;
        let token = lost.token();
        drop(lost);
        present.play(Duration::from_millis(30_100)).await;
        let another = server.join("Bob").await;
        assert!(!has_resumed(&another));
        assert_eq!(server.greet(resume("Ada", token)).await.err(), Some(CloseReason::RoomFull), "the seat is Bob's");
    });
}

#[test]
fn a_seat_whose_client_has_acknowledged_nothing_is_free_at_once() {
    run(async {
        let mut server = TestServer::start(|options| options.room.seats = 1).await;
        for _ in 0..150 {
            let mut silent = server.join("Mallory").await;
            silent.snapshot().await;
        }
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(1)).await;
        assert_eq!(client.replica.players().len(), 1);
    });
}

#[test]
fn in_a_full_room_a_seat_lost_five_seconds_ago_is_given_to_a_new_player() {
    run(async {
        let mut server = TestServer::start(|options| options.room.seats = 2).await;
        let mut present = server.join("Eve").await;
        let mut lost = server.join("Ada").await;
        lost.play(Duration::from_secs(1)).await;
        let token = lost.token();
        drop(lost);
        present.play(Duration::from_millis(4_900)).await;
        assert_eq!(server.greet(hello("Bob")).await.err(), Some(CloseReason::RoomFull));
        present.play(Duration::from_millis(200)).await;
        let bob = server.join("Bob").await;
        assert!(!has_resumed(&bob));
        assert_eq!(server.greet(resume("Ada", token)).await.err(), Some(CloseReason::RoomFull), "the seat is Bob's");
    });
}

#[test]
fn a_client_that_names_no_room_gets_a_seat_lost_five_seconds_ago_if_no_seat_is_free() {
    for has_spectator in [true, false] {
        run(async {
            let mut server = TestServer::start(|options| options.room.seats = 1).await;
            let mut lost = server.join("Ada").await;
            // In the second run there is no spectator, so the room pauses after the player is lost. In both runs, the room
            // must make the seat available after five seconds, and must then no longer be listed as full.
            let spectator = Hello { role: Role::Spectator, ..hello("") };
            let spectator = if has_spectator { server.greet(spectator).await.ok() } else { None };
            assert_eq!(spectator.is_some(), has_spectator);
            lost.play(Duration::from_secs(1)).await;
            drop(lost);
            sleep(Duration::from_millis(4_900)).await;
            let bob = server.join_any_room("Bob").await;
            assert_ne!(bob.welcome.room.as_str(), "test", "the seat is kept, so the lobby creates a room");
            sleep(Duration::from_millis(200)).await;
            let carol = server.join_any_room("Carol").await;
            assert_eq!(carol.welcome.room.as_str(), "test");
            let dave = server.join_any_room("Dave").await;
            assert_ne!(dave.welcome.room.as_str(), "test", "the room is full again");
        });
    }
}

#[test]
fn a_client_that_leaves_gives_its_seat_up_and_one_that_reloads_does_not() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        for (code, is_kept) in [(NORMAL, false), (GOING_AWAY, true)] {
            let mut client = server.join("Ada").await;
            client.play(Duration::from_secs(1)).await;
            client.wire.close(code).await;
            assert_eq!(client.wire.read_close().await, Some(CloseReason::Left));
            let again = server.greet(resume("Ada", client.token())).await.expect("there are free seats");
            assert_eq!(has_resumed(&again), is_kept, "close code {code}");
        }
    });
}

#[test]
fn a_seat_that_is_resumed_while_connected_moves_to_the_new_connection() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut old = server.join("Ada").await;
        old.play(Duration::from_secs(1)).await;
        let mut new = server.greet(resume("Ada", old.token())).await.expect("the token is valid");
        assert!(has_resumed(&new));
        assert_eq!(old.wire.read_close().await, Some(CloseReason::SessionReplaced));
        new.play(Duration::from_secs(20)).await;
        assert_eq!(new.replica.players().len(), 1);
    });
}

#[test]
fn a_replaced_token_is_worthless_once_the_new_one_has_arrived() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut first = server.join("Ada").await;
        first.play(Duration::from_secs(1)).await;
        let stale = first.token();
        drop(first);
        // The Welcome with the second token may have been lost, so the first token stays valid.
        drop(server.greet(resume("Ada", stale)).await.expect("the token is valid"));
        let mut third = server.greet(resume("Ada", stale)).await.expect("the token is still valid");
        assert!(has_resumed(&third));
        third.snapshot().await;
        third.acknowledge().await;
        third.send(&ClientMessage::Ping(0)).await;
        sleep(Duration::from_millis(10)).await;
        let other = server.greet(resume("Ada", stale)).await.expect("there are free seats");
        assert!(!has_resumed(&other));
        let fourth = server.greet(resume("Ada", third.token())).await.expect("the token is valid");
        assert!(has_resumed(&fourth));
    });
}
