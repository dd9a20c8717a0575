//! Serves the game and its page. `cargo run -- --help` lists all flags and subcommands.

use std::process::ExitCode;

use rules::MyGame;
use tickcast::Program;
use tickcast::prelude::*;

fn main() -> ExitCode {
    Program::<Hosted<MyGame>>::new().client(tickcast::compiled_client!()).run()
}
