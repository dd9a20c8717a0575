//! Speed and size of stored rooms: `cargo bench --bench durability`. Without arguments, all parts run:
//!
//! - `recovery`: time from opening a database until all rooms in it tick, with the players back in their ships;
//! - `commits`: time from when a tick is computed until it is stored, beside the time that an `fsync` takes;
//! - `history`: size of two hours of history, speed of simulating it again, and time to reach any tick of it.
//!
//! The parts use the production lobby, rooms, sessions and store. In-memory pipes replace the sockets of clients. The
//! databases are in the folder for temporary files (`TMPDIR`).

#![allow(unreachable_pub, reason = "no other crate imports the modules of a benchmark")]

mod commits;
mod history;
mod played_room;
mod recovery;

#[allow(dead_code, reason = "the benchmark uses only a part of this module")]
#[path = "../../tests/virtual_time/client.rs"]
mod client;
#[allow(dead_code, reason = "the benchmark uses only a part of this module")]
#[path = "../fanout/linux/histogram.rs"]
mod histogram;
#[allow(dead_code, reason = "the benchmark uses only a part of this module")]
#[path = "../../tests/memory_server/server.rs"]
mod memory_server;

use clap::{Parser, ValueEnum};

/// Measure speed and size of stored rooms
#[derive(Debug, Parser)]
#[command(name = "durability", max_term_width = 100)]
struct DurabilityOptions {
    /// The parts to run [default: all]
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Game time of the history in minutes
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Duration of each measurement of commits in seconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Recovery,
    Commits,
    History,
}

fn main() {
    // `cargo bench` passes `--bench`. `cargo test --benches` does not: it only checks that the benchmark starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let options = DurabilityOptions::parse();
    let parts = if options.parts.is_empty() { Part::value_variants() } else { &options.parts };
    for part in parts {
        match part {
            Part::Recovery => recovery::run(),
            Part::Commits => commits::run(options.seconds),
            Part::History => history::run(options.minutes),
        }
    }
}
