//! Flow control: if a client stops reading, the server sends it snapshots for three seconds (the window), and then none.
//! After the client has acknowledged those snapshots, the server sends it one full snapshot.

use tickcast_arena::{Arena, Controls, Steering};
use tickcast_protocol::{ClientMessage, GameProtocol};

use crate::client::Client;
use crate::metrics::wait_for;
use crate::nim::{LARGE_STEPS, Nim, Table};
use crate::test_server::{TestServer, room_options, server_options};
use crate::timeouts::{join_with_small_window, timeouts};

type Player = Client<Arena>;

const TICK_RATE: u16 = 120;
/// Ticks for which the client does not read: five seconds.
const STALL_TICKS: i32 = 5 * TICK_RATE as i32;
/// Maximum number of ticks that a client may leave unacknowledged: three seconds.
const WINDOW_TICKS: i32 = 3 * TICK_RATE as i32;

fn acknowledge<G: GameProtocol>(client: &mut Client<G>) {
    let now = client.now();
    client.connection.send::<G>(&ClientMessage::Acknowledge(now));
}

#[test]
fn a_stalled_client_receives_one_window_and_then_one_full_snapshot() {
    let server = TestServer::arena(room_options().with(|room| room.tick_rate = TICK_RATE));
    let mut witness = Player::join(server.address(), "stall", "Witness").expect("a seat is free");
    let mut stalled = Player::join(server.address(), "stall", "Stalled").expect("a seat is free");
    stalled.tick_until("both ships are in view", |stalled, _| stalled.replica.entities().len() == 2);
    acknowledge(&mut stalled);
    let stalled_at = stalled.now();

    witness.tick_until("the stall has begun", |witness, _| witness.now() == stalled_at.plus(1));
    witness.hold(Controls { steering: Steering::Ahead, thrust: true, fire: true, dash: false, choice: None });
    witness.tick_until("the stall is over", |witness, _| witness.now() == stalled_at.plus(STALL_TICKS));

    for _ in 0..WINDOW_TICKS {
        stalled.tick();
        assert!(!stalled.is_full(), "the snapshots of the window are deltas");
    }
    assert_eq!(stalled.now(), stalled_at.plus(WINDOW_TICKS));
    acknowledge(&mut stalled);
    stalled.tick();
    assert!(stalled.is_full());
    assert!(!witness.now().is_newer_than(stalled.now()), "the full snapshot is of the current tick");

    for _ in 0..TICK_RATE {
        stalled.tick();
        assert!(!stalled.is_full(), "one full snapshot is enough");
    }
    witness.tick_until("the witness is at the same tick", |witness, _| witness.now() == stalled.now());
    assert_eq!(witness.replica.entities(), stalled.replica.entities());
}

/// The connection's outgoing queue overflows before three seconds of snapshots are unacknowledged, because these snapshots
/// are large.
#[test]
fn a_full_outgoing_queue_drops_all_snapshots_until_a_full_one() {
    let mut options = server_options(room_options().with(|room| room.tick_rate = TICK_RATE), ());
    options.timeouts = timeouts(|_| {});
    let server = TestServer::start_with::<Table>(options);
    let mut ada = Client::<Nim>::join(server.address(), "large", "Ada").expect("a seat is free");
    ada.tick();
    ada.hold(LARGE_STEPS);
    ada.tick_until("the input is applied", |ada, _| ada.has_report());
    drop(ada);
    let mut stalled = join_with_small_window::<Nim>(&server);
    wait_for(&server, "the queue is full", |page| page.value("tickcast_snapshots_dropped_total") > 0.0);
    let mut queued = 0;
    stalled.tick();
    loop {
        acknowledge(&mut stalled);
        stalled.tick();
        if stalled.is_full() {
            break;
        }
        queued += 1;
        assert!(queued < WINDOW_TICKS, "the whole window was queued");
    }
}
