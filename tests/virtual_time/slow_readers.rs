//! Clients that do not read fast enough.

use std::time::Duration;

use tickcast::Timeouts;
use tickcast::actors::messages::ShutdownSessions;
use tickcast_protocol::{CloseReason, ServerMessage};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use crate::client::{Item, TestServer, until};
use crate::memory_server::relay_proxy::SetLag;
use crate::memory_server::run;

/// Interval between checks of connections' deadlines.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

#[test]
fn a_client_that_accepts_no_data_is_aborted_after_the_write_timeout() {
    run(async {
        let write = Duration::from_millis(5_100);
        let mut server = TestServer::start(|options| {
            (options.pipe_bytes, options.timeouts) = (64, Timeouts::default());
            options.timeouts.write = write;
        })
        .await;
        let client = server.join("Ada").await;
        // The full snapshot is larger than the pipe, so the server's first write of a snapshot blocks.
        sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        until("the connection is aborted", || server.server.admission.connections() == 0).await;
        let elapsed = start.elapsed();
        assert!((write..=write + CHECK_INTERVAL).contains(&elapsed), "{elapsed:?}");
        assert_eq!(server.server.metrics.sessions.get(), 0);
        let again = server.greet(crate::client::resume("Ada", client.token())).await.expect("there are free seats");
        assert!(again.welcome.seat.is_some_and(|seat| !seat.resumed), "the client has acknowledged nothing");
    });
}

#[test]
fn any_accepted_byte_restarts_the_write_timeout() {
    run(async {
        let mut server = TestServer::start(|options| {
            (options.pipe_bytes, options.timeouts) = (128, Timeouts::default());
            (options.timeouts.write, options.timeouts.idle) = (Duration::from_secs(4), Duration::from_secs(60));
        })
        .await;
        let mut client = server.join("Ada").await;
        for _ in 0..3 {
            sleep(Duration::from_millis(3_500)).await;
            let mut bytes = [0; 16];
            client.wire.pipe.read_exact(&mut bytes).await.expect("data is queued");
        }
        assert_eq!(server.server.admission.connections(), 1);
    });
}

#[test]
fn a_client_that_acknowledges_nothing_is_closed_after_ten_seconds() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        let mut snapshots = 0;
        let reason = loop {
            // The client acknowledges nothing, but sends other messages, so that it does not count as idle.
            client.send(&tickcast_protocol::ClientMessage::Viewport(Default::default())).await;
            match client.wire.read().await {
                Item::Message(ServerMessage::Snapshot(_)) => snapshots += 1,
                Item::Closed(reason) => break reason,
                other => panic!("a snapshot was expected instead of {other:?}"),
            }
            if snapshots == 60 {
                break client.keep_active_until_close().await;
            }
        };
        assert_eq!((snapshots, reason), (60, Some(CloseReason::SlowConsumer)), "three seconds of snapshots are sent");
        // The last snapshot was sent in tick 60, after 3 s. In tick 261, that snapshot is 201 ticks old, which is more than
        // ten seconds. The room checks for this at the start of the next tick, so it closes the session in tick 262.
        crate::client::assert_elapsed(start, Duration::from_millis(262 * 50));
        let again = server.greet(crate::client::resume("Ada", client.token())).await.expect("there are free seats");
        assert!(again.welcome.seat.is_some_and(|seat| !seat.resumed), "the client has acknowledged nothing");
    });
}

#[test]
fn after_an_overflow_a_client_that_catches_up_gets_a_full_snapshot() {
    run(async {
        // The server sends a client up to three seconds of snapshots without an acknowledgement. At this tick rate, these
        // are 360 snapshots, which is more than outbox and pipe can hold.
        let mut server = TestServer::start(|options| {
            (options.room.tick_rate, options.pipe_bytes) = (120, 256);
        })
        .await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(1)).await;
        let stalled_at = client.now();
        sleep(Duration::from_millis(2_950)).await;
        assert!(server.server.metrics.snapshots_dropped.get() > 0, "the outbox has overflowed");
        let full_snapshots = server.server.metrics.full_snapshots.get();
        // The client receives what was queued: deltas without a gap, then nothing.
        let mut last = stalled_at;
        while let Ok(snapshot) = tokio::time::timeout(Duration::from_millis(200), client.snapshot()).await {
            assert_eq!((snapshot.header.full, client.now()), (None, last.next()));
            last = client.now();
        }
        let queued = last.since(stalled_at);
        assert!((256..350).contains(&queued), "{queued} snapshots were queued in outbox and pipe");
        client.acknowledge().await;
        let full = client.snapshot().await;
        assert!(full.header.full.is_some_and(|tick| tick.is_newer_than(last.next())), "{:?} after {last:?}", full.header);
        client.play(Duration::from_secs(2)).await;
        assert_eq!(server.server.metrics.full_snapshots.get(), full_snapshots + 1);
        let tick = server.journal.last().expect("ticks are recorded").tick;
        assert_eq!(client.now(), tick, "the client is up to date");
    });
}

