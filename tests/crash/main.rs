//! A real server is killed at random moments and restarted, while bots play. Every tick for which a bot has received a
//! snapshot must be in the database, with the same world, and every bot must get its seat back.
//!
//! `TICKCAST_KILLS` sets the number of kills, `TICKCAST_SEED` the seed of their random moments.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod bot;
mod data_tools;
mod database;
mod server_process;

use std::collections::BTreeMap;
use std::env;
use std::sync::mpsc;
use std::thread;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tempfile::TempDir;

use bot::Bot;
use database::recomputed_worlds;
use server_process::ServerProcess;

const KILLS: u64 = 50;
const ROOMS: usize = 3;
const BOTS: usize = 9;
/// Before a kill, the bots together receive at least [`BOTS`] plus a random number of snapshots. The random number is below
/// this limit.
const SNAPSHOTS_MAX: u64 = 400;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Lets all bots play until each has received a snapshot and all together have received `snapshots`. Then kills the server.
fn play_and_kill(server: ServerProcess, bots: Vec<Bot>, snapshots: u64) -> Vec<Bot> {
    let (sender, received) = mpsc::channel();
    let address = server.address();
    let play = |mut bot: Bot| {
        let sender = sender.clone();
        thread::spawn(move || {
            bot.play(address, &sender);
            bot
        })
    };
    let threads: Vec<_> = bots.into_iter().map(play).collect();
    drop(sender);
    let mut counts = BTreeMap::<_, u64>::new();
    while counts.len() < BOTS || counts.values().sum::<u64>() < snapshots {
        *counts.entry(received.recv().expect("the bots play until the server is killed")).or_default() += 1;
    }
    server.kill();
    threads.into_iter().map(|bot| bot.join().expect("the bot saw nothing wrong")).collect()
}

#[test]
fn every_shown_tick_survives_kill_9_and_every_seat_is_resumed() {
    let (kills, seed) = (number("TICKCAST_KILLS", KILLS), number("TICKCAST_SEED", 1));
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let directory = TempDir::new().expect("a directory");
    let mut bots: Vec<_> = (0..BOTS).map(|number| Bot::new(number, &format!("room-{}", number % ROOMS))).collect();
    let mut verified = 0;
    for kill in 0..kills {
        let server = ServerProcess::start(directory.path());
        bots = play_and_kill(server, bots, BOTS as u64 + rng.next_u64() % SNAPSHOTS_MAX);
        let worlds = recomputed_worlds(directory.path());
        for bot in &mut bots {
            verified += bot.verify(&worlds).unwrap_or_else(|error| panic!("seed {seed}, kill {kill}: {error}"));
        }
    }
    println!("{verified} ticks verified after {kills} kills");
    assert!(verified >= kills * BOTS as u64);
}
