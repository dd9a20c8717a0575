//! Many plays, one for each seed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

use super::dice::Dice;
use super::play::Play;

/// How many seeds are played unless `TICKCAST_SEEDS` says so.
const SEEDS: u64 = 40;
/// How long a play is.
const TICKS: u32 = 900;

/// Everything that a seed decides.
fn play(seed: u64) {
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(seed);
    let options = RoomOptions {
        tick_rate: *dice.choose(&[10, 10, 20, 30]),
        seats: dice.between(1, 12) as u16,
        spectators: dice.between(0, 5) as u16,
        ai_players: dice.roll(7) as u16,
        view_size: dice.between(256, 1000) as u16,
        seed,
    };
    let arena =
        Options { world_size: dice.between(512, 2000) as u16, rocks: dice.roll(16) as u16, orbs: dice.roll(24) as u16 };
    let mut play = Play::new(dice, options, &arena);
    assert!((0..TICKS).all(|_| play.tick()), "a seed is never spent");
    play.settle();
    play.end();
}

/// A play that fails says how to see it again.
fn try_play(seed: u64) {
    if let Err(why) = catch_unwind(AssertUnwindSafe(|| play(seed))) {
        eprintln!("this was seed {seed}; again: TICKCAST_SEED={seed} cargo test --test simulation");
        resume_unwind(why);
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")))
}

#[test]
fn whatever_happens_every_client_has_what_is_true() {
    if let Some(seed) = number("TICKCAST_SEED") {
        return try_play(seed);
    }
    let (next, seeds) = (AtomicU64::new(0), number("TICKCAST_SEEDS").unwrap_or(SEEDS));
    let play_some = || std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|seed| *seed < seeds);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| play_some().for_each(try_play));
        }
    });
}
