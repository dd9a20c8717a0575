//! The benchmark. Runs on Linux only: it uses epoll, CPU affinity and `/proc`.

mod comparison;
mod floor;
mod handshakes;
mod histogram;
mod idle;
mod lateness;
mod measurement;
mod meter;
mod options;
mod plot;
mod server_process;
mod system;
mod table;
#[allow(dead_code, reason = "tests use the rest")]
#[path = "../../tests/certificate/test_certificate.rs"]
mod test_certificate;
mod tickcast_server;

use std::process::ExitCode;

use clap::Parser;

use options::{FanoutOptions, ServerKind};

/// The result of a part of the benchmark. `run` prints the error, and ends the benchmark.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Runs the comparison, or one of its servers in a child process.
pub(crate) fn run() -> ExitCode {
    let options = FanoutOptions::parse();
    let outcome = match options.part {
        None => comparison::run(&options),
        Some(ServerKind::Tickcast | ServerKind::Stored | ServerKind::Tls | ServerKind::TlsHandshakes) => {
            tickcast_server::serve(&options)
        }
        Some(ServerKind::Floor) => floor::serve(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
