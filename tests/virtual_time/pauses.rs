//! Rooms without clients: they do not tick, and close after their grace period.

use std::time::Duration;

use tickcast::actors::messages::{CreateRoom, CreateRoomError, CreatedRoom, Metadata};
use tickcast::admission::Client;
use tickcast_arena::Options;
use tickcast_protocol::Tick;
use tickcast_room::{EMPTY_GRACE, PAUSE_DELAY, RESUME_GRACE, RoomOptions};
use tokio::time::{Instant, sleep};

use crate::client::{TestServer, assert_elapsed, resume, until};
use crate::memory_server::run;

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

async fn create(server: &TestServer, name: &str) -> Result<CreatedRoom, CreateRoomError> {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (20, 16));
    let world = Options { world_size: 1000, rocks: 4, orbs: 4, round_s: 0 };
    let name = name.parse().expect("the name is valid");
    server
        .server
        .lobby
        .send(CreateRoom { name, options, world, metadata: Metadata::default(), creator: Client::default() })
        .await
        .expect("the lobby runs")
}

#[test]
fn a_thousand_rooms_without_clients_never_tick_and_close() {
    run(async {
        let server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        for number in 0..1_000 {
            create(&server, &format!("room-{number}")).await.expect("the limit is 1,000 rooms");
        }
        assert_eq!(create(&server, "another").await, Err(CreateRoomError::TooMany));
        until("all rooms close", || server.server.metrics.rooms.get() == 0).await;
        assert_elapsed(start, EMPTY_GRACE);
        assert_eq!(server.server.metrics.ticks.get(), 0);
        assert!(server.journal.take().is_empty());
    });
}

#[test]
fn a_room_begins_to_tick_when_its_first_client_joins() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        create(&server, "test").await.expect("there is no room yet");
        sleep(EMPTY_GRACE - PERIOD).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        assert_eq!(client.snapshot().await.header.full, Some(Tick(1)));
        assert_elapsed(start, PERIOD);
        client.play(Duration::from_secs(60)).await;
        assert_eq!(server.server.metrics.rooms.get(), 1);
    });
}

#[test]
fn an_empty_room_pauses_and_continues_with_the_next_tick() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(1) + PERIOD / 2).await;
        let token = client.token();
        drop(client);
        sleep(PAUSE_DELAY + PERIOD).await;
        let paused_after = server.server.metrics.ticks.get();
        assert_eq!(paused_after, 20 + 20 * PAUSE_DELAY.as_secs() + 1, "the room pauses after the tick that was scheduled");
        sleep(RESUME_GRACE - PAUSE_DELAY - 2 * PERIOD).await;
        assert_eq!(server.server.metrics.ticks.get(), paused_after);

        let start = Instant::now();
        let mut back = server.greet(resume("Ada", token)).await.expect("the seat is kept");
        assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
        for number in 1..=40 {
            back.snapshot().await;
            // The client returns in the middle of a period. Ticks remain aligned to the start of the server, so the first
            // tick is due half a period later.
            assert_elapsed(start, PERIOD * number - PERIOD / 2);
        }
        assert_eq!(server.server.metrics.ticks_skipped.get(), 0, "the pause is not caught up on");
        let recorded = server.journal.take();
        let expected = 1..=u32::try_from(paused_after).expect("there are few ticks") + 40;
        assert!(recorded.iter().map(|recorded| recorded.tick.0).eq(expected), "ticks are consecutive");
    });
}

#[test]
fn a_paused_room_frees_a_lost_seat_after_the_grace_period() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut lost = server.join("Ada").await;
        lost.play(Duration::from_secs(1)).await;
        let mut visitor = server.join("Eve").await;
        drop(lost);
        visitor.play(Duration::from_secs(10)).await;
        drop(visitor);
        sleep(RESUME_GRACE - Duration::from_secs(11)).await;
        assert_eq!(server.server.metrics.players.get(), 2, "both seats are kept");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(server.server.metrics.players.get(), 1);
    });
}
