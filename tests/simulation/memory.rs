//! The memory that a server holds does not grow while its rooms run.

use std::thread;

use allocation_counter::measure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

use super::memory_server;
use super::scenario::{CLIENTS_MAX, Scenario};

/// Minutes after which servers are measured. By then all clients have stalled, left and returned many times.
const MINUTES: [u32; 3] = [1, 2, 4];
/// Servers that are measured together: one of them may have a few bullets more than another.
const SERVERS: u64 = 4;
/// The limit for a server with one room and so few clients.
const BYTES_MAX: i64 = 512 << 10;

/// The bytes that a server holds after this time, with all clients connected: what its end releases.
fn bytes_held(seed: u64, minutes: u32) -> i64 {
    let options = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.ai_players, room.view_size, room.seed) = (10, 16, 4, 600, seed);
    });
    let world = Options { world_size: 1000, rocks: 8, orbs: 8 };
    let steps = minutes * 60 * u32::from(options.tick_rate);
    let system = memory_server::system();
    let scenario = system.block_on(tokio::task::unconstrained(async {
        let mut scenario = Scenario::start(Xoshiro256PlusPlus::seed_from_u64(seed), options, world).await;
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

/// The bytes that some servers hold together.
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
