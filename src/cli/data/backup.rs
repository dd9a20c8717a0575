//! `data backup`: copies the database.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tickcast_store::{DatabaseReader, OpenError, StoreError};

use super::FolderArgs;
use crate::cli::INVALID_ARGUMENTS;

/// The database, and the file for its copy.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct BackupArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// New file for the copy. To restore it, name it `tickcast.db` in an empty folder
    file: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum BackupError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{0}: {1}")]
    Create(PathBuf, io::Error),
    #[error(transparent)]
    Copy(#[from] StoreError),
}

/// Copies the database into a new file.
pub(super) fn run(args: &BackupArgs) -> ExitCode {
    match args.copy() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            match error {
                BackupError::Open(OpenError::NoDatabase(_)) | BackupError::Create(..) => INVALID_ARGUMENTS.into(),
                BackupError::Open(_) | BackupError::Copy(_) => ExitCode::FAILURE,
            }
        }
    }
}

impl BackupArgs {
    fn copy(&self) -> Result<(), BackupError> {
        let database = DatabaseReader::open(&self.folder.folder)?;
        tickcast_platform::create_private_file(&self.file)
            .map_err(|error| BackupError::Create(self.file.clone(), error))?;
        database.copy_into(&self.file).inspect_err(|_| {
            // An incomplete copy must not be mistaken for a backup. If the incomplete copy cannot be deleted either, `run`
            // still reports that the backup failed.
            let _ = fs::remove_file(&self.file);
        })?;
        Ok(())
    }
}