#[test]
fn after_an_overflow_no_delta_is_sent_even_if_the_room_does_not_know_yet() {
    run(async {
        let mut server = TestServer::start(|options| {
            (options.room.tick_rate, options.pipe_bytes) = (120, 256);
        })
        .await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(1)).await;
        let dropped = server.server.metrics.snapshots_dropped.clone();
        sleep(Duration::from_millis(2_000)).await;
        // From now on, the worker receives each tick 20 ticks late. When the outbox overflows, the room has therefore sent
        // some ticks that have not reached the worker yet.
        server.server.relay(0).do_send(SetLag(20));
        until("the outbox overflows", || dropped.get() > 0).await;
        server.server.relay(0).do_send(SetLag(usize::MAX));
        let mut queued = 0;
        while tokio::time::timeout(Duration::from_millis(20), client.snapshot()).await.is_ok() {
            queued += 1;
        }
        assert!(queued >= 256, "{queued} snapshots were queued");
        let before = dropped.get();
        server.server.relay(0).do_send(SetLag(0));
        assert!(tokio::time::timeout(Duration::from_millis(200), client.snapshot()).await.is_err(), "a delta after a gap");
        assert!(dropped.get() > before + 10, "the ticks queued for the worker were dropped");
        client.acknowledge().await;
        assert!(client.snapshot().await.header.full.is_some());
    });
}

#[test]
fn a_client_that_reads_now_and_then_does_not_outlive_the_closing_deadline() {
    run(async {
        let mut server = TestServer::start(|options| options.pipe_bytes = 256).await;
        let mut client = server.join("Ada").await;
        // The client stops reading, so that its session is blocked.
        sleep(Duration::from_millis(2_900)).await;
        let start = Instant::now();
        for _ in 0..19 {
            // Every 100 ms, the session receives the command to close, and the client reads only a few bytes.
            server.server.relay_handle(0).shutdown.do_send(ShutdownSessions(Duration::from_secs(1)));
            sleep(Duration::from_millis(100)).await;
            client.wire.pipe.read_exact(&mut [0; 4]).await.expect("data is queued");
        }
        // Shortly before the deadline, the client reads everything, so the session can send its Close frame and end. The
        // client does not close its side, so the connection stays open until the server aborts it.
        assert!(client.wire.read_to_close_frame().await, "the session has sent its Close frame");
        assert!(start.elapsed() < Timeouts::default().close);
        until("the connection is aborted", || server.server.admission.connections() == 0).await;
        assert!(start.elapsed() <= Timeouts::default().close + CHECK_INTERVAL, "{:?}", start.elapsed());
    });
}

impl crate::client::Wire {
    /// Reads until the server ends its side of the connection. Returns whether the received data ends with a Close frame of
    /// a shutdown. Decodes no frames, because the client has already read the first bytes of some of them.
    async fn read_to_close_frame(&mut self) -> bool {
        let mut bytes = Vec::new();
        self.pipe.read_to_end(&mut bytes).await.expect("the connection is open");
        bytes.ends_with(CloseReason::ServerShutdown.text().as_bytes())
    }
}

impl crate::client::Client {
    /// Sends a viewport every second until the server closes the connection.
    async fn keep_active_until_close(&mut self) -> Option<CloseReason> {
        loop {
            match tokio::time::timeout(Duration::from_secs(1), self.wire.read()).await {
                Ok(Item::Closed(reason)) => return reason,
                Ok(other) => panic!("nothing more was expected, not {other:?}"),
                Err(_) => self.send(&tickcast_protocol::ClientMessage::Viewport(Default::default())).await,
            }
        }
    }
}
