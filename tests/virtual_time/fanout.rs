//! Sending snapshots to many sessions.

use std::time::Duration;

use tickcast_protocol::{Hello, Role, Tick, Viewport};
use tokio::time::{Instant, advance};

use crate::client::{Client, TestServer, hello};
use crate::memory_server::run;

/// The tick of the first snapshot that the tests check. Joining takes more than one tick, but by this tick, all clients
/// have joined.
const FIRST: u32 = 3;
/// Number of clients. The relay sends a tick in slices of 64 sessions, so it needs three slices for these clients.
const CLIENTS: usize = 150;
/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

async fn spectators(server: &mut TestServer) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let hello = Hello::new::<tickcast_arena::Arena>(Role::Spectator, Viewport::default());
        clients.push(server.greet(hello).await.expect("there is a place"));
    }
    for client in &mut clients {
        while client.replica.tick() != Some(Tick(FIRST - 1)) {
            client.snapshot().await;
        }
    }
    clients
}

/// Asserts that each client receives the snapshots of these ticks in order, and that all clients have received them at the
/// same time. Then lets each client acknowledge the last of these ticks.
async fn receive(clients: &mut [Client], ticks: std::ops::RangeInclusive<u32>) {
    let mut sent_at = None;
    for client in clients {
        for tick in ticks.clone() {
            client.snapshot().await;
            assert_eq!(client.now(), Tick(tick));
        }
        client.acknowledge().await;
        assert_eq!(*sent_at.get_or_insert(Instant::now()), Instant::now(), "all clients receive a tick at the same time");
    }
}

#[test]
fn every_session_of_a_worker_gets_every_tick_in_order() {
    run(async {
        let mut server = TestServer::start(|options| options.room.spectators = CLIENTS as u16).await;
        let mut clients = spectators(&mut server).await;
        for tick in FIRST..FIRST + 60 {
            receive(&mut clients, tick..=tick).await;
        }
        assert_eq!(server.server.metrics.full_snapshots.get(), CLIENTS as u64);
    });
}

#[test]
fn ticks_that_follow_before_the_last_one_is_sent_do_not_overtake_it() {
    run(async {
        let mut server = TestServer::start(|options| options.room.spectators = CLIENTS as u16).await;
        let mut clients = spectators(&mut server).await;
        receive(&mut clients, FIRST..=FIRST).await;
        advance(PERIOD * 5).await;
        receive(&mut clients, FIRST + 1..=FIRST + 5).await;
        assert_eq!(server.server.metrics.full_snapshots.get(), CLIENTS as u64);
        assert_eq!(server.server.metrics.snapshots_dropped.get(), 0);
    });
}

#[test]
fn rooms_that_opened_at_different_times_tick_together() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut first = server.greet_room("first", hello("Ada")).await.expect("there are free seats");
        first.play(PERIOD * 3 + PERIOD / 2).await;
        let mut second = server.greet_room("second", hello("Bob")).await.expect("there are free seats");
        for _ in 0..20 {
            first.snapshot().await;
            let received_at = Instant::now();
            second.snapshot().await;
            assert_eq!(received_at, Instant::now());
        }
    });
}
