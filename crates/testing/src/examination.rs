//! Which runs a game is tested with, and which violations the runs find.

use std::env;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tickcast_game::Simulation;
use tickcast_protocol::{EntityId, GameProtocol, codec};
use xxhash_rust::xxh3::Xxh3;

use crate::arbitrary::Random;
use crate::laws::{Cost, Law};
use crate::play::{Controls, Play, Setup};
use crate::trial::{Trial, Violation};

/// Environment variable with the only seed to run.
const SEED_VARIABLE: &str = "TICKCAST_SEED";
/// Environment variable with the number of seeds.
const SEEDS_VARIABLE: &str = "TICKCAST_SEEDS";

/// The runs with which a game is examined. Equal examinations make equal runs.
///
/// The environment variable `TICKCAST_SEEDS` overrides the number of seeds, and `TICKCAST_SEED` selects a single one.
#[derive(Debug)]
pub struct Examination<S: Simulation> {
    setup: Setup<S>,
    seeds: u64,
}

impl<S: Simulation> Default for Examination<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Simulation> Examination<S> {
    /// Runs of 4 seeds, 300 ticks and up to 6 players, with the default options of the game at 30 ticks per second.
    #[must_use]
    pub fn new() -> Self {
        Self { setup: Setup::default(), seeds: 4 }
    }

    /// The options of the game.
    #[must_use]
    pub fn options(mut self, options: S::Options) -> Self {
        self.setup.options = options;
        self
    }

    /// Ticks per second, from 10 to 120.
    #[must_use]
    pub const fn tick_rate(mut self, tick_rate: u16) -> Self {
        self.setup.tick_rate = tick_rate;
        self
    }

    /// Maximum number of players, at least one. Players come and go.
    #[must_use]
    pub const fn players(mut self, players: u16) -> Self {
        self.setup.players = players;
        self
    }

    /// Length of each run in ticks.
    #[must_use]
    pub const fn ticks(mut self, ticks: u32) -> Self {
        self.setup.ticks = ticks;
        self
    }

    /// Number of runs of each law. The seeds are 0, 1, 2, ….
    #[must_use]
    pub const fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// Sets the function that chooses the random controls of players. Without this function, the controls are arbitrary
    /// values of the type. Players often hold controls that occur in real matches, so a run reaches more states of the
    /// game. In half of the runs, some players are controlled by [`Simulation::ai_controls`] in any case.
    #[must_use]
    pub fn controls(mut self, controls: fn(&mut Random) -> Controls<S>) -> Self {
        self.setup.controls = Some(controls);
        self
    }

    /// Checks one law with all seeds.
    ///
    /// # Errors
    /// The first failure.
    pub fn check(&self, law: Law) -> Result<(), Failure> {
        self.seeds_to_run().try_for_each(|seed| self.check_with_seed(law, seed))
    }

    /// Checks one law with one seed.
    ///
    /// # Errors
    /// The failure.
    pub fn check_with_seed(&self, law: Law, seed: u64) -> Result<(), Failure> {
        let trial = Trial::new(seed);
        let checked = catch_unwind(AssertUnwindSafe(|| law.check(&self.setup, &trial)));
        let violation = match checked {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(violation)) => violation,
            Err(panic) => Violation::new(format_args!("the game panicked: {}", panic_text(&*panic))),
        };
        let Violation { entity, what } = violation;
        Err(Failure { law, seed, tick: trial.tick(), entity, what })
    }

    /// Checks one law with all seeds, as a test.
    ///
    /// # Panics
    /// If the game violates the law.
    pub fn assert(&self, law: Law) {
        if let Err(failure) = self.check(law) {
            panic!("{failure}");
        }
    }

    /// Checks all laws with all seeds, and prints the [cost](Self::cost).
    ///
    /// # Panics
    /// If the game violates a law. The message lists the first failure of each law.
    pub fn examine(&self) {
        let failures: Vec<_> = Law::ALL.iter().filter_map(|law| self.check(*law).err()).collect();
        let texts: Vec<_> = failures.iter().map(|failure| format!("\n- {failure}")).collect();
        assert!(failures.is_empty(), "{} laws of {} are violated:{}", texts.len(), S::Game::NAME, texts.concat());
        println!("{}", self.cost());
    }

    /// Measures what a step takes on this machine. Nothing is asserted: time depends on the machine and the build.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost::measure(&self.setup)
    }

    /// A hash of all worlds of all runs. It changes if the rules, the kernel or the encodings change.
    ///
    /// Compare it with a constant in a test, and run this test in debug and in release builds, and on all machines on which
    /// the game is to run: the hash must be the same everywhere, because clients and servers compute the same world.
    #[must_use]
    pub fn golden_hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for seed in 0..self.seeds {
            let mut play = Play::new(&self.setup, seed);
            for _ in 0..self.setup.ticks {
                play.step();
                hasher.update(&codec::encode(&play.world));
            }
        }
        hasher.digest()
    }

    fn seeds_to_run(&self) -> Range<u64> {
        let parse = |variable, text: String| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}"));
        let number = |variable| env::var(variable).ok().map(|text| parse(variable, text));
        match number(SEED_VARIABLE) {
            Some(seed) => seed..seed + 1,
            None => 0..number(SEEDS_VARIABLE).unwrap_or(self.seeds),
        }
    }
}

/// A law that a game violates. Displayed with the command that repeats the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// The law.
    pub law: Law,
    /// The seed of the run.
    pub seed: u64,
    /// Number of ticks since the start of the run.
    pub tick: u32,
    /// The entity, if the failure is about one.
    pub entity: Option<EntityId>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, seed, tick, entity, what } = self;
        write!(f, "{law} is violated with seed {seed} in tick {tick}")?;
        if let Some(EntityId(id)) = entity {
            write!(f, ", entity {id}")?;
        }
        write!(f, ": {what}\n    repeat this run: {SEED_VARIABLE}={seed} cargo test")
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
