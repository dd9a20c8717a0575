//! An arena in which a test decides whether players may leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tickcast_arena::{Arena, Controls, Entity, Options, Rules, Standing, World};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use tickcast_protocol::{EntityMap, PlayerId, Position};

/// Determines whether players may leave. The gate is closed at first, so players must stay.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    pub fn open(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An arena whose players may leave only after the gate was opened.
#[derive(Serialize, Deserialize)]
pub struct Siege {
    pub world: World,
    #[serde(skip)]
    pub gate: Gate,
}

impl Simulation for Siege {
    type Game = Arena;
    type Options = Options;

    fn validate(options: &Options) -> Result<(), OptionsError> {
        World::validate(options)
    }

    fn new(options: &Options, tick_rate: u16, seed: u64) -> Self {
        Self { world: World::new(options, tick_rate, seed), gate: Gate::default() }
    }

    fn rules(&self) -> &Rules {
        self.world.rules()
    }

    fn entities(&self) -> &EntityMap<Entity> {
        self.world.entities()
    }

    fn step(&mut self, commands: &[Command<Arena>]) -> Outcome<Arena> {
        self.world.step(commands)
    }

    fn may_leave(&self, _: PlayerId) -> bool {
        self.gate.0.load(Ordering::Relaxed)
    }

    fn focus(&self, player: PlayerId) -> Position {
        self.world.focus(player)
    }

    fn standings(&self) -> Vec<(PlayerId, Standing)> {
        self.world.standings()
    }

    fn ai_controls(&self, player: PlayerId) -> Controls {
        self.world.ai_controls(player)
    }

    fn hash(&self) -> u64 {
        self.world.hash()
    }
}
