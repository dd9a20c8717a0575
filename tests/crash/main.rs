//! A real server is killed at random moments and restarted, while bots play. Every tick for which a bot has received a
//! snapshot must be in the database, with the same world, and every bot must get its seat back.
//!
//! In half of the tests, a kill is a loss of power (only on Linux): the server runs with `--durability disk`, and the disk
//! loses all unsynced writes. In the other tests, the operating system keeps them, and the server runs with `--durability
//! process` and `--durability disk` in turn.
//!
//! `TICKCAST_KILLS` sets the number of kills in all tests together, `TICKCAST_SEED` the seed of their random moments. A
//! thousand kills take about ten minutes:
//!
//! ```sh
//! TICKCAST_KILLS=1000 cargo test --release --test crash -- --nocapture every_shown_tick_survives
//! ```
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod bot;
mod data_tools;
mod database;
mod machine;
mod server_process;

use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use bot::Bot;
use database::recomputed_worlds;
use machine::Machine;
use server_process::ServerProcess;

const KILLS: u64 = 50;
/// Number of tests among which the kills are divided.
const TESTS: u64 = if cfg!(target_os = "linux") { 4 } else { 2 };
/// Before a kill, each bot receives a snapshot, and all bots together receive a random number of further snapshots. The
/// random number is below this limit.
const SNAPSHOTS_MAX: u64 = 400;
/// The server is killed a random time after the last snapshot for which the test waits. This constant is the limit of this
/// time. Without the random time, every kill would come just after the server has stored a tick. The limit exceeds the 33
/// ms between two ticks, so a kill can come at any moment between them.
const LAST_MOMENT_MAX_US: u64 = 40_000;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Lets all bots play until each has received a snapshot and all together have received `snapshots`. Kills the server after
/// a further `last_moment`.
fn play_and_kill(server: ServerProcess, bots: Vec<Bot>, snapshots: u64, last_moment: Duration) -> Vec<Bot> {
    let bots_count = bots.len();
    let (sender, received) = mpsc::channel();
    let endpoint = server.endpoint();
    let is_killed = Arc::new(AtomicBool::new(false));
    let play = |mut bot: Bot| {
        let (sender, is_killed) = (sender.clone(), Arc::clone(&is_killed));
        thread::spawn(move || {
            bot.play(endpoint, &sender, &is_killed);
            bot
        })
    };
    let threads: Vec<_> = bots.into_iter().map(play).collect();
    drop(sender);
    let mut counts = BTreeMap::<_, u64>::new();
    while counts.len() < bots_count || counts.values().sum::<u64>() < snapshots {
        assert!(!threads.iter().any(JoinHandle::is_finished), "a bot has failed");
        *counts.entry(received.recv().expect("the bots play until the server is killed")).or_default() += 1;
    }
    thread::sleep(last_moment);
    is_killed.store(true, Ordering::Relaxed);
    server.kill();
    threads.into_iter().map(|bot| bot.join().expect("the bot saw nothing wrong")).collect()
}

/// Bots that play in this number of rooms.
fn bots(rooms: usize, bots: usize) -> Vec<Bot> {
    (0..bots).map(|number| Bot::new(number, &format!("room-{}", number % rooms))).collect()
}

/// Kills the servers of a machine again and again, while these bots play. The values of `--durability` are used in turn.
fn check_kills(machine: &Machine, durabilities: &[&str], mut bots: Vec<Bot>) {
    let (kills, seed) = (number("TICKCAST_KILLS", KILLS).div_ceil(TESTS), number("TICKCAST_SEED", 1));
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut verified, mut losses) = (0, 0);
    for (kill, durability) in (0..kills).zip(durabilities.iter().cycle()) {
        let server = machine.start_server(&["--durability", durability]);
        let snapshots = bots.len() as u64 + rng.next_u64() % SNAPSHOTS_MAX;
        bots = play_and_kill(server, bots, snapshots, Duration::from_micros(rng.next_u64() % LAST_MOMENT_MAX_US));
        losses += u64::from(machine.lose_unsynced_writes());
        let worlds = recomputed_worlds(&machine.data());
        for bot in &mut bots {
            verified += bot.verify(&worlds).unwrap_or_else(|error| panic!("seed {seed}, kill {kill}: {error}"));
        }
    }
    data_tools::check_status(&data_tools::data("check", &machine.data(), &[]), 0);
    println!("{} bots: {verified} ticks verified after {kills} kills, {losses} with unsynced writes", bots.len());
    assert!(verified >= kills * bots.len() as u64);
}

#[test]
fn every_shown_tick_survives_kill_9_and_every_seat_is_resumed_with_one_room() {
    check_kills(&Machine::new(), &["process", "disk"], bots(1, 6));
}

#[test]
fn every_shown_tick_survives_kill_9_and_every_seat_is_resumed_with_20_rooms() {
    check_kills(&Machine::new(), &["process", "disk"], bots(20, 20));
}

#[cfg(target_os = "linux")]
#[test]
fn every_shown_tick_survives_a_loss_of_power_and_every_seat_is_resumed_with_one_room() {
    check_kills(&Machine::with_volatile_disk(), &["disk"], bots(1, 6));
}

#[cfg(target_os = "linux")]
#[test]
fn every_shown_tick_survives_a_loss_of_power_and_every_seat_is_resumed_with_20_rooms() {
    check_kills(&Machine::with_volatile_disk(), &["disk"], bots(20, 20));
}

/// Shows that the test of a loss of power detects a server that does not wait for the disk.
#[cfg(target_os = "linux")]
#[test]
fn a_loss_of_power_loses_shown_ticks_without_durability_disk() {
    let machine = Machine::with_volatile_disk();
    let server = machine.start_server(&["--durability", "process"]);
    let mut bots = play_and_kill(server, bots(1, 2), SNAPSHOTS_MAX / 4, Duration::ZERO);
    assert!(machine.lose_unsynced_writes());
    let error = bots[0].verify(&recomputed_worlds(&machine.data())).expect_err("ticks are lost");
    assert!(error.contains("missing") || error.contains("None instead of"), "{error}");
}
