//! Inputs: the tick in which each input is applied, parking of the worker's thread, and rate limits.

use std::cell::RefCell;
use std::time::Duration;

use tickcast_arena::{Arena, Controls};
use tickcast_game::Command;
use tickcast_protocol::{ClientMessage, CloseReason, InputReport, Tick};
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::{Client, TestServer, assert_elapsed};
use crate::memory_server::run;

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

const THRUST: Controls = Controls { thrust: true, ..NOTHING };
const FIRE: Controls = Controls { fire: true, ..NOTHING };
const NOTHING: Controls =
    Controls { steering: tickcast_arena::Steering::Ahead, thrust: false, fire: false, dash: false, choice: None };

/// The controls of a client that were applied since the last call, each with the tick in which they were applied.
fn applied(server: &TestServer, client: &Client) -> Vec<(u32, Controls)> {
    let player = client.welcome.player().expect("the client plays");
    let controls = |command: &Command<Arena>| match command {
        Command::Controls(held_by, controls) if *held_by == player => Some(*controls),
        _ => None,
    };
    let recorded = server.journal.take();
    recorded.iter().flat_map(|it| it.commands.iter().filter_map(controls).map(|controls| (it.tick.0, controls))).collect()
}

#[test]
fn an_input_is_applied_in_the_tick_that_it_is_stamped_for() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        for (tick, controls) in [(8, THRUST), (6, FIRE), (3, NOTHING)] {
            let start = Instant::now();
            client.hold(Tick(tick), controls).await;
            assert_elapsed(start, Duration::ZERO);
            if tick == 8 {
                client.play(PERIOD * 5).await;
            }
        }
        client.play(PERIOD * 5).await;
        // The first input is sent at tick 3, in time for tick 8. The other two are sent at tick 8. Both are late, so they
        // are due in tick 9, where only the last one counts.
        assert_eq!(applied(&server, &client), [(8, THRUST), (9, NOTHING)]);
    });
}

#[test]
fn a_stamp_is_at_most_one_second_ahead() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        client.hold(Tick(1_000), THRUST).await;
        client.hold(Tick(5), FIRE).await;
        client.play(PERIOD * 40).await;
        assert_eq!(applied(&server, &client), [(24, FIRE)], "never before an input that was sent earlier");
    });
}

#[test]
fn an_input_that_arrives_shortly_before_a_tick_is_in_time() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        let mut other = server.join("Bob").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        sleep_until(start + PERIOD * 4 - Duration::from_millis(1)).await;
        other.send(&ClientMessage::Acknowledge(Tick(1))).await;
        client.hold(Tick(4), THRUST).await;
        let report = client.snapshot().await.header.report;
        assert_eq!(report, Some(InputReport { stamp: 4, margin: 0 }));
        assert_eq!(applied(&server, &client), [(4, THRUST)]);
    });
}

thread_local! {
    /// Durations for which the worker was asked to park its thread since the last call of [`parked`].
    static PARKED: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
}

/// Number of times that the worker's thread parks within half a second, while each client sends an input every 10 ms.
async fn parked(server: &mut TestServer, clients: &mut [Client]) -> usize {
    PARKED.take();
    let inputs = server.server.metrics.inputs.clone();
    let before = inputs.get();
    for _ in 0..50 {
        for client in &mut *clients {
            client.hold(Tick(0), THRUST).await;
        }
        sleep(Duration::from_millis(10)).await;
    }
    sleep(PERIOD).await;
    assert_eq!(inputs.get() - before, 50 * clients.len() as u64, "all inputs are handled");
    let parked = PARKED.take();
    assert!(parked.iter().all(|time| *time <= Duration::from_millis(2)), "{parked:?}");
    parked.len()
}

#[test]
fn a_worker_parks_between_events_only_under_load() {
    run(async {
        let mut server = TestServer::start(|options| {
            options.park = |time| PARKED.with_borrow_mut(|parked| parked.push(time));
        })
        .await;
        let mut clients = Vec::new();
        for number in 0..40 {
            clients.push(server.join(&format!("player {number}")).await);
        }
        sleep(PERIOD * 10).await;
        assert_eq!(parked(&mut server, &mut clients[..1]).await, 0);
        assert!(parked(&mut server, &mut clients).await > 20);
        sleep(PERIOD * 10).await;
        assert_eq!(parked(&mut server, &mut clients[..1]).await, 0);
    });
}

#[test]
fn a_lost_client_releases_the_controls_in_the_next_tick() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut watcher = server.join("Eve").await;
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        client.hold(Tick(4), THRUST).await;
        client.hold(Tick(9), FIRE).await;
        client.play(PERIOD * 2).await;
        let Client { wire, welcome, replica } = client;
        drop(wire);
        watcher.play(PERIOD * 10).await;
        let client = Client { wire: server.open().await, welcome, replica };
        assert_eq!(applied(&server, &client), [(4, THRUST), (6, NOTHING)], "the input for tick 9 is dropped");
    });
}

#[test]
fn a_client_may_send_150_messages_per_second_and_twice_as_many_in_a_burst() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(3)).await;
        for _ in 0..100 {
            for _ in 0..3 {
                client.send(&ClientMessage::Viewport(Default::default())).await;
            }
            client.play(Duration::from_millis(20)).await;
        }
        for _ in 0..301 {
            client.send(&ClientMessage::Viewport(Default::default())).await;
        }
        assert_eq!(client.wire.read_close().await, Some(CloseReason::RateLimited));
    });
}

#[test]
fn a_client_may_request_twenty_full_snapshots_in_a_burst() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(Duration::from_secs(1)).await;
        for _ in 0..20 {
            client.send(&ClientMessage::Resync).await;
        }
        client.play(Duration::from_secs(2)).await;
        assert_eq!(server.server.metrics.full_snapshots.get(), 2, "all these requests get one");
        for _ in 0..2 {
            client.send(&ClientMessage::Resync).await;
        }
        assert_eq!(client.wire.read_close().await, Some(CloseReason::RateLimited));
    });
}
