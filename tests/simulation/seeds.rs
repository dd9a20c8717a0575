//! Many runs, one for each seed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

use super::choices::Choices;
use super::memory_server;
use super::scenario::Scenario;

/// Default number of seeds. The environment variable `TICKCAST_SEEDS` overrides it.
const SEEDS: u64 = 12;
/// Number of steps with disturbances in a run.
const STEPS: u32 = 900;

/// Outcome of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    /// Hash of everything that clients have received, with the step of each item.
    received: u64,
    /// Counts of [events](super::host::Host::coverage). Each of these events must occur in at least one run.
    coverage: [u64; 8],
}

/// Runs a simulation with this seed.
fn run(seed: u64) -> Outcome {
    let mut choices = Xoshiro256PlusPlus::seed_from_u64(seed);
    let options = RoomOptions::default().with(|room| {
        room.tick_rate = *choices.choose(&[10, 10, 20, 20, 30, 30, 60, 120]);
        room.seats = choices.between(1, 12) as u16;
        // At least one, because the host's watcher is a spectator.
        room.spectators = choices.between(1, 6) as u16;
        room.ai_players = choices.pick(7) as u16;
        room.view_size = choices.between(256, 1000) as u16;
    });
    let world = Options {
        world_size: choices.between(512, 2000) as u16,
        rocks: choices.pick(16) as u16,
        orbs: choices.pick(24) as u16,
        round_s: *choices.choose(&[0, 15, 30]),
    };
    memory_server::run(async {
        let mut scenario = Scenario::start(choices, options, world, seed).await;
        for _ in 0..STEPS {
            assert!(scenario.step().await, "a generator is never exhausted");
        }
        scenario.settle().await;
        scenario.end().await;
        Outcome { received: scenario.host.received(), coverage: scenario.host.coverage() }
    })
}

/// Like [`run`]. If the run fails, prints how to repeat it.
fn try_run(seed: u64) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| run(seed))).unwrap_or_else(|error| {
        eprintln!("failed with seed {seed}; to repeat: TICKCAST_SEED={seed} cargo test --test simulation");
        resume_unwind(error)
    })
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")))
}

#[test]
fn the_oracles_hold_in_every_run() {
    if let Some(seed) = number("TICKCAST_SEED") {
        return eprintln!("{:?}", try_run(seed));
    }
    let (next, seeds) = (AtomicU64::new(0), number("TICKCAST_SEEDS").unwrap_or(SEEDS));
    let coverage = Mutex::new([0; 8]);
    let run_some = || {
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < seeds
        {
            let outcome = try_run(seed);
            let mut coverage = coverage.lock().expect("no thread has panicked");
            coverage.iter_mut().zip(outcome.coverage).for_each(|(sum, count)| *sum += count);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(run_some);
        }
    });
    let coverage = coverage.into_inner().expect("no thread has panicked");
    let is_covered = seeds < SEEDS || coverage.iter().all(|count| *count > 0);
    assert!(is_covered, "counts of events: {coverage:?}");
}

#[test]
fn a_run_is_the_same_every_time() {
    for seed in 0..4 {
        assert_eq!(try_run(seed), try_run(seed), "seed {seed}");
    }
}
