//! Checks that the memory of a server does not grow while its rooms run.

use std::thread;

use allocation_counter::measure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

use super::memory_server;
use super::scenario::{CLIENTS_MAX, Scenario};

/// Minutes of virtual time after which the memory is measured. By then, clients have stalled, left and returned many times.
const MINUTES: [u32; 3] = [1, 2, 4];
/// Number of servers whose memory is summed. The memory of one server varies with the number of bullets in its world. The
/// sum over several servers varies less.
const SERVERS: u64 = 4;
/// Maximum memory of a server with one room and the clients of a run, in bytes.
const BYTES_MAX: i64 = 512 << 10;

/// Number of bytes that a server with the maximum number of clients holds after this many minutes. Drops the server and
/// counts the bytes that it releases.
fn bytes_held(seed: u64, minutes: u32) -> i64 {
    let options = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.ai_players, room.view_size) = (10, 16, 4, 600);
    });
    let world = Options { world_size: 1000, rocks: 8, orbs: 8, round_s: 0 };
    let steps = minutes * 60 * u32::from(options.tick_rate);
    let system = memory_server::system();
    let scenario = system.block_on(tokio::task::unconstrained(async {
        let mut scenario = Scenario::start(Xoshiro256PlusPlus::seed_from_u64(seed), options, world, seed).await;
        for _ in 0..steps {
            scenario.step().await;
        }
        while scenario.clients.len() < CLIENTS_MAX {
            scenario.step().await;
        }
        scenario.settle().await;
        scenario
    }));
    let released = -measure(|| drop(system)).bytes_current;
    drop(scenario);
    released
}

/// Bytes that all [`SERVERS`] hold together.
fn bytes_held_together(minutes: u32) -> i64 {
    let held = thread::scope(|scope| {
        let servers: Vec<_> = (0..SERVERS).map(|seed| scope.spawn(move || bytes_held(seed, minutes))).collect();
        servers.into_iter().map(|server| server.join().expect("the oracles hold")).collect::<Vec<_>>()
    });
    let bounds = CLIENTS_MAX as i64 * 1_000..=BYTES_MAX;
    assert!(held.iter().all(|bytes| bounds.contains(bytes)), "after {minutes} minutes, servers hold {held:?} bytes");
    held.iter().sum()
}

#[test]
fn a_server_holds_no_more_memory_the_longer_it_runs() {
    let held = MINUTES.map(bytes_held_together);
    let most = held[0] + held[0] / 4;
    assert!(held.iter().all(|bytes| *bytes <= most), "after {MINUTES:?} minutes, servers hold {held:?} bytes");
}
