//! What the server adds to what the kernel costs: `cargo bench --bench fanout -- --clients 1000`.
//!
//! Two servers take turns on one core, while the core beside it plays their clients:
//!
//! - **tickcast**, the real server with real bots that wander about an empty world;
//! - the **floor**, which does what no server can do without: for each client and tick it reads an input and writes a frame
//!   that is ready, as long as tickcast's snapshots were on average. It has no WebSocket, no game and no second thread.
//!
//! Both are children of this program. What a snapshot costs is the processor time that such a child used, its own and the
//! kernel's for it, divided by the snapshots that arrived; the ratio of the two is the measure of everything above the kernel.

mod child;
mod crowd;
mod floor;
mod measured;
mod meter;
mod options;
mod process;
mod table;
mod tickcast_server;
mod trial;

use std::process::ExitCode;

use clap::Parser;

use options::{FanoutOptions, Part};

/// Any error will do: it is printed, and ends the benchmark.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks too, to see whether they start.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let options = FanoutOptions::parse();
    let played = match options.part {
        None => trial::run(&options),
        Some(Part::Tickcast) => tickcast_server::serve(&options),
        Some(Part::Floor) => floor::serve(&options),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
