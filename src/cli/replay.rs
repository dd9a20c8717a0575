//! `replay`: exports matches as replay files, and describes, verifies and shows such files.

mod export;
mod serve;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Subcommand};
use tickcast_game::Simulation;
use tickcast_room::{ReplayFile, ReplayFileError, RoomOptions, RoomVersions};
use tickcast_store::MatchId;

use super::serve::{NoIndex, Page};
use crate::ServerError;
use export::{ExportArgs, ExportError};
use serve::ServeReplayArgs;

/// What to do with a replay file.
#[derive(Args, Clone, Debug)]
pub(super) struct ReplayArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Write the stored part of a room's match to a file. The server may be running
    Export(ExportArgs),
    /// Describe a file
    Info(FileArgs),
    /// Simulate the match, and compare the hash after each tick with the one in the file. Exit status: 0 if all are equal
    /// and the rules do not panic, otherwise 1
    Verify(FileArgs),
    /// Show the match in the browser: serve the page and the match, and nothing else
    Serve(ServeReplayArgs),
}

#[derive(Args, Clone, Debug)]
struct FileArgs {
    /// The replay file
    file: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: io::Error },
    #[error("{}: {source}", file.display())]
    Replay { file: PathBuf, source: ReplayFileError },
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    NoIndex(#[from] NoIndex),
}

/// Carries out a command, and prints the result. `name` is the name of the program.
pub(super) fn run<S: Simulation>(args: &ReplayArgs, name: &str, page: Page) -> ExitCode {
    let result = match &args.command {
        Command::Export(args) => args.export::<S>().map_err(ReplayError::from),
        Command::Info(args) => args.with_file(info::<S>),
        Command::Verify(args) => args.with_file(verify::<S>),
        Command::Serve(args) => args.serve::<S>(name, page),
    };
    match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl FileArgs {
    fn with_file(
        &self,
        run: impl FnOnce(&ReplayFile<'_>) -> Result<String, ReplayFileError>,
    ) -> Result<String, ReplayError> {
        let bytes = read(&self.file).map_err(|source| ReplayError::File { file: self.file.clone(), source })?;
        let result = ReplayFile::decode(&bytes).and_then(|file| run(&file));
        result.map_err(|source| ReplayError::Replay { file: self.file.clone(), source })
    }
}

/// Reads a file, up to one byte more than the maximum size of a replay file. From this additional byte, the decoder
/// recognizes that the file is too big.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ReplayFile::BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn info<S: Simulation>(file: &ReplayFile<'_>) -> Result<String, ReplayFileError> {
    let versions = file.versions()?;
    let mut rows = vec![("match", MatchId(file.match_id()).to_string()), ("versions", versions.to_string())];
    // This program may be unable to decode a checkpoint of other versions.
    if versions == RoomVersions::current::<S>() {
        let start = file.start::<S>()?;
        let RoomOptions { tick_rate, seats, ai_players, .. } = start.options();
        rows.extend([
            ("room", start.name().to_string()),
            ("tick rate", tick_rate.to_string()),
            ("seats", seats.to_string()),
            ("AI players", ai_players.to_string()),
            ("first tick", start.tick().next().0.to_string()),
        ]);
    }
    rows.extend([
        ("ticks", file.ticks().to_string()),
        ("panic", if file.has_panic() { "after the last tick" } else { "none" }.to_owned()),
        ("checkpoint", format!("{} bytes", file.checkpoint_bytes())),
        ("journal", format!("{} bytes", file.journal_bytes())),
        ("SHA-256", file.link().iter().map(|byte| format!("{byte:02x}")).collect()),
    ]);
    let line = |(name, value): &(&str, String)| format!("{name:<12}{value}");
    Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Verifies a file, and measures how long this takes.
fn verify<S: Simulation>(file: &ReplayFile<'_>) -> Result<String, ReplayFileError> {
    let recorded_from = file.start::<S>()?.now();
    let start = Instant::now();
    let replay = file.verify::<S>()?;
    let (ticks, seconds) = (file.ticks() as f64, start.elapsed().as_secs_f64());
    // The ticks of a room with pace on demand take different times.
    let real_time = replay.now().saturating_sub(recorded_from).as_secs_f64();
    let panic = if file.has_panic() { "; the rules no longer panic in the tick after them" } else { "" };
    Ok(format!(
        "verified: the hashes of all {ticks} ticks are equal{panic} ({:.0} ticks/s, {:.0} times real time)",
        ticks / seconds,
        real_time / seconds
    ))
}
