//! `data`: checks, copies and shrinks the database of a server.

mod backup;
mod check;
mod profiles;
mod prune;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tickcast_game::Simulation;

use backup::BackupArgs;
use profiles::{EraseProfileArgs, LeaderboardArgs};
use prune::PruneArgs;

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Check that every room in the database can be recovered. Changes nothing; a server may be running
    Check(FolderArgs),
    /// Copy the database, also that of a running server
    Backup(BackupArgs),
    /// Delete history of rooms, and shrink the file. No server may be running
    Prune(PruneArgs),
    /// Print the best players of a period with the ids of their profiles, also while a server is running
    Leaderboard(LeaderboardArgs),
    /// Delete a player's profile and entries on leaderboards, also while a server is running
    EraseProfile(EraseProfileArgs),
}

/// The folder of the database.
#[derive(Args, Clone, Debug)]
pub(super) struct FolderArgs {
    /// Folder of the database: the server's `--data-dir`
    #[arg(long = "data-dir", value_name = "FOLDER", default_value = "tickcast-data")]
    folder: PathBuf,
}

/// Carries out the command.
pub(super) fn run<S: Simulation>(command: &DataCommand) -> ExitCode {
    match command {
        DataCommand::Check(args) => check::run::<S>(args),
        DataCommand::Backup(args) => backup::run(args),
        DataCommand::Prune(args) => prune::run(args),
        DataCommand::Leaderboard(args) => profiles::print_leaderboard(args),
        DataCommand::EraseProfile(args) => profiles::erase(args),
    }
}
