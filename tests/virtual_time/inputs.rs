//! Inputs: batching, the tick in which each input is applied, and rate limits.

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
const NOTHING: Controls = Controls { steering: tickcast_arena::Steering::Ahead, thrust: false, fire: false };

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
        // The first input is sent at tick 3, in time for tick 8. The other two are sent at tick 8. Both are late, so they are
        // due in tick 9, where only the last one counts.
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
fn inputs_wait_up_to_two_milliseconds_for_a_batch() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        let inputs = server.server.metrics.inputs.clone();
        client.hold(Tick(0), THRUST).await;
        client.hold(Tick(0), FIRE).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(inputs.get(), 1, "the first input after a pause does not wait");
        sleep(Duration::from_millis(2)).await;
        assert_eq!(inputs.get(), 2);
    });
}

#[test]
fn an_input_in_a_batch_at_the_end_of_a_tick_is_for_the_next_one() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut client = server.join("Ada").await;
        let mut other = server.join("Bob").await;
        client.play(PERIOD * 3 + PERIOD / 2).await;
        sleep_until(start + PERIOD * 4 - Duration::from_millis(1)).await;
        // The worker sends the acknowledgement to the room at once. It sends the input in the next batch, which leaves
        // after the fourth tick.
        other.send(&ClientMessage::Acknowledge(Tick(1))).await;
        client.hold(Tick(4), THRUST).await;
        client.snapshot().await;
        let report = client.snapshot().await.header.report;
        assert_eq!(report, Some(InputReport { stamp: 4, margin: -1 }));
        assert_eq!(applied(&server, &client), [(5, THRUST)]);
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
