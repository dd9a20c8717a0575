//! Options of a game as flags.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tickcast_game::Simulation;

/// The flags of a game: command-line arguments from which its options are made.
pub trait GameFlags: Args {
    /// [`Simulation::Options`] of the game.
    type Options;

    /// The options. They are validated afterwards.
    fn into_options(self) -> Self::Options;
}

/// The flag `--game-options`: all options of a game in JSON.
#[derive(Args, Debug)]
#[command(next_help_heading = "Game")]
pub struct GameOptions<S: Simulation> {
    // The help contains the default options, so that it names all of them.
    #[arg(long, env = "TICKCAST_GAME_OPTIONS", value_name = "JSON", value_parser = parse::<S::Options>,
        help = format!("Options of the game in JSON [default: {}]", default_json::<S::Options>()),
        hide = default_json::<S::Options>() == "null")]
    game_options: Option<S::Options>,
}

impl<S: Simulation> GameFlags for GameOptions<S> {
    type Options = S::Options;

    fn into_options(self) -> S::Options {
        self.game_options.unwrap_or_default()
    }
}

fn parse<O: DeserializeOwned>(text: &str) -> serde_json::Result<O> {
    serde_json::from_str(text)
}

fn default_json<O: Default + Serialize>() -> String {
    serde_json::to_string(&O::default()).unwrap_or_default()
}
