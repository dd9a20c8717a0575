//! Subcommands `bots` and `attack`: run, print the report, check the requirements.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use tickcast_protocol::GameProtocol;

use crate::{AttackOptions, BotsError, BotsOptions, Brains, OptionError, Requirement, attack};

/// Runs the `bots` subcommand. Exit status: 0 if every requirement is met, 1 if not or if the run fails, 2 for invalid
/// options.
pub fn bots<G: GameProtocol>(options: &BotsOptions, brains: Brains<G>) -> ExitCode {
    report(options.json.as_deref(), &options.require, || crate::run(options, brains))
}

/// Runs the `attack` subcommand. Exit status as for [`bots`].
pub fn attack<G: GameProtocol>(options: &AttackOptions, brains: Brains<G>) -> ExitCode {
    report(options.json.as_deref(), &options.require, || attack::run(options, brains))
}

fn report<R: Serialize + std::fmt::Display>(
    json: Option<&Path>,
    require: &[Requirement],
    run: impl FnOnce() -> Result<R, BotsError>,
) -> ExitCode {
    match try_report(json, require, run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, BotsError::Option(_)) { 2 } else { 1 })
        }
    }
}

/// Runs the test and prints the report. Returns whether the report meets every requirement.
fn try_report<R: Serialize + std::fmt::Display>(
    json: Option<&Path>,
    require: &[Requirement],
    run: impl FnOnce() -> Result<R, BotsError>,
) -> Result<bool, BotsError> {
    // The file is created before the run, so that an invalid path is reported at once.
    let json = json.map(create).transpose()?;
    let report = run()?;
    write!(io::stdout().lock(), "{report}")?;
    if let Some(mut json) = json {
        serde_json::to_writer_pretty(&mut json, &report).map_err(io::Error::from)?;
        writeln!(json)?;
    }
    let unmet: Vec<_> = require.iter().filter_map(|requirement| requirement.unmet_by(&report)).collect();
    unmet.iter().for_each(|unmet| eprintln!("{unmet}"));
    Ok(unmet.is_empty())
}

fn create(path: &Path) -> Result<File, BotsError> {
    File::create(path).map_err(|error| OptionError::ReportFile { path: path.to_owned(), error }.into())
}
