//! `data prune`: deletes history.

use std::process::ExitCode;

use clap::Args;
use tickcast_store::OpenError;

use super::FolderArgs;
use crate::cli::INVALID_ARGUMENTS;
use crate::cli::retention::RetentionArgs;

/// The database, and how much of its history is kept.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct PruneArgs {
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    retention: RetentionArgs,
}

/// Deletes history, and prints the size of the database before and after.
pub(super) fn run(args: &PruneArgs) -> ExitCode {
    match tickcast_store::prune_history(&args.folder.folder, args.retention.retention()) {
        Ok((before, after)) => {
            println!("the database had {before} bytes and has {after}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if matches!(error, OpenError::NoDatabase(_)) { INVALID_ARGUMENTS.into() } else { ExitCode::FAILURE }
        }
    }
}
