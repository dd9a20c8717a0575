//! The schedule of ticks: joins, catching up after a stall, and the end of an empty room.

use std::time::Duration;

use tickcast::actors::messages::ListRooms;
use tickcast_protocol::{CloseReason, Tick};
use tokio::time::{Instant, advance, sleep};

use crate::client::{TestServer, assert_elapsed, hello, until};
use crate::memory_server::recorder::RecordedTick;
use crate::memory_server::run;
use crate::memory_server::websocket::NORMAL;

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

/// The numbers of these ticks, each with the time when it was recorded, in milliseconds since `start`.
fn recorded_ms(ticks: &[RecordedTick], start: Instant) -> Vec<(u32, u128)> {
    ticks.iter().map(|recorded| (recorded.tick.0, (recorded.at - start).as_millis())).collect()
}

#[test]
fn the_first_snapshot_is_full_and_a_delta_follows_every_period() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        assert_elapsed(start, Duration::ZERO);
        assert!(client.welcome.seat.is_some_and(|seat| !seat.resumed));
        let first = client.snapshot().await;
        assert_elapsed(start, PERIOD);
        assert_eq!(first.header.full, Some(Tick(1)));
        let name = client.welcome.player().and_then(|player| client.replica.players().get(&player));
        assert!(name.is_some_and(|player| player.name.as_str() == "Ada"));
        for tick in 2..=20 {
            let next = client.snapshot().await;
            assert_elapsed(start, PERIOD * tick);
            assert_eq!((next.header.full, client.now()), (None, Tick(tick)));
        }
    });
}

#[test]
fn a_full_room_refuses_players_until_one_leaves() {
    run(async {
        let mut server = TestServer::start(|options| options.room.seats = 1).await;
        let mut client = server.join("Ada").await;
        assert_eq!(server.greet(hello("Bob")).await.err(), Some(CloseReason::RoomFull));
        client.wire.close(NORMAL).await;
        assert_eq!(client.wire.read_close().await, Some(CloseReason::Left));
        assert!(server.greet(hello("Bob")).await.is_ok());
    });
}

#[test]
fn a_message_before_the_hello_is_invalid() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut wire = server.open().await;
        wire.send(&tickcast_protocol::ClientMessage::Acknowledge(Tick(1))).await;
        assert_eq!(wire.read_close().await, Some(CloseReason::InvalidMessage));
    });
}

#[test]
fn a_short_stall_of_the_thread_is_caught_up() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        server.journal.take();
        advance(PERIOD * 4).await;
        client.play(PERIOD).await;
        let recorded = recorded_ms(&server.journal.take(), start);
        assert_eq!(recorded, [(4, 375), (5, 375), (6, 375), (7, 375), (8, 400)]);
        assert_eq!(server.server.metrics.ticks_skipped.get(), 0);
        assert_eq!(client.now(), Tick(8));
    });
}

#[test]
fn after_a_long_stall_five_ticks_are_caught_up_and_the_others_skipped() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        server.journal.take();
        // During the stall, 20 ticks are due: at 200, 250, … 1,150 ms.
        advance(PERIOD * 20).await;
        client.play(PERIOD).await;
        let recorded = recorded_ms(&server.journal.take(), start);
        let [late @ .., next] = &*recorded else { panic!("no tick was recorded") };
        assert_eq!(late, (4..=8).map(|tick| (tick, 1175)).collect::<Vec<_>>());
        assert_eq!(*next, (9, 1200));
        assert_eq!(server.server.metrics.ticks_skipped.get(), 15);
        assert_eq!(client.now(), Tick(9), "skipped ticks get no numbers");
    });
}

#[test]
fn a_room_closes_after_thirty_seconds_without_clients() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let client = server.join("Ada").await;
        sleep(Duration::from_millis(1_010)).await;
        let start = Instant::now();
        drop(client);
        until("the room closes", || server.server.metrics.rooms.get() == 0).await;
        assert_elapsed(start, Duration::from_secs(30));
        let rooms = server.server.lobby.send(ListRooms).await.expect("the lobby runs");
        assert!(rooms.rooms.is_empty(), "{rooms:?}");
        let again = server.join("Ada").await;
        assert!(again.welcome.seat.is_some_and(|seat| !seat.resumed));
    });
}

#[test]
fn a_client_may_return_to_an_empty_room_until_it_closes() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        drop(server.join("Ada").await);
        sleep(Duration::from_secs(29)).await;
        let mut client = server.join("Bob").await;
        client.play(Duration::from_secs(60)).await;
        assert_eq!(server.server.metrics.rooms.get(), 1, "a room with a client is not empty");
        drop(client);
    });
}
