//! The `tickcast` program: serves the bundled game, examines clients, and creates new games.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use include_dir::{Dir, include_dir};
use tickcast::{Assets, Brains, GameFlags, Program};
use tickcast_arena::{Options, World};
use tickcast_conformance::ConformanceOptions;
use tickcast_new::NewOptions;

/// The files of the demo page, packed by the build script.
static DEMO_PAGE: Dir<'static> = include_dir!("$OUT_DIR/web");

fn main() -> ExitCode {
    Program::<World>::new()
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "Authoritative multiplayer game state server.\n\n\
             Without a subcommand it serves the bundled game at http://127.0.0.1:8080.",
        )
        .page(Assets::embedded(&DEMO_PAGE).immutable("packed"))
        .bots(Brains::of_game())
        .flags::<WorldArgs>()
        .commands(|command| match command {
            ToolCommand::Conformance(options) => tickcast_conformance::command::conformance(&options),
            ToolCommand::New(options) => tickcast_new::command::new(options),
        })
        .run()
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "World")]
struct WorldArgs {
    /// Side length of the square world in world units, 512 to 16383
    #[arg(long, env = "TICKCAST_WORLD_SIZE", value_name = "UNITS", default_value_t = Options::default().world_size)]
    world_size: u16,
    /// Number of drifting rocks, up to 2000
    #[arg(long, env = "TICKCAST_ROCKS", value_name = "N", default_value_t = Options::default().rocks)]
    rocks: u16,
    /// Number of orbs, which heal and score, up to 2000
    #[arg(long, env = "TICKCAST_ORBS", value_name = "N", default_value_t = Options::default().orbs)]
    orbs: u16,
    /// Duration of a round in seconds, 15 to 3600, or 0 for a round without end. Scores begin again after each round
    #[arg(long, env = "TICKCAST_ROUND", value_name = "SECONDS", default_value_t = Options::default().round_s)]
    round: u16,
}

impl GameFlags for WorldArgs {
    type Options = Options;

    fn into_options(self) -> Options {
        Options { world_size: self.world_size, rocks: self.rocks, orbs: self.orbs, round_s: self.round }
    }
}

/// Tools that no other game's program contains.
#[derive(Subcommand)]
enum ToolCommand {
    /// Check a client against the protocol: wait for it, play a script of faults with it, and report pass or fail per rule
    Conformance(ConformanceOptions),
    /// Create a game of your own from a template
    New(NewOptions),
}
