//! Shutdown of all sessions.

use std::time::Duration;

use tickcast::actors::messages::ShutdownSessions;
use tickcast_protocol::{CloseReason, ServerMessage};
use tokio::time::Instant;

use crate::client::{Item, TestServer, assert_elapsed, until};
use crate::memory_server::run;

#[test]
fn all_clients_are_asked_to_reconnect_and_closed() {
    run(async {
        let mut server = TestServer::start(|options| options.workers = 2).await;
        let mut clients = Vec::new();
        for number in 0..20 {
            clients.push(server.join(&format!("Ada {number}")).await);
        }
        let mut silent = server.open().await;
        for client in &mut clients {
            client.play(Duration::from_millis(60)).await;
        }
        let start = Instant::now();
        let within = Duration::from_secs(4);
        (0..2).for_each(|worker| server.server.relay_handle(worker).shutdown.do_send(ShutdownSessions(within)));
        let mut delays = Vec::new();
        for client in &mut clients {
            loop {
                match client.wire.read().await {
                    Item::Message(ServerMessage::Snapshot(_)) => {}
                    Item::Message(ServerMessage::Drain(delay_ms)) => {
                        delays.push(delay_ms);
                        break;
                    }
                    other => panic!("a Drain was expected instead of {other:?}"),
                }
            }
            assert_eq!(client.wire.read_close().await, Some(CloseReason::ServerShutdown));
        }
        assert_eq!(silent.read_close().await, Some(CloseReason::ServerShutdown), "a session without a seat as well");
        assert_elapsed(start, Duration::ZERO);
        assert!(delays.iter().all(|delay_ms| *delay_ms <= 4_000), "{delays:?}");
        delays.sort_unstable();
        delays.dedup();
        assert!(delays.len() > 10, "clients return at different times: {delays:?}");
        drop((clients, silent));
        until("all sessions have ended", || server.server.metrics.sessions.get() == 0).await;
        until("all connections have ended", || server.server.admission.connections() == 0).await;
    });
}

#[test]
fn clients_that_do_not_read_are_disconnected_all_the_same() {
    run(async {
        let mut server = TestServer::start(|options| options.pipe_bytes = 256).await;
        let client = server.join("Ada").await;
        tokio::time::sleep(Duration::from_millis(2_900)).await;
        let start = Instant::now();
        server.server.relay_handle(0).shutdown.do_send(ShutdownSessions(Duration::from_secs(1)));
        until("the connection has ended", || server.server.admission.connections() == 0).await;
        // The close timeout is two seconds. It takes effect at the next check of deadlines, at most 250 ms later.
        assert!(start.elapsed() >= Duration::from_secs(2) && start.elapsed() <= Duration::from_millis(2_251));
        drop(client);
    });
}
