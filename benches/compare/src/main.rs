//! Compares tickcast with other servers: the same small arena, the same load, one server at a time. `README.md` explains what is
//! compared and how to read the results.

mod generator;
mod measurement;
mod options;
mod peer;
mod process;
mod protocol;
mod report;
mod runner;
mod servers;

use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

/// Result of an operation that can fail for many reasons. The message is printed.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Ticks per second of every server. Each client receives this number of updates and sends this number of inputs per
/// second.
pub(crate) const TICKS_PER_SECOND: u32 = 20;

fn main() -> ExitCode {
    let outcome = match Options::parse().command {
        Command::Run(options) => runner::run(&options),
        Command::Serve(options) => servers::serve(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
