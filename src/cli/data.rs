//! `tickcast data`: checks, copies and shrinks the database of a server.

mod backup;
mod check;
mod prune;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use backup::BackupArgs;
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
}

/// The folder of the database.
#[derive(Args, Clone, Debug)]
pub(super) struct FolderArgs {
    /// Folder of the database: the server's `--data-dir`
    #[arg(long = "data-dir", value_name = "FOLDER", default_value = "tickcast-data")]
    folder: PathBuf,
}

/// Carries out the command.
pub(super) fn run(command: &DataCommand) -> ExitCode {
    match command {
        DataCommand::Check(args) => check::run(args),
        DataCommand::Backup(args) => backup::run(args),
        DataCommand::Prune(args) => prune::run(args),
    }
}
