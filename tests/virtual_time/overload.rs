//! What a room does when a worker does not keep up.

use std::time::Duration;

use tickcast_protocol::Tick;
use tokio::time::{Instant, sleep};

use crate::client::{Client, TestServer};
use crate::memory_server::relay_proxy::SetLag;
use crate::memory_server::run;

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

/// Starts a server with two workers. Each worker has four of the returned clients.
async fn server_with_clients() -> (TestServer, Vec<Client>) {
    let mut server = TestServer::start(|options| options.workers = 2).await;
    let mut clients = Vec::new();
    for number in 0..8 {
        clients.push(server.join(&format!("Ada {number}")).await);
    }
    for client in &mut clients {
        client.snapshot().await;
        client.acknowledge().await;
    }
    (server, clients)
}

#[test]
fn a_room_skips_ticks_while_a_quarter_of_a_second_waits_for_a_worker() {
    run(async {
        let (server, mut clients) = server_with_clients().await;
        server.server.relay(0).do_send(SetLag(usize::MAX));
        sleep(PERIOD * 20 + PERIOD / 2).await;
        assert_eq!(server.journal.last().map(|recorded| recorded.tick), Some(Tick(1 + 5)));
        assert_eq!(server.server.metrics.ticks_skipped.get(), 15);
        server.server.relay(0).do_send(SetLag(0));
        for client in &mut clients {
            client.play(PERIOD).await;
        }
        assert_eq!(server.server.metrics.full_snapshots.get(), 8, "no client has missed a tick");
    });
}

#[test]
fn a_quarter_of_the_sessions_of_a_busy_worker_is_shed_at_a_time() {
    run(async {
        let (server, mut clients) = server_with_clients().await;
        let metrics = &server.server.metrics;
        server.server.relay(0).do_send(SetLag(3));
        // The room sheds no session of a worker that has been behind for less than a second.
        play_all(&mut clients, PERIOD * 20).await;
        assert_eq!(metrics.snapshots_shed.get(), 0);
        let full_snapshots = metrics.full_snapshots.get();
        play_all(&mut clients, PERIOD * 20 * 4).await;
        let shed = metrics.snapshots_shed.get();
        assert!((4..=5).contains(&shed), "one of four sessions per second, not {shed} in four seconds");
        assert_eq!(metrics.ticks_skipped.get(), 0);
        server.server.relay(0).do_send(SetLag(0));
        play_all(&mut clients, PERIOD * 20 * 2).await;
        assert_eq!(metrics.full_snapshots.get() - full_snapshots, metrics.snapshots_shed.get());
        let tick = server.journal.last().expect("ticks are recorded").tick;
        assert!(clients.iter().all(|client| client.now() == tick), "all clients are up to date");
    });
}

/// All clients receive and acknowledge snapshots for this long.
async fn play_all(clients: &mut [Client], time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        sleep(PERIOD / 5).await;
        for client in &mut *clients {
            client.play(Duration::ZERO).await;
        }
    }
}
