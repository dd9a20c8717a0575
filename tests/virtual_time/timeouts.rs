//! Each phase of a connection ends at its timeout.

use std::sync::mpsc;
use std::time::Duration;

use actix::Arbiter;
use tickcast::Timeouts;
use tickcast_protocol::{ClientMessage, CloseReason};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use crate::client::{Item, TestServer, assert_elapsed, hello};
use crate::memory_server::run;
use crate::memory_server::websocket::NORMAL;

/// Interval between checks of connections' deadlines.
const DEADLINE_CHECK_INTERVAL: Duration = Duration::from_millis(250);
/// Interval between checks for idle sessions.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Expected time from `start` until a timeout takes effect. The server was started at `started`, and checks deadlines once
/// per `interval` from then on.
fn checked_after(started: Instant, start: Instant, timeout: Duration, interval: Duration) -> Duration {
    let deadline = start + timeout - started;
    let checks = deadline.as_nanos().div_ceil(interval.as_nanos()) as u32;
    (interval * checks).saturating_sub(start - started)
}

/// Timeouts of different lengths. None of them is a multiple of a check interval.
fn timeouts() -> Timeouts {
    let mut timeouts = Timeouts::default();
    timeouts.request = Duration::from_millis(4_100);
    timeouts.hello = Duration::from_millis(3_300);
    timeouts.join = Duration::from_millis(5_700);
    timeouts.idle = Duration::from_millis(10_900);
    timeouts.close = Duration::from_millis(2_100);
    timeouts
}

#[test]
fn a_connection_without_a_request_is_aborted() {
    run(async {
        let started = Instant::now();
        let mut server = TestServer::start(|options| options.timeouts = timeouts()).await;
        sleep(Duration::from_millis(777)).await;
        let start = Instant::now();
        let mut pipe = server.server.connect();
        let mut response = Vec::new();
        pipe.read_to_end(&mut response).await.expect("the connection ends orderly");
        let elapsed = start.elapsed();
        // actix-http has its own timer for requests, and starts this timer from a cached time that is up to half a second
        // old, so the timer may expire up to half a second early.
        let latest = checked_after(started, start, timeouts().request, DEADLINE_CHECK_INTERVAL);
        let earliest = timeouts().request - Duration::from_millis(500);
        assert!((earliest..=latest).contains(&elapsed), "{elapsed:?}");
        assert_eq!(server.server.admission.connections(), 0);
    });
}

#[test]
fn a_session_without_a_hello_is_closed() {
    run(async {
        let mut server = TestServer::start(|options| options.timeouts = timeouts()).await;
        let start = Instant::now();
        let mut wire = server.open().await;
        assert_eq!(wire.read_close().await, Some(CloseReason::HelloTimeout));
        assert_elapsed(start, timeouts().hello);
    });
}

#[test]
fn a_join_that_the_room_does_not_answer_is_given_up() {
    let room_thread = |release: mpsc::Receiver<()>| {
        let arbiter = Arbiter::new();
        // Block the thread of the rooms until the test ends.
        arbiter.spawn_fn(move || _ = release.recv());
        arbiter.handle()
    };
    run(async {
        let (_release, released) = mpsc::channel();
        let mut server = TestServer::start(|options| {
            options.timeouts = timeouts();
            options.room_threads = vec![room_thread(released)];
        })
        .await;
        let mut wire = server.open().await;
        sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        wire.send(&ClientMessage::Hello(hello("Ada"))).await;
        assert_eq!(wire.read_close().await, Some(CloseReason::Overloaded));
        assert_elapsed(start, timeouts().join);
    });
}

#[test]
fn a_silent_client_is_closed_and_keeps_its_seat() {
    run(async {
        let started = Instant::now();
        let mut server = TestServer::start(|options| options.timeouts = timeouts()).await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_millis(5_123)).await;
        let start = Instant::now();
        client.acknowledge().await;
        // A Ping does not count as activity.
        client.send(&ClientMessage::Ping(7)).await;
        assert_eq!(client.wire.read_close().await, Some(CloseReason::IdleTimeout));
        assert_elapsed(start, checked_after(started, start, timeouts().idle, IDLE_CHECK_INTERVAL));
        let resumed = server.greet(crate::client::resume("Ada", client.token())).await;
        assert!(resumed.is_ok_and(|client| client.welcome.seat.is_some_and(|seat| seat.resumed)));
    });
}

#[test]
fn a_connection_that_the_client_does_not_end_after_the_close_frame_is_aborted() {
    run(async {
        let started = Instant::now();
        let mut server = TestServer::start(|options| options.timeouts = timeouts()).await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_millis(1_234)).await;
        let start = Instant::now();
        client.wire.close(NORMAL).await;
        assert_eq!(client.wire.read_close().await, Some(CloseReason::Left));
        assert_elapsed(start, Duration::ZERO);
        // The server shuts down its sending side at once, but keeps the connection open to receive the client's remaining
        // data.
        assert!(matches!(client.wire.read().await, Item::Closed(None)));
        assert_eq!(server.server.admission.connections(), 1);
        crate::client::until("the connection is aborted", || server.server.admission.connections() == 0).await;
        assert_elapsed(start, checked_after(started, start, timeouts().close, DEADLINE_CHECK_INTERVAL));
    });
}
