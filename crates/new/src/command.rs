//! Subcommand `new`.

use std::path::Path;
use std::process::ExitCode;

use crate::{NewOptions, Project};

/// Creates a game in a new folder of the current directory. Exit status: 0 if it was created, otherwise 1.
#[must_use]
pub fn new(options: NewOptions) -> ExitCode {
    let name = options.name.to_string();
    match Project::from(options).create(Path::new(&name)) {
        Ok(()) => {
            println!("created {name}; to play it: cd {name} && cargo run");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
