//! Headless clients that load-test a server and check what it says.
//!
//! A bot is a client, which speaks the protocol and knows neither socket nor clock, on a connection. The fleet drives all of
//! them on one thread: thousands of sockets wait in one poll, and a snapshot costs one read. Whatever is seen goes to one
//! tally, which becomes the [`Report`]. All of it is generic over the game; [`Playable`] is what a game adds, and [`arena`]
//! does so for the bundled one.

pub mod arena;
mod bot;
mod breakdown;
mod client;
mod connection;
mod durations;
pub mod endpoint;
mod fleet;
mod inputs;
pub mod options;
pub mod playable;
mod progress;
pub mod report;
pub mod requirement;
mod socket;
mod tally;

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::limits;
use fleet::Fleet;
pub use options::{Behaviour, BotsOptions};
pub use playable::{Brain, Playable};
pub use report::Report;
pub use requirement::Requirement;

/// Why there is no report.
#[derive(Debug)]
pub enum BotsError {
    /// An option asks for what cannot be: change it.
    Options(String),
    /// Not one bot was let in, for this reason among others: look at the server.
    Nobody(String),
    /// The operating system refused something.
    Io(io::Error),
}

impl fmt::Display for BotsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(what) => f.write_str(what),
            Self::Nobody(reason) => write!(f, "not one bot got in: {reason}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BotsError {}

impl From<io::Error> for BotsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// How many files a process needs open beside the bots' sockets.
const FILES_BESIDE: u64 = 64;

/// Lets the bots play, and measures.
///
/// # Errors
/// [`BotsError`], if there was nothing to measure.
pub fn run<G: Playable>(options: &BotsOptions) -> Result<Report, BotsError> {
    if let Some(most) = limits::raise_open_files()
        && most < u64::from(options.count) + FILES_BESIDE
    {
        let why = format!("{} bots need more open files than the {most} that the system allows", options.count);
        return Err(BotsError::Options(why));
    }
    Fleet::<G>::new(options)?.run()
}

/// The `bots` subcommand: runs, prints the report, and says by its status whether it met the requirements.
///
/// 0 is yes, 1 is no, and 2 means that the options were bad.
pub fn command<G: Playable>(options: &BotsOptions) -> ExitCode {
    exit_code(run_and_tell::<G>(options))
}

/// What a load test ends with.
pub(crate) fn exit_code(is_met: Result<bool, BotsError>) -> ExitCode {
    match is_met {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, BotsError::Options(_)) { 2 } else { 1 })
        }
    }
}

fn run_and_tell<G: Playable>(options: &BotsOptions) -> Result<bool, BotsError> {
    let json = options.json.as_deref().map(create).transpose()?;
    let report = run::<G>(options)?;
    write!(io::stdout().lock(), "{report}")?;
    finish(&report, json, &options.require)
}

/// Writes a report down, says which requirements it does not meet, and whether it meets all.
pub(crate) fn finish(report: &impl Serialize, json: Option<File>, require: &[Requirement]) -> Result<bool, BotsError> {
    if let Some(mut json) = json {
        serde_json::to_writer_pretty(&mut json, report).map_err(io::Error::from)?;
        writeln!(json)?;
    }
    let unmet: Vec<_> = require.iter().filter_map(|requirement| requirement.unmet_by(report)).collect();
    for unmet in &unmet {
        eprintln!("{unmet}");
    }
    Ok(unmet.is_empty())
}

/// Creates the file before the run, so that a wrong path costs no run.
pub(crate) fn create(path: &Path) -> Result<File, BotsError> {
    File::create(path).map_err(|error| BotsError::Options(format!("--json {}: {error}", path.display())))
}
