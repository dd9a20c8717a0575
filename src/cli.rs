//! The command line of a game's program. Every flag of `serve` can also be set with an environment variable.
//!
//! This module translates arguments into options of the server and of the load-testing tools. It contains none of their
//! logic.

mod auth;
mod data;
mod game_options;
mod health;
mod logging;
mod program;
mod replay;
mod retention;
mod serve;

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::process::ExitCode;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use tickcast_bots::{AttackOptions, BotsOptions};
use tickcast_game::{GameProtocol, Hostable, Hosted, Simulation};

use crate::Secret;
use auth::ticket::{self, TicketArgs};
use data::DataCommand;
use health::HealthArgs;
use program::Settings;
use replay::ReplayArgs;
use serve::ServeArgs;

pub use game_options::{GameFlags, GameOptions};
pub use program::Program;

/// Exit status for invalid arguments.
const INVALID_ARGUMENTS: u8 = 2;

/// Runs the program of a game: `serve`, `bots`, `attack`, `ticket`, `data` and `replay`, with all their flags. Returns the exit
/// status. [`Program`] has further settings.
///
/// ```no_run
/// # fn program<MyGame: tickcast::game::Hostable>() -> std::process::ExitCode {
/// tickcast::main::<MyGame>()
/// # }
/// ```
#[must_use]
pub fn main<G: Hostable>() -> ExitCode {
    Program::<Hosted<G>>::new().run()
}

/// The command line. `F` are the flags of the game, and `C` the subcommands that only this program has.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, max_term_width = 100)]
struct CommandLine<F: GameFlags, C: Subcommand> {
    #[command(subcommand)]
    command: Option<Command<F, C>>,
    /// `serve` is the default subcommand.
    #[command(flatten)]
    serve: Box<ServeArgs<F>>,
}

#[derive(Debug, Subcommand)]
enum Command<F: GameFlags, C: Subcommand> {
    /// Serve the game and its page (default)
    Serve(Box<ServeArgs<F>>),
    /// Load-test a server with headless clients and report what they measured
    Bots(BotsOptions),
    /// Attack a server of yours with hostile clients and report the effect on honest ones
    Attack(AttackOptions),
    #[command(flatten)]
    Further(C),
    /// Issue a ticket for a server that requires them
    Ticket(TicketArgs),
    /// Check, copy or shrink the database of a server
    #[command(subcommand)]
    Data(DataCommand),
    /// Ask a server whether it serves requests, for health checks of containers
    Health(HealthArgs),
    /// Export matches as files, describe and verify them
    Replay(ReplayArgs),
}

impl<F: GameFlags, C: Subcommand> CommandLine<F, C> {
    /// Parses the arguments of this process. If they are invalid, prints a message and exits.
    fn from_process<G: GameProtocol>(settings: &Settings<G>) -> Self {
        let args: Vec<_> = std::env::args_os().collect();
        let matches = settings.describe(Self::parser(args.get(1))).get_matches_from(args);
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The parser of the command line. If there is a subcommand, the parser ignores the environment variables of the
    /// default subcommand, `serve`. If the parser did not ignore them, an invalid value in one of these variables would
    /// prevent `tickcast bots` from running.
    fn parser(first_argument: Option<&OsString>) -> clap::Command {
        let parser = Self::command();
        let has_subcommand = first_argument.is_some_and(|argument| parser.find_subcommand(argument).is_some());
        if has_subcommand { parser.mut_args(|arg| arg.env(None)) } else { parser }
    }

    fn run<S: Simulation>(self, settings: Settings<S::Game>, run_further: fn(C) -> ExitCode) -> ExitCode
    where
        F: GameFlags<Options = S::Options>,
    {
        let Settings { name, page, brains, .. } = settings;
        match self.command.unwrap_or(Command::Serve(self.serve)) {
            Command::Serve(args) => serve::run::<S, F>(*args, &name, page),
            Command::Bots(options) => tickcast_bots::command::bots(&options, brains),
            Command::Attack(options) => tickcast_bots::command::attack(&options, brains),
            Command::Further(command) => run_further(command),
            Command::Ticket(args) => ticket::run(args),
            Command::Data(command) => data::run::<S>(&command),
            Command::Health(args) => health::run(&args),
            Command::Replay(args) => replay::run::<S>(&args, &name, page),
        }
    }
}

/// Parses a secret. clap's own error messages repeat the invalid value, which would reveal the secret. The messages of this
/// parser do not.
#[derive(Clone)]
struct SecretParser;

impl TypedValueParser for SecretParser {
    type Value = Secret;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<Secret, clap::Error> {
        let flag = arg.and_then(Arg::get_long).unwrap_or_default();
        let reject = |error: &dyn Display| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("--{flag}: {error}\n")).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| reject(&"a secret is UTF-8"))?;
        text.parse().map_err(|error| reject(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    use tickcast_arena::World;

    type CommandLine = super::CommandLine<GameOptions<World>, Infallible>;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_subcommand() {
        let line = CommandLine::try_parse_from(["tickcast", "--tick-rate", "60"]).expect("a flag of serve");
        assert!(line.command.is_none());
        assert_eq!(line.serve.tick_rate(), 60);
    }

    #[test]
    fn invalid_values_are_rejected() {
        for flags in [
            ["--tick-rate", "9"],
            ["--tick-rate", "121"],
            ["--room-size", "0"],
            ["--listen", "nowhere"],
            ["--trusted-proxy", "10/8"],
            ["--game-options", "{\"stones\": 3}"],
        ] {
            assert!(CommandLine::try_parse_from(["tickcast", "serve"].iter().chain(&flags)).is_err(), "{flags:?}");
        }
    }
}
