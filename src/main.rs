//! The `tickcast` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tickcast::cli::main()
}
