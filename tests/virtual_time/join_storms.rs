//! Many clients that join a room at once.

use std::time::Duration;

use tickcast::actors::room::join_queue::JOINS_PER_SECOND;
use tickcast_protocol::{ClientMessage, CloseReason};
use tokio::time::sleep;

use crate::client::{Client, TestServer, Wire, hello};
use crate::memory_server::run;

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);
const JOINS_PER_TICK: usize = JOINS_PER_SECOND as usize / 20;
const CLIENTS: usize = 2 * JOINS_PER_TICK + 50;

/// A room with one player (`_member`), and clients that have all just sent their Hellos.
struct Storm {
    server: TestServer,
    _member: Client,
    wires: Vec<Wire>,
}

/// Starts a server, and lets one player join. The room has `seats` seats in addition to this player's seat.
async fn storm(seats: usize) -> Storm {
    let mut server = TestServer::start(|options| options.room.seats = 1 + seats as u16).await;
    let mut member = server.join("Eve").await;
    member.snapshot().await;
    let mut wires = Vec::new();
    for number in 0..CLIENTS {
        let mut wire = server.open().await;
        wire.send(&ClientMessage::Hello(hello(&format!("Ada {number}")))).await;
        wires.push(wire);
    }
    // The server handles the Hellos before the next tick.
    sleep(PERIOD / 2).await;
    Storm { server, _member: member, wires }
}

#[test]
fn each_tick_lets_a_bounded_number_of_clients_join_in_order_of_arrival() {
    run(async {
        let Storm { server, _member, wires } = storm(CLIENTS).await;
        for joined in [JOINS_PER_TICK, 2 * JOINS_PER_TICK, CLIENTS] {
            assert_eq!(server.server.metrics.players.get() as usize, 1 + joined);
            sleep(PERIOD).await;
        }
        let mut last_player = None;
        for wire in wires {
            let client = wire.read_welcome().await.expect("there is a seat");
            assert!(last_player < client.welcome.player());
            last_player = client.welcome.player();
        }
        assert_eq!(server.server.metrics.ticks_skipped.get(), 0);
    });
}

#[test]
fn refused_clients_do_not_delay_those_who_wait() {
    run(async {
        let Storm { server, _member, mut wires } = storm(JOINS_PER_TICK - 1).await;
        for wire in wires.split_off(JOINS_PER_TICK - 1) {
            assert_eq!(wire.read_welcome().await.err(), Some(CloseReason::RoomFull));
        }
        assert_eq!(server.server.metrics.ticks.get(), 1, "all are refused before the next tick");
    });
}
