//! Builder of a game's program.

use std::convert::Infallible;
use std::ffi::OsString;
use std::marker::PhantomData;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use tickcast_bots::Brains;
use tickcast_game::{GameProtocol, Simulation};

use super::CommandLine;
use super::game_options::{GameFlags, GameOptions};
use super::serve::Page;
use crate::Assets;

/// The client library in JavaScript, and its compressed copies.
#[cfg(feature = "client")]
const CLIENT_LIBRARY: [(&str, &[u8]); 3] = [
    ("tickcast.js", include_bytes!(concat!(env!("OUT_DIR"), "/tickcast.js"))),
    ("tickcast.js.br", include_bytes!(concat!(env!("OUT_DIR"), "/tickcast.js.br"))),
    ("tickcast.js.gz", include_bytes!(concat!(env!("OUT_DIR"), "/tickcast.js.gz"))),
];

/// Version of a program that has not set one.
const DEFAULT_VERSION: &str = concat!("(tickcast ", env!("CARGO_PKG_VERSION"), ")");

/// The program of a game, with the subcommands `serve`, `bots`, `attack`, `ticket`, `data` and `replay`. Its name is that of
/// the executable.
///
/// [`main`](crate::main) runs a program with the defaults. `F` contains the flags of the game, and `C` further subcommands.
///
/// ```no_run
/// use tickcast::prelude::*;
///
/// # fn program<MyGame: tickcast::game::Hostable>() -> std::process::ExitCode {
/// tickcast::Program::<Hosted<MyGame>>::new().version(env!("CARGO_PKG_VERSION")).page(Assets::folder("client")).run()
/// # }
/// ```
#[must_use = "`run` runs the program"]
pub struct Program<S: Simulation, F = GameOptions<S>, C = Infallible> {
    settings: Settings<S::Game>,
    run_command: fn(C) -> ExitCode,
    flags: PhantomData<fn() -> F>,
}

/// What a program is called, and what it serves.
pub(super) struct Settings<G: GameProtocol> {
    pub(super) name: String,
    pub(super) version: &'static str,
    pub(super) about: String,
    pub(super) page: Page,
    pub(super) brains: Brains<G>,
}

impl<G: GameProtocol> Settings<G> {
    /// Adds name, version and description to a parser, and describes the page.
    pub(super) fn describe(&self, parser: clap::Command) -> clap::Command {
        let parser = parser.display_name(&self.name).version(self.version).about(self.about.clone());
        self.page.describe_flag(parser)
    }
}

impl<S: Simulation> Program<S> {
    /// A program with the defaults: the page is in the folder `web`, bots hold random controls and try random actions, and
    /// `--game-options` contains the options of the game in JSON.
    pub fn new() -> Self {
        let game = S::Game::NAME;
        let about = format!(
            "Server of the multiplayer game {game}.\n\nWithout a subcommand it serves the game at http://127.0.0.1:8080."
        );
        let name = executable_name(std::env::args_os().next()).unwrap_or_else(|| game.to_owned());
        let page = Page { embedded: None, generated: Vec::new() };
        let settings = Settings { name, version: DEFAULT_VERSION, about, page, brains: Brains::random() };
        Self { settings, run_command: |never| match never {}, flags: PhantomData }
    }
}

impl<S: Simulation> Default for Program<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Simulation, F, C> Program<S, F, C> {
    /// The version that `--version` prints, such as `env!("CARGO_PKG_VERSION")`. Default: that of tickcast.
    pub fn version(mut self, version: &'static str) -> Self {
        self.settings.version = version;
        self
    }

    /// The description at the top of the help.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.settings.about = about.into();
        self
    }

    /// The page that is served unless `--web-dir` is set. Default: the files of the folder `web`, if it has an `index.html`.
    pub fn page(mut self, page: Assets) -> Self {
        self.settings.page.embedded = Some(page);
        self
    }

    /// Serves the client that the page needs, whatever else the page consists of: `tickcast.js`, the client library, and
    /// `game.wasm`, the game's Rust code. `files` are those of [`compiled_client!`](crate::compiled_client).
    #[cfg(feature = "client")]
    pub fn client(mut self, files: [(&'static str, &'static [u8]); 3]) -> Self {
        self.settings.page.generated = [files, CLIENT_LIBRARY].concat();
        self
    }

    /// The brains of the bots in `bots` and `attack`. Default: [`Brains::random`].
    pub fn bots(mut self, brains: Brains<S::Game>) -> Self {
        self.settings.brains = brains;
        self
    }

    /// Replaces `--game-options` by flags of the game.
    pub fn flags<A: GameFlags<Options = S::Options>>(self) -> Program<S, A, C> {
        Program { settings: self.settings, run_command: self.run_command, flags: PhantomData }
    }

    /// Adds subcommands, and the function that runs them.
    pub fn commands<D: Subcommand>(self, run_command: fn(D) -> ExitCode) -> Program<S, F, D> {
        Program { settings: self.settings, run_command, flags: PhantomData }
    }
}

impl<S: Simulation, F: GameFlags<Options = S::Options>, C: Subcommand> Program<S, F, C> {
    /// Runs the program with the arguments of this process. Returns the exit status: 2 for invalid arguments.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let line = CommandLine::<F, C>::from_process(&self.settings);
        line.run::<S>(self.settings, self.run_command)
    }
}

/// The name of an executable, without folder and extension.
fn executable_name(path: Option<OsString>) -> Option<String> {
    Some(Path::new(&path?).file_stem()?.to_string_lossy().into_owned())
}
