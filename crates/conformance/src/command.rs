//! Subcommand `conformance`: waits for a client, examines it, prints the report.

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::{ConformanceError, ConformanceOptions, ConformanceServer};

/// Runs the `conformance` subcommand. Exit status: 0 if the client has followed all rules, 1 if not, 2 if the server
/// cannot run.
pub fn conformance(options: &ConformanceOptions) -> ExitCode {
    match try_conformance(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn try_conformance(options: &ConformanceOptions) -> Result<bool, ConformanceError> {
    // The file is created before the examination, so that an invalid path is reported at once.
    let json = options.json.as_ref().map(File::create).transpose()?;
    let server = ConformanceServer::bind(options)?;
    println!("waiting for a client at ws://{}/ws", server.address());
    let report = server.run()?;
    write!(io::stdout().lock(), "{report}")?;
    if let Some(mut json) = json {
        serde_json::to_writer_pretty(&mut json, &report).map_err(io::Error::from)?;
        writeln!(json)?;
    }
    Ok(report.passed)
}
