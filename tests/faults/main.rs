//! Faults of the disk. Databases whose rooms have a known history are damaged, or their writes fail, or their last writes are
//! lost. Then the production code recovers all rooms. In every case,
//!
//! - each recovered room has a state that occurred in the history of that room, or the room is reported as unreadable,
//! - recovered rooms can continue, and the continued rooms can be recovered as well,
//! - nothing panics.
//!
//! `damage` alters files between two runs of a server: bit flips, torn and stale pages, truncated files. `failing_disk` makes
//! system calls of SQLite fail (only on Linux). `power_loss` discards writes that no commit has waited for.
//!
//! `TICKCAST_FAULTS` sets the number of cases of all tests together. A case is reproduced with `TICKCAST_SEED` and
//! `TICKCAST_FAULTS=1`.
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

mod damage;
#[cfg(target_os = "linux")]
mod failing_disk;
mod files;
mod history;
mod power_loss;
mod recovery;

use std::env;
use std::panic;
use std::sync::{LazyLock, Mutex};
use std::thread;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Default number of cases of all tests together.
const CASES: u64 = 120;

type Random = Xoshiro256PlusPlus;

/// Descriptions of panics in any thread.
static PANICS: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.lock().expect("pushing does not panic").push(format!("{:?}: {info}", thread::current().name()));
        previous(info);
    }));
    Mutex::default()
});

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")))
}

/// Runs `part` of every ten cases, each with random numbers of its own. Asserts that nothing panics, not even where the
/// panic is caught.
fn run_cases(part: u64, mut run: impl FnMut(&mut Random)) {
    LazyLock::force(&PANICS);
    let (first, cases) = (number("TICKCAST_SEED").unwrap_or(0), number("TICKCAST_FAULTS").unwrap_or(CASES));
    for seed in first..first + (cases * part).div_ceil(10) {
        let case = panic::AssertUnwindSafe(|| run(&mut Random::seed_from_u64(seed)));
        if let Err(error) = panic::catch_unwind(case) {
            eprintln!("failed with TICKCAST_SEED={seed}");
            panic::resume_unwind(error);
        }
        let panics = PANICS.lock().expect("pushing does not panic");
        assert!(panics.is_empty(), "TICKCAST_SEED={seed}: {panics:?}");
    }
}
