//! How much memory a room holds, however long it has run.

use std::thread;

use allocation_counter::measure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

use super::play::{CLIENTS_MAX, Play};

/// After how many minutes rooms are weighed. By then everybody has stalled, left and come back many times.
const MINUTES: [u32; 3] = [1, 2, 4];
/// How many rooms are weighed together: one of them may have a few bullets more than another.
const ROOMS: u64 = 6;
/// The most bytes that a room of so few clients and things may hold.
const BYTES_MAX: i64 = 16 << 10;

/// How many bytes a room holds that has run for so long, with everybody in it: what its end sets free.
fn bytes_held(seed: u64, minutes: u32) -> i64 {
    let options = RoomOptions { tick_rate: 10, seats: 16, ai_players: 4, view_size: 600, seed, ..RoomOptions::default() };
    let arena = Options { world_size: 1000, rocks: 8, orbs: 8 };
    let ticks = minutes * 60 * u32::from(options.tick_rate);
    let mut play = Play::new(Xoshiro256PlusPlus::seed_from_u64(seed), options, &arena);
    (0..ticks).for_each(|_| _ = play.tick());
    while play.clients.len() < CLIENTS_MAX {
        play.tick();
    }
    play.settle();
    let room = play.host.room;
    -measure(|| drop(room)).bytes_current
}

/// How many bytes some rooms hold together.
fn bytes_held_together(minutes: u32) -> i64 {
    let held = thread::scope(|scope| {
        let rooms: Vec<_> = (0..ROOMS).map(|seed| scope.spawn(move || bytes_held(seed, minutes))).collect();
        rooms.into_iter().map(|room| room.join().expect("a play without faults")).collect::<Vec<_>>()
    });
    let bounds = CLIENTS_MAX as i64 * 100..=BYTES_MAX;
    assert!(held.iter().all(|bytes| bounds.contains(bytes)), "after {minutes} minutes, rooms hold {held:?} bytes");
    held.iter().sum()
}

#[test]
fn a_room_holds_no_more_the_longer_it_runs() {
    let held = MINUTES.map(bytes_held_together);
    let most = held[0] + held[0] / 4;
    assert!(held.iter().all(|bytes| *bytes <= most), "after {MINUTES:?} minutes, rooms hold {held:?} bytes");
}
