//! `data leaderboard` and `data erase-profile`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tickcast_store::{DatabaseReader, Leaderboard, LeaderboardEntry, OpenError, Period, ProfileId, StoreError};

use super::FolderArgs;
use crate::admission::tickets::now_s;
use crate::cli::INVALID_ARGUMENTS;

/// The database, and a leaderboard.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct LeaderboardArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Time that the leaderboard covers; days and weeks are those of UTC
    #[arg(long, value_name = "PERIOD", default_value = "all")]
    period: PeriodArg,
    /// Number of entries to print
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    count: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PeriodArg {
    Day,
    Week,
    All,
}

/// The database, and a profile in it.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct EraseProfileArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Id of the profile, as `data leaderboard` prints it
    profile: ProfileId,
}

#[derive(Debug, thiserror::Error)]
enum ProfilesError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Read(#[from] StoreError),
    #[error("there is no profile {0}")]
    NoProfile(ProfileId),
}

impl ProfilesError {
    fn report(&self) -> ExitCode {
        eprintln!("error: {self}");
        match self {
            Self::Open(OpenError::NoDatabase(_)) | Self::NoProfile(_) => INVALID_ARGUMENTS.into(),
            Self::Open(_) | Self::Read(_) => ExitCode::FAILURE,
        }
    }
}

/// Prints a line for each entry.
pub(super) fn print_leaderboard(args: &LeaderboardArgs) -> ExitCode {
    match args.entries() {
        Ok(entries) => {
            for (LeaderboardEntry { profile, name, score }, rank) in entries.iter().zip(1_u32..) {
                println!("{rank:>4} {score:>10} {profile} {name}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => error.report(),
    }
}

impl LeaderboardArgs {
    fn entries(&self) -> Result<Vec<LeaderboardEntry>, ProfilesError> {
        let period = match self.period {
            PeriodArg::Day => Period::Day,
            PeriodArg::Week => Period::Week,
            PeriodArg::All => Period::All,
        };
        let database = DatabaseReader::open(&self.folder.folder)?;
        Ok(database.leaderboard(Leaderboard { period, at_s: now_s() }, 0..self.count)?)
    }
}

/// Deletes a profile.
pub(super) fn erase(args: &EraseProfileArgs) -> ExitCode {
    match tickcast_store::erase_profile(&args.folder.folder, args.profile) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ProfilesError::NoProfile(args.profile).report(),
        Err(error) => ProfilesError::from(error).report(),
    }
}
